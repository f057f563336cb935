/** Where the investor is signed in, and a way to end each of it. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { closeSession, sessionsQuery } from '@/api/auth'
import type { SessionRow } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { momentText } from '@/time'
import { deviceName } from './deviceName'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'

function Device({ row }: { row: SessionRow }) {
  const cache = useQueryClient()
  const locale = useLocaleTag()
  const close = useMutation({
    mutationFn: () => closeSession(row.session_id),
    onSuccess: () => cache.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
  return (
    <li className="flex min-h-14 items-center justify-between gap-4 border-b border-hairline py-2">
      <div className="min-w-0">
        <p className="truncate">
          {row.agent ? <bdi>{deviceName(row.agent)}</bdi> : <Trans>A browser</Trans>}
          {row.is_current && (
            <span className="ps-2 text-sm text-accent">
              <Trans>this one</Trans>
            </span>
          )}
        </p>
        <p className="text-sm text-text-3">
          <Trans>Last used {momentText(row.used_at, locale)}</Trans> · <bdi>{row.address}</bdi>
        </p>
        {close.error && <Problem error={close.error} />}
      </div>
      {!row.is_current && (
        <Button look="text" onPress={() => close.mutate()} isPending={close.isPending}>
          <Trans>Log out there</Trans>
        </Button>
      )}
    </li>
  )
}

export function Devices() {
  const { t } = useLingui()
  const sessions = useQuery(sessionsQuery)
  return (
    <Section title={t`Where you are signed in`}>
      {sessions.isPending && <SkeletonRows rows={1} />}
      {sessions.error && (
        <div className="pt-5">
          <Problem error={sessions.error} onRetry={() => void sessions.refetch()} />
        </div>
      )}
      <ul>
        {sessions.data?.map((row) => (
          <Device key={row.session_id} row={row} />
        ))}
      </ul>
    </Section>
  )
}
