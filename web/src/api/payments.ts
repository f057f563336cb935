/** Quotes, conversions and deposits. */
import { queryOptions } from '@tanstack/react-query'
import { http, open } from './client'
import type { Conversion } from './types'

export interface Wish {
  from_asset: string
  to_asset: string
  amount: string
  side: 'exact_in' | 'exact_out'
}

const FINAL = new Set<string>(['settled', 'refused'])

export const isFinal = (conversion: Pick<Conversion, 'state'>) => FINAL.has(conversion.state)

export const askQuote = (body: Wish) => open(http.POST('/api/v1/quotes', { body }))

/** The key is made before the first try and repeated on every other: the money moves once. */
export const convert = (key: string, quote_id: string) =>
  open(
    http.POST('/api/v1/conversions', {
      params: { header: { 'Idempotency-Key': key } },
      body: { quote_id },
    }),
  )

export const conversionQuery = (conversion_id: string) =>
  queryOptions({
    queryKey: ['conversions', conversion_id],
    queryFn: () =>
      open(http.GET('/api/v1/conversions/{conversion_id}', { params: { path: { conversion_id } } })),
    // The socket is faster; this is for when it is away.
    refetchInterval: ({ state }) => (state.data && isFinal(state.data) ? false : 2_500),
  })

export const depositAddress = (asset: string) =>
  queryOptions({
    queryKey: ['deposit-addresses', asset],
    // Asking twice gives the same address, so it may be cached like a read.
    queryFn: () => open(http.POST('/api/v1/deposit-addresses', { body: { asset } })),
    staleTime: Infinity,
  })

export const depositsQuery = queryOptions({
  queryKey: ['deposits'],
  queryFn: () => open(http.GET('/api/v1/deposits', { params: { query: { limit: 20 } } })),
  refetchInterval: 10_000,
})
