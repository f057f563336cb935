/** What a conversion costs, and how far it has come. Pure. */
import type { Conversion, Price, Quote } from '@/api/types'
import { compare, over, ratio, sum } from '@/money'

export type Stage = 'received' | 'checking' | 'sent' | 'settled'
export const STAGES: readonly Stage[] = ['received', 'checking', 'sent', 'settled']

/** The server's steps, as an investor thinks of them. */
const REACHED: Record<string, Stage> = {
  begun: 'received',
  held: 'checking',
  sent: 'sent',
  filled: 'sent',
  booked: 'settled',
}

export interface Progress {
  stage: Stage
  state: 'done' | 'now' | 'next' | 'failed'
  at: string | null
}

type Told = Pick<Conversion, 'state' | 'timeline' | 'settled_at' | 'created_at'>

function reachedAt(told: Told): Map<Stage, string> {
  const reached = new Map<Stage, string>([['received', told.created_at]])
  for (const { step, at } of told.timeline) {
    const stage = REACHED[step]
    if (stage) reached.set(stage, at)
  }
  if (told.state === 'settled') {
    const at = told.settled_at ?? told.created_at
    STAGES.forEach((stage) => reached.set(stage, reached.get(stage) ?? at))
  }
  return reached
}

/** Before the server has answered, nothing is done yet. */
export function progressOf(told: Told | null): Progress[] {
  const reached = told ? reachedAt(told) : new Map<Stage, string>()
  const open = STAGES.findIndex((stage) => !reached.has(stage))
  const isRefused = told?.state === 'refused'
  return STAGES.slice(0, isRefused ? open + 1 : undefined).map((stage, index) => {
    const at = reached.get(stage) ?? null
    if (index !== open) return { stage, state: at ? 'done' : 'next', at }
    return { stage, state: isRefused ? 'failed' : 'now', at: null }
  })
}

/** How many `to` one `from` is worth at the middle of the market; null when a price is missing. */
export function indicativeRate(
  from: string,
  to: string,
  base: string,
  prices: readonly Price[],
): string | null {
  const worth = (asset: string) =>
    asset === base ? '1' : (prices.find((price) => price.base === asset && price.quote === base)?.mid ?? null)
  const [left, right] = [worth(from), worth(to)]
  return left === null || right === null ? null : over(left, right, 18)
}

export interface ShownRate {
  one: string
  of: string
  rate: string
}

/** A rate the way people say it: one of the dearer asset in units of the cheaper one. */
export function shownRate(from: string, to: string, rate: string): ShownRate {
  const inverse = over('1', rate, 18)
  if (compare(rate, '1') >= 0 || inverse === null) return { one: from, of: to, rate }
  return { one: to, of: from, rate: inverse }
}

/** Fee and spread together, in the asset that arrives, and as a part of what the middle price would bring. */
export function costsOf(quote: Pick<Quote, 'to' | 'fee' | 'spread'>): {
  amount: string
  ratio: string | null
} {
  const amount = sum([quote.fee.amount, quote.spread.amount])
  return { amount, ratio: ratio(amount, sum([quote.to.amount, amount])) }
}
