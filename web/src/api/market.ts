/** Assets and live prices. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { http, open } from './client'

export const assetsQuery = queryOptions({
  queryKey: ['assets'],
  queryFn: () => open(http.GET('/api/v1/assets', {})),
  staleTime: Infinity,
})

/** Every price in `quote`; the socket patches it, polling is the fallback. */
export const pricesQuery = (quote: string) =>
  queryOptions({
    queryKey: ['prices', quote],
    queryFn: () => open(http.GET('/api/v1/prices', { params: { query: { quote } } })),
    refetchInterval: 30_000,
  })

const FIAT_SCALE = 2
const FIAT = new Set(['EUR', 'USD', 'GBP', 'IRR'])

/** How many decimals an asset has. Before the list is there, the usual ones. */
export function useScale(): (asset: string) => number {
  const assets = useQuery(assetsQuery).data
  return (asset) => assets?.find(({ code }) => code === asset)?.scale ?? (FIAT.has(asset) ? FIAT_SCALE : 8)
}
