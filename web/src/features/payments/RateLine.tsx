/** `1 BTC = 58,000.12 EUR`. */
import type { ReactNode } from 'react'
import { rateScale } from '@/money'
import { Amount } from '@/ui/Amount'
import { shownRate } from './conversion'

export function RateLine({
  from,
  to,
  rate,
  note,
}: {
  from: string
  to: string
  rate: string
  note?: ReactNode
}) {
  const shown = shownRate(from, to, rate)
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <span className="isolate-text whitespace-nowrap">
        <Amount amount="1" scale={0} asset={shown.one} /> ={' '}
        <Amount amount={shown.rate} scale={rateScale(shown.rate)} asset={shown.of} />
      </span>
      {note && <span className="text-text-3">{note}</span>}
    </span>
  )
}
