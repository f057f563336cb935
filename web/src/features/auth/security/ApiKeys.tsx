/** Keys for programs: made, with the private half shown once, and revoked. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiKeysQuery, revokeApiKey } from '@/api/apiKeys'
import type { ApiKey } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { dayText, momentText } from '@/time'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { useAgain } from './again'
import { ApiKeyForm } from './ApiKeyForm'
import { useScopeNames } from './scopes'

function Row({ row }: { row: ApiKey }) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const names = useScopeNames()
  const revoke = useMutation({
    mutationFn: () => revokeApiKey(row.key_id),
    onSuccess: useAgain(apiKeysQuery.queryKey),
  })
  return (
    <li className="border-b border-hairline py-3" data-api-key={row.name}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <div className="min-w-0">
          <p className="truncate">
            <bdi>{row.name}</bdi>{' '}
            <span className="text-sm text-text-3">{row.scopes.map((scope) => names[scope]).join(' · ')}</span>
          </p>
          <p className="text-sm text-text-3">
            {row.revoked_at ? (
              <Trans>Revoked on {dayText(row.revoked_at, locale)}</Trans>
            ) : (
              <Trans>Until {dayText(row.expires_at, locale)}</Trans>
            )}
            {row.used_at && (
              <>
                {' · '}
                <Trans>
                  Last used {momentText(row.used_at, locale)} from <bdi>{row.used_from}</bdi>
                </Trans>
              </>
            )}
          </p>
          <p className="text-xs wrap-anywhere text-text-3">
            <bdi className="select-all">{row.key_id}</bdi>
          </p>
        </div>
        {!row.revoked_at && (
          <Button
            look="text"
            onPress={() => revoke.mutate()}
            isPending={revoke.isPending}
            aria-label={t`Revoke ${row.name}`}
          >
            <Trans>Revoke</Trans>
          </Button>
        )}
      </div>
      {revoke.error && <Problem error={revoke.error} />}
    </li>
  )
}

export function ApiKeys() {
  const { t } = useLingui()
  const again = useAgain(apiKeysQuery.queryKey)
  const found = useQuery(apiKeysQuery)
  const [isMaking, setMaking] = useState(false)
  return (
    <Section title={t`API keys`}>
      <p className="pt-5 text-text-2">
        <Trans>For programs of yours. Each request is signed; what a key may do, you say here.</Trans>
      </p>
      {found.isPending && <SkeletonRows rows={1} />}
      {found.error && (
        <div className="pt-5">
          <Problem error={found.error} onRetry={() => void found.refetch()} />
        </div>
      )}
      <ul>
        {found.data?.map((row) => (
          <Row key={row.key_id} row={row} />
        ))}
      </ul>
      <div className="pt-5">
        {isMaking ? (
          <ApiKeyForm onMade={() => void again()} onClose={() => setMaking(false)} />
        ) : (
          <Button onPress={() => setMaking(true)}>
            <Trans>Make an API key</Trans>
          </Button>
        )}
      </div>
    </Section>
  )
}
