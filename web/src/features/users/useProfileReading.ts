/** Keeps language, digits and calendar the same here and in the profile. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Me } from '@/api/types'
import { changeMe, meQuery } from '@/api/users'
import { preferences, usePreferences } from '@/i18n/preferences'

function differs(me: Me): boolean {
  const { language, digits, calendar } = preferences.now()
  return me.language !== language || me.digits !== digits || me.calendar !== calendar
}

export function useProfileReading(): void {
  const cache = useQueryClient()
  const me = useQuery(meQuery).data
  const reading = usePreferences()

  useEffect(() => {
    if (!me || !differs(me)) return
    const { language, digits, calendar } = me
    if (!preferences.isChosen()) {
      preferences.adopt({ language, digits, calendar })
      return
    }
    const wish = preferences.now()
    changeMe({ language: wish.language, digits: wish.digits, calendar: wish.calendar }).then(
      (changed) => cache.setQueryData(meQuery.queryKey, changed),
      // It stays as chosen on this machine, and is told again with the next choice.
      () => undefined,
    )
  }, [cache, me, reading])
}
