/** How many recovery codes are left, and ten new ones. */
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { recoveryCodesQuery, renewRecoveryCodes } from '@/api/auth'
import { CodeList } from '@/features/auth/CodeList'
import { useLocaleTag } from '@/i18n/preferences'
import { dayText } from '@/time'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { useAgain } from './again'

const FEW = 3

export function RecoveryCodesLeft() {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const again = useAgain(recoveryCodesQuery.queryKey)
  const found = useQuery(recoveryCodesQuery)
  const renew = useMutation({
    mutationFn: renewRecoveryCodes,
    onSuccess: again,
  })
  return (
    <Section title={t`Recovery codes`}>
      <div className="grid gap-5 pt-5">
        {found.isPending && <SkeletonRows rows={1} />}
        {found.error && <Problem error={found.error} onRetry={() => void found.refetch()} />}
        {found.data && (
          <p className={found.data.left <= FEW ? 'text-warning' : 'text-text-2'} data-part="codes-left">
            <Plural value={found.data.left} one="One code is left." other="# codes are left." />{' '}
            {found.data.made_at && <Trans>Made on {dayText(found.data.made_at, locale)}.</Trans>}
          </p>
        )}
        {renew.error && <Problem error={renew.error} />}
        {renew.data ? (
          <>
            <p>
              <Trans>Keep them in a safe place: we show them only now. The old ones are worth nothing.</Trans>
            </p>
            <CodeList codes={renew.data.recovery_codes} />
          </>
        ) : (
          <Button className="justify-self-start" onPress={() => renew.mutate()} isPending={renew.isPending}>
            <Trans>Make new codes</Trans>
          </Button>
        )}
      </div>
    </Section>
  )
}
