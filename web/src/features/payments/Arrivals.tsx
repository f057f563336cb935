/** What is on its way and what has arrived. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { depositsQuery } from '@/api/payments'
import type { Deposit } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { momentText } from '@/time'
import { Amount } from '@/ui/Amount'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'

function useStateName(): (state: Deposit['state']) => string {
  const { t } = useLingui()
  const names: Record<Deposit['state'], string> = {
    pending: t`seen, being checked`,
    unknown: t`seen, being checked`,
    in_review: t`a person looks at it`,
    settled: t`on your account`,
    refused: t`refused`,
  }
  return (state) => names[state]
}

function Arrival({ deposit }: { deposit: Deposit }) {
  const locale = useLocaleTag()
  const nameOf = useStateName()
  return (
    <li
      className="flex min-h-14 items-center justify-between gap-4 border-b border-hairline py-2"
      data-state={deposit.state}
    >
      <div>
        <p className={deposit.state === 'settled' ? 'text-gain' : 'text-text-2'}>{nameOf(deposit.state)}</p>
        <p className="text-sm text-text-3">{momentText(deposit.settled_at ?? deposit.seen_at, locale)}</p>
      </div>
      <Amount
        amount={deposit.amount.amount}
        asset={deposit.amount.asset}
        isSigned
        className="font-display text-lg"
      />
    </li>
  )
}

export function Arrivals({ asset }: { asset: string }) {
  const { t } = useLingui()
  const deposits = useQuery(depositsQuery)
  const rows = deposits.data?.filter((deposit) => deposit.amount.asset === asset)
  return (
    <Section title={t`Arrivals`}>
      {deposits.error && !rows && (
        <div className="pt-4">
          <Problem error={deposits.error} onRetry={() => void deposits.refetch()} />
        </div>
      )}
      <ul aria-live="polite" data-part="arrivals">
        {rows?.map((deposit) => (
          <Arrival key={deposit.deposit_id} deposit={deposit} />
        ))}
      </ul>
      <p className="flex items-center gap-3 py-4 text-sm text-text-2">
        <span aria-hidden="true" className="size-2 shrink-0 animate-pulse rounded-full bg-accent" />
        <Trans>We are watching. What you send appears here by itself; you may leave this page.</Trans>
      </p>
    </Section>
  )
}
