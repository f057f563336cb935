/** What is derived from the books: the dashboard, the value by day, the movements. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { http, open, openPage } from './client'

export const RANGES = ['1m', '3m', '1y', 'all'] as const
export type Range = (typeof RANGES)[number]

export const dashboardQuery = queryOptions({
  queryKey: ['dashboard'],
  queryFn: () => open(http.GET('/api/v1/dashboard', {})),
  refetchInterval: 60_000,
})

export const valueHistoryQuery = (range: Range) =>
  queryOptions({
    queryKey: ['value-history', range],
    queryFn: () => open(http.GET('/api/v1/portfolios/value-history', { params: { query: { range } } })),
    staleTime: 300_000,
  })

export const transactionsQuery = (limit: number) =>
  infiniteQueryOptions({
    queryKey: ['transactions', limit],
    queryFn: ({ pageParam }) =>
      openPage(http.GET('/api/v1/transactions', { params: { query: { limit, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
