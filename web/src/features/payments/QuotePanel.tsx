/** The offer: what goes, what comes, every cost, and how long it holds. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { askQuote } from '@/api/payments'
import type { Quote } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { decimalsOf, percentText } from '@/money'
import { countdownText } from '@/time'
import { Amount } from '@/ui/Amount'
import { Button } from '@/ui/Button'
import { Problem } from '@/ui/Problem'
import { useNow } from '@/ui/useNow'
import { costsOf } from './conversion'
import { RateLine } from './RateLine'

const TICK_MS = 250

interface Props {
  quote: Quote
  onQuote: (quote: Quote) => void
  onConfirm: () => void
  onBack: () => void
}

function Row({ label, children, isStrong }: { label: ReactNode; children: ReactNode; isStrong?: boolean }) {
  return (
    <div className="flex min-h-11 flex-wrap items-center justify-between gap-x-6 border-b border-hairline py-1.5">
      <dt className={isStrong ? 'font-semibold' : 'text-text-2'}>{label}</dt>
      <dd className={isStrong ? 'font-display text-xl' : undefined}>{children}</dd>
    </div>
  )
}

export function Costs({ quote }: { quote: Quote }) {
  const locale = useLocaleTag()
  const { from, to, fee, spread, rate, mid } = quote
  const costs = costsOf(quote)
  return (
    <dl className="border-t border-text" data-part="costs">
      <Row label={<Trans>You give</Trans>} isStrong>
        <Amount amount={from.amount} asset={from.asset} isMain />
      </Row>
      <Row label={<Trans>Your rate</Trans>}>
        <RateLine from={from.asset} to={to.asset} rate={rate} />
      </Row>
      <Row label={<Trans>Middle of the market</Trans>}>
        <RateLine from={from.asset} to={to.asset} rate={mid} />
      </Row>
      <Row label={<Trans>Spread, in the rate</Trans>}>
        <Amount amount={spread.amount} asset={spread.asset} />
      </Row>
      <Row label={<Trans>Fee</Trans>}>
        <Amount amount={fee.amount} asset={fee.asset} />
      </Row>
      <Row label={<Trans>All costs together</Trans>}>
        <Amount amount={costs.amount} scale={decimalsOf(to.amount)} asset={to.asset} />
        {costs.ratio && ' '}
        {costs.ratio && <bdi dir="ltr">({percentText(costs.ratio, locale, false)})</bdi>}
      </Row>
      <Row label={<Trans>You get</Trans>} isStrong>
        <Amount amount={to.amount} asset={to.asset} isMain />
      </Row>
    </dl>
  )
}

/** Time runs the same way in every script, so the bar does not mirror. */
function Countdown({ left, whole }: { left: number; whole: number }) {
  const locale = useLocaleTag()
  const part = Math.max(0, Math.min(1, left / whole))
  return (
    <div className="grid gap-2">
      <p role="timer" className="text-text-2">
        <Trans>
          This offer holds for <bdi className="font-semibold text-text">{countdownText(left, locale)}</bdi>.
        </Trans>
      </p>
      <div dir="ltr" aria-hidden="true" className="h-0.5 bg-hairline">
        <div className="h-full bg-accent" style={{ width: `${part * 100}%` }} />
      </div>
    </div>
  )
}

export function QuotePanel({ quote, onQuote, onConfirm, onBack }: Props) {
  const { t } = useLingui()
  const now = useNow(TICK_MS)
  const ends = new Date(quote.expires_at).getTime()
  const [first, setFirst] = useState({ id: quote.quote_id, at: now })
  if (first.id !== quote.quote_id) setFirst({ id: quote.quote_id, at: now })
  const renew = useMutation({
    mutationFn: () =>
      askQuote({
        from_asset: quote.from.asset,
        to_asset: quote.to.asset,
        amount: quote.from.amount,
        side: 'exact_in',
      }),
    onSuccess: onQuote,
  })
  const isOver = now >= ends

  return (
    <div className="grid gap-6">
      <Costs quote={quote} />
      {isOver ? (
        <p role="status" className="text-warning">
          <Trans>The offer has run out. Nothing was taken from you.</Trans>
        </p>
      ) : (
        <Countdown left={ends - now} whole={Math.max(1, ends - first.at)} />
      )}
      {renew.error && <Problem error={renew.error} money={<Trans>Nothing was taken from you.</Trans>} />}
      <div className="grid gap-3">
        {isOver ? (
          <Button look="filled" isWide onPress={() => renew.mutate()} isPending={renew.isPending}>
            <Trans>Ask for a new quote</Trans>
          </Button>
        ) : (
          <Button look="filled" isWide onPress={onConfirm} data-part="confirm">
            {t`Convert now`}
          </Button>
        )}
        <Button isWide onPress={onBack}>
          <Trans>Change the amount</Trans>
        </Button>
      </div>
    </div>
  )
}
