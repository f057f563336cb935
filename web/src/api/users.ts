/** The investor's profile. */
import { queryOptions } from '@tanstack/react-query'
import { http, open } from './client'
import type { Me } from './types'

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => open(http.GET('/api/v1/me', {})),
  staleTime: 300_000,
})

export type MeChange = Partial<Pick<Me, 'display_name' | 'language' | 'calendar' | 'digits' | 'base_asset'>>

export const changeMe = (body: MeChange) => open(http.PATCH('/api/v1/me', { body }))
