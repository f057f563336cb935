/** Balances, always from the book itself. */
import { queryOptions } from '@tanstack/react-query'
import { http, open } from './client'

export const balancesQuery = queryOptions({
  queryKey: ['balances'],
  queryFn: () => open(http.GET('/api/v1/balances', {})),
})
