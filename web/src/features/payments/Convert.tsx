/** Convert: ask, look at the offer, confirm, follow. One question at a time. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { conclude, intend, type Intention, pending } from '@/api/intention'
import type { Quote } from '@/api/types'
import { Page } from '@/ui/Page'
import { CONVERSION, Following } from './Following'
import { QuotePanel } from './QuotePanel'
import { WishForm } from './WishForm'

type Stage =
  | { kind: 'ask' }
  | { kind: 'offer'; quote: Quote }
  /** `about` of the intention is the quote: it is all that is needed to ask again. */
  | { kind: 'follow'; intention: Intention; quote: Quote | null }

/** What had been begun before a reload goes on. */
function firstStage(): Stage {
  const intention = pending(CONVERSION)
  return intention ? { kind: 'follow', intention, quote: null } : { kind: 'ask' }
}

export function Convert({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  const { t } = useLingui()
  const [stage, setStage] = useState(firstStage)
  const again = () => {
    conclude(CONVERSION)
    setStage({ kind: 'ask' })
  }

  const titles: Record<Stage['kind'], string> = {
    ask: t`What do you want to convert?`,
    offer: t`Do you take this offer?`,
    follow: t`Your conversion`,
  }
  return (
    <Page
      title={titles[stage.kind]}
      width="ask"
      lead={stage.kind === 'ask' && <Trans>You see every cost before you decide.</Trans>}
    >
      {stage.kind === 'ask' && (
        <WishForm from={from} to={to} onQuote={(quote) => setStage({ kind: 'offer', quote })} />
      )}
      {stage.kind === 'offer' && (
        <QuotePanel
          quote={stage.quote}
          onQuote={(quote) => setStage({ kind: 'offer', quote })}
          onBack={() => setStage({ kind: 'ask' })}
          onConfirm={() =>
            setStage({
              kind: 'follow',
              intention: intend(CONVERSION, stage.quote.quote_id),
              quote: stage.quote,
            })
          }
        />
      )}
      {stage.kind === 'follow' && (
        <Following intention={stage.intention} quote={stage.quote} onAgain={again} />
      )}
    </Page>
  )
}
