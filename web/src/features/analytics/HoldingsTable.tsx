/** What is owned, asset by asset, at live prices. */
import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { useLocaleTag } from '@/i18n/preferences'
import { percentText, rateScale } from '@/money'
import { Amount } from '@/ui/Amount'
import { Change } from '@/ui/Change'
import type { LiveHolding, LiveView } from './holdings'
import { useAssetName } from '@/i18n/useAssetName'

/** The price, tinted for a moment when it moves. */
function Price({ price }: { price: string }) {
  const [first] = useState(price)
  return (
    <span key={price} className={price === first ? undefined : 'rounded-[3px] animate-[tint_400ms_ease-out]'}>
      <Amount amount={price} scale={rateScale(price)} />
    </span>
  )
}

function PriceCell({ holding, base }: { holding: LiveHolding; base: string }) {
  const locale = useLocaleTag()
  if (holding.asset === base) return null
  if (holding.price === null) return <Trans>no price</Trans>
  return (
    <span className="inline-flex flex-wrap items-baseline justify-end gap-x-2">
      <Price price={holding.price} />
      {holding.change24h && (
        <Change by={holding.change24h} className="text-sm">
          <bdi dir="ltr">{percentText(holding.change24h, locale)}</bdi>
        </Change>
      )}
    </span>
  )
}

function Row({ holding, base, scale }: { holding: LiveHolding; base: string; scale: number }) {
  const name = useAssetName()(holding.asset)
  const locale = useLocaleTag()
  return (
    <tr className="h-16 border-b border-hairline" data-asset={holding.asset}>
      <th scope="row" className="text-start font-normal">
        <span className="block font-semibold">
          <bdi>{name}</bdi>
        </span>
        <span className="text-sm text-text-3 md:hidden">
          <PriceCell holding={holding} base={base} />
        </span>
        <span className="hidden text-sm text-text-3 md:block">
          <bdi>{holding.asset}</bdi>
          {holding.share && ' · '}
          {holding.share && <bdi dir="ltr">{percentText(holding.share, locale, false)}</bdi>}
        </span>
      </th>
      <td className="hidden text-end md:table-cell">
        <PriceCell holding={holding} base={base} />
      </td>
      <td className="text-end" data-part="value">
        <span className="block font-display text-lg">
          {holding.value === null ? (
            <Trans>not known</Trans>
          ) : (
            <Amount amount={holding.value} scale={scale} isMain />
          )}
        </span>
        <span className="text-sm text-text-2" data-part="amount">
          <Amount amount={holding.amount} asset={holding.asset} />
        </span>
      </td>
    </tr>
  )
}

export function HoldingsTable({ view, scale }: { view: LiveView; scale: number }) {
  return (
    <table className="w-full" data-part="holdings">
      <thead className="sr-only text-sm text-text-3 md:not-sr-only">
        <tr className="h-9 border-b border-hairline">
          <th scope="col" className="text-start font-normal">
            <Trans>Asset</Trans>
          </th>
          <th scope="col" className="hidden text-end font-normal md:table-cell">
            <Trans>Price, change in 24 hours</Trans>
          </th>
          <th scope="col" className="text-end font-normal">
            <Trans>
              Value in <bdi>{view.base}</bdi>, amount
            </Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {view.holdings.map((holding) => (
          <Row key={holding.asset} holding={holding} base={view.base} scale={scale} />
        ))}
      </tbody>
    </table>
  )
}
