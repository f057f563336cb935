/** After something was changed: what shows it is asked for again, and so is the activity. */
import { type QueryKey, useQueryClient } from '@tanstack/react-query'
import { activityQuery } from '@/api/auth'

export function useAgain(...keys: readonly QueryKey[]): () => Promise<void> {
  const cache = useQueryClient()
  return async () => {
    const shown = [...keys, activityQuery.queryKey]
    await Promise.all(shown.map((queryKey) => cache.invalidateQueries({ queryKey })))
  }
}
