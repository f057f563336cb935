/** From the confirmation to the end: sends once under one key, then follows what the server says. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { conclude, type Intention, learned } from '@/api/intention'
import { conversionQuery, convert, isFinal } from '@/api/payments'
import { Refused } from '@/api/refused'
import type { Conversion, Quote } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { explainReason } from '@/i18n/refusals'
import { hourText } from '@/time'
import { Amount } from '@/ui/Amount'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'
import { Note, Problem } from '@/ui/Problem'
import { type Step, Timeline } from '@/ui/Timeline'
import { progressOf, type Stage } from './conversion'

export const CONVERSION = 'conversion'
const TRIES = 10
const LONGEST_MS = 10_000

function isWorthAsking(count: number, error: unknown): boolean {
  return error instanceof Refused && error.isOpenEnded && count < TRIES
}

/** Asks under the same key until there is an answer: the money moves once, however often it is asked. */
function useSent(intention: Intention) {
  const cache = useQueryClient()
  const sent = useQuery({
    queryKey: ['conversion-sent', intention.key, intention.about],
    queryFn: async () => {
      const answer = await convert(intention.key, intention.about)
      learned(CONVERSION, answer.conversion_id)
      cache.setQueryData(conversionQuery(answer.conversion_id).queryKey, answer)
      return answer
    },
    enabled: intention.id === null,
    retry: isWorthAsking,
    retryDelay: (count) => Math.min(LONGEST_MS, 500 * 2 ** count),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const id = intention.id ?? sent.data?.conversion_id
  const followed = useQuery({ ...conversionQuery(id ?? ''), enabled: id !== undefined })
  return { sent, conversion: followed.data ?? sent.data ?? null, isLost: followed.error !== null }
}

function useSteps(conversion: Conversion | null): Step[] {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const labels: Record<Stage, [ahead: string, done: string]> = {
    received: [t`Received`, t`Received`],
    checking: [t`Checking`, t`Checked, your money is set aside`],
    sent: [t`Sending to the exchange`, t`Sent to the exchange`],
    settled: [t`Settling`, t`Settled, on your account`],
  }
  return progressOf(conversion).map(({ stage, state, at }) => ({
    name: stage,
    label: state === 'failed' ? t`Refused` : labels[stage][state === 'done' ? 1 : 0],
    state,
    detail: at && hourText(at, locale),
  }))
}

function Outcome({ conversion }: { conversion: Conversion }) {
  const { t } = useLingui()
  const { from, to, state, reason } = conversion
  return (
    <div role="status" data-state={state}>
      {state === 'settled' && (
        <Note>
          <p className="font-semibold">
            <Trans>
              You got <Amount amount={to.amount} asset={to.asset} /> for{' '}
              <Amount amount={from.amount} asset={from.asset} />.
            </Trans>
          </p>
        </Note>
      )}
      {state === 'refused' && (
        <Note isWarning>
          <p className="font-semibold">
            <Trans>
              Nothing was taken: your <Amount amount={from.amount} asset={from.asset} /> are back on your
              account.
            </Trans>
          </p>
          <p className="text-text-2">{t(explainReason(reason))}</p>
        </Note>
      )}
      {state === 'in_review' && (
        <Note isWarning>
          <p className="font-semibold">
            <Trans>Your money is set aside, and a person looks at this.</Trans>
          </p>
          <p className="text-text-2">
            <Trans>You need not do anything. It will be settled or given back in full.</Trans>
          </p>
        </Note>
      )}
      {state === 'unknown' && (
        <Note isWarning>
          <p className="font-semibold">
            <Trans>Your money is set aside. The exchange has not answered yet.</Trans>
          </p>
          <p className="text-text-2">
            <Trans>We ask it again until we know. It is carried out once or given back in full.</Trans>
          </p>
        </Note>
      )}
    </div>
  )
}

function Unanswered({ sent, onAgain }: { sent: ReturnType<typeof useSent>['sent']; onAgain: () => void }) {
  if (sent.error && !isWorthAsking(0, sent.error)) {
    return (
      <div className="grid gap-4">
        <Problem error={sent.error} money={<Trans>Nothing was taken from you.</Trans>} />
        <Button onPress={onAgain}>
          <Trans>Start again</Trans>
        </Button>
      </div>
    )
  }
  const retry = sent.error ? () => void sent.refetch() : undefined
  return (
    <Problem
      error={sent.error ?? sent.failureReason}
      money={<Trans>We do not know yet whether your order arrived. Asking again cannot take it twice.</Trans>}
      onRetry={retry}
    />
  )
}

export function Following({
  intention,
  quote,
  onAgain,
}: {
  intention: Intention
  quote: Quote | null
  onAgain: () => void
}) {
  const { sent, conversion, isLost } = useSent(intention)
  const steps = useSteps(conversion)
  const isOver = conversion !== null && isFinal(conversion)
  const isRefused = sent.error !== null && !isWorthAsking(0, sent.error)
  const about = conversion ?? quote

  useEffect(() => {
    if (isOver || isRefused) conclude(CONVERSION)
  }, [isOver, isRefused])

  return (
    <div className="grid gap-8" data-part="conversion">
      {about && (
        <p className="font-display text-xl">
          <Amount amount={about.from.amount} asset={about.from.asset} isMain />{' '}
          <Icon name="forward" className="inline size-5 text-text-3" />{' '}
          <Amount amount={about.to.amount} asset={about.to.asset} isMain />
        </p>
      )}
      {!isRefused && <Timeline steps={steps} />}
      {conversion && <Outcome conversion={conversion} />}
      {!conversion && sent.failureCount > 0 && <Unanswered sent={sent} onAgain={onAgain} />}
      {isLost && !isOver && (
        <p className="text-sm text-text-2">
          <Trans>We cannot ask for news at the moment. Your order goes on without this page.</Trans>
        </p>
      )}
      {isOver && (
        <div className="flex flex-wrap gap-3">
          <Link
            to="/"
            className="inline-flex h-11 items-center rounded-control bg-accent px-5 font-semibold text-on-accent hover:bg-accent-hover"
          >
            <Trans>See what you own</Trans>
          </Link>
          <Button onPress={onAgain}>
            <Trans>Convert more</Trans>
          </Button>
        </div>
      )}
    </div>
  )
}
