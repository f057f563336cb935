/** What this login did lately. */
import type { MessageDescriptor } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { activityQuery } from '@/api/auth'
import type { Activity } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { momentText } from '@/time'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'

const ACTS: Record<Activity['act'], MessageDescriptor> = {
  signed_in: msg`Signed in`,
  new_device: msg`Signed in on a new device`,
  stepped_up: msg`Second factor proved again`,
  session_ended: msg`Signed out`,
  sessions_ended: msg`Signed out everywhere else`,
  session_stolen: msg`A session was shown twice and ended`,
  password_changed: msg`Password changed`,
  password_reset: msg`Password set by a link`,
  factor_set: msg`Authenticator set up`,
  factor_replaced: msg`Authenticator replaced`,
  recovery_codes_made: msg`New recovery codes made`,
  recovery_code_used: msg`Recovery code used`,
  passkey_added: msg`Passkey added`,
  passkey_removed: msg`Passkey removed`,
  passkey_copied: msg`A passkey may have been copied`,
  api_key_made: msg`API key made`,
  api_key_revoked: msg`API key revoked`,
}

function Row({ row }: { row: Activity }) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 border-b border-hairline py-3">
      <span>{t(ACTS[row.act])}</span>
      <span className="text-sm text-text-3">
        {momentText(row.noted_at, locale)}
        {row.address && (
          <>
            {' · '}
            <bdi>{row.address}</bdi>
          </>
        )}
        {row.device && (
          <>
            {' · '}
            <bdi>{row.device}</bdi>
          </>
        )}
      </span>
    </li>
  )
}

export function Activities() {
  const { t } = useLingui()
  const found = useInfiniteQuery(activityQuery)
  return (
    <Section title={t`Recent activity`}>
      {found.isPending && <SkeletonRows rows={3} />}
      {found.error && (
        <div className="pt-5">
          <Problem error={found.error} onRetry={() => void found.refetch()} />
        </div>
      )}
      <ul data-part="activity">
        {found.data?.pages
          .flatMap((page) => page.rows)
          .map((row) => (
            <Row key={`${row.noted_at} ${row.act} ${row.subject ?? ''}`} row={row} />
          ))}
      </ul>
      {found.hasNextPage && (
        <p className="pt-4">
          <Button look="text" onPress={() => void found.fetchNextPage()} isPending={found.isFetchingNextPage}>
            <Trans>Show more</Trans>
          </Button>
        </p>
      )}
    </Section>
  )
}
