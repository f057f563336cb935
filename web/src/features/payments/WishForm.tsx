/** The question: how much of what, into what. The other side follows the live price. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import type { SyntheticEvent } from 'react'
import { askQuote } from '@/api/payments'
import type { Quote } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { amountText, compare, decimalsOf, shownScale } from '@/money'
import { Amount } from '@/ui/Amount'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'
import { Problem } from '@/ui/Problem'
import { AmountLine } from './AmountLine'
import { RateLine } from './RateLine'
import { useWish } from './useWish'

interface Props {
  from: string | undefined
  to: string | undefined
  onQuote: (quote: Quote) => void
}

type Wishing = ReturnType<typeof useWish>

function Available({ wishing }: { wishing: Wishing }) {
  const locale = useLocaleTag()
  const { available, from, isTooMuch, setTyped } = wishing
  const all = () => setTyped({ side: 'exact_in', text: amountText(available, decimalsOf(available), locale) })
  return (
    <p className={`flex flex-wrap items-baseline gap-x-4 text-sm ${isTooMuch ? 'text-loss' : 'text-text-2'}`}>
      <span role={isTooMuch ? 'alert' : undefined}>
        {isTooMuch ? (
          <Trans>
            That is more than the <Amount amount={available} asset={from} /> that you have.
          </Trans>
        ) : (
          <Trans>
            You have <Amount amount={available} asset={from} />.
          </Trans>
        )}
      </span>
      {compare(available, '0') > 0 && (
        <Button look="text" className="text-sm" onPress={all}>
          <Trans>Use all</Trans>
        </Button>
      )}
    </p>
  )
}

function Lines({ wishing }: { wishing: Wishing }) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const { typed, setTyped, estimate, freeScale, assets } = wishing
  const shown = estimate === null ? '' : amountText(estimate, shownScale(freeScale), locale)
  const isIn = typed.side === 'exact_in'
  return (
    <div className="grid gap-3">
      <AmountLine
        name="give"
        label={t`You give`}
        assetLabel={t`Asset that you give`}
        text={isIn ? typed.text : shown}
        isEstimate={!isIn}
        onText={(text) => setTyped({ side: 'exact_in', text })}
        asset={wishing.from}
        assets={assets}
        onAsset={wishing.chooseFrom}
      />
      <Available wishing={wishing} />
      <div>
        <Button onPress={wishing.swap} aria-label={t`Swap the two`} className="h-9 px-3">
          <Icon name="swap" className="size-4" />
        </Button>
      </div>
      <AmountLine
        name="get"
        label={t`You get, about`}
        assetLabel={t`Asset that you get`}
        text={isIn ? shown : typed.text}
        isEstimate={isIn}
        onText={(text) => setTyped({ side: 'exact_out', text })}
        asset={wishing.to}
        assets={assets}
        onAsset={wishing.chooseTo}
      />
    </div>
  )
}

export function WishForm({ from, to, onQuote }: Props) {
  const wishing = useWish({ from, to })
  const ask = useMutation({ mutationFn: askQuote, onSuccess: onQuote })
  const { wish, rate, isTooMuch, typed } = wishing
  const isOdd = typed.text.trim() !== '' && !wish

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (wish && !isTooMuch) ask.mutate(wish)
  }
  return (
    <form className="grid gap-6" onSubmit={submit}>
      <Lines wishing={wishing} />
      {isOdd && (
        <p role="alert" className="text-sm text-loss">
          <Trans>Write an amount above zero, with no more decimals than the asset has.</Trans>
        </p>
      )}
      <div className="text-sm text-text-2">
        {rate ? (
          <RateLine
            from={wishing.from}
            to={wishing.to}
            rate={rate}
            note={<Trans>live, before costs</Trans>}
          />
        ) : (
          <Trans>There is no live price for this pair right now.</Trans>
        )}
      </div>
      {ask.error && <Problem error={ask.error} money={<Trans>Nothing was taken from you.</Trans>} />}
      <Button
        look="filled"
        type="submit"
        isWide
        isDisabled={!wish || isTooMuch}
        isPending={ask.isPending}
        data-part="lock-quote"
      >
        <Trans>Lock a quote</Trans>
      </Button>
    </form>
  )
}
