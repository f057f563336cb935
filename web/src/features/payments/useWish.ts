/** What the investor wants to convert: two assets, an amount, and which of the two sides it fixes. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { balancesQuery } from '@/api/ledger'
import { assetsQuery, pricesQuery, useScale } from '@/api/market'
import type { Wish } from '@/api/payments'
import { meQuery } from '@/api/users'
import { compare, over, parseAmount, times } from '@/money'
import { indicativeRate } from './conversion'

type Side = Wish['side']

export interface Typed {
  side: Side
  text: string
}

function other(amount: string, rate: string, side: Side, scale: number): string | null {
  return side === 'exact_in' ? times(amount, rate, scale) : over(amount, rate, scale)
}

/** The first sensible pair: the largest thing that is owned, and the base asset (or bitcoin for the base asset). */
function usePair(wanted: { from?: string | undefined; to?: string | undefined }, base: string) {
  const balances = useQuery(balancesQuery).data
  const [chosen, choose] = useState(wanted)
  const owned = balances
    ?.filter(({ available }) => compare(available.amount, '0') > 0)
    .map(({ asset }) => asset)
  const from =
    chosen.from ?? owned?.find((asset) => asset !== base && asset !== chosen.to) ?? owned?.[0] ?? base
  const usual = from === base ? 'BTC' : base
  const to = chosen.to && chosen.to !== from ? chosen.to : usual
  return { from, to, choose }
}

/** What is known about the pair: price, decimals, how much there is to give. */
function useFacts(from: string, to: string, base: string) {
  const prices = useQuery(pricesQuery(base)).data
  const balance = useQuery(balancesQuery).data?.find(({ asset }) => asset === from)
  return {
    assets: useQuery(assetsQuery).data ?? [],
    rate: indicativeRate(from, to, base, prices ?? []),
    available: balance?.available.amount ?? '0',
  }
}

function isPositive(amount: string | null): amount is string {
  return amount !== null && compare(amount, '0') > 0
}

export function useWish(wanted: { from?: string | undefined; to?: string | undefined }) {
  const base = useQuery(meQuery).data?.base_asset ?? 'EUR'
  const { from, to, choose } = usePair(wanted, base)
  const [typed, setTyped] = useState<Typed>({ side: 'exact_in', text: '' })
  const { assets, rate, available } = useFacts(from, to, base)
  const scaleOf = useScale()

  const { side, text } = typed
  const [fixed, free] = side === 'exact_in' ? [from, to] : [to, from]
  const amount = parseAmount(text, scaleOf(fixed))
  const estimate = amount && rate ? other(amount, rate, side, scaleOf(free)) : null
  const wish: Wish | null = isPositive(amount) ? { from_asset: from, to_asset: to, amount, side } : null

  return {
    from,
    to,
    assets,
    rate,
    typed,
    setTyped,
    estimate,
    freeScale: scaleOf(free),
    available,
    isTooMuch: side === 'exact_in' && amount !== null && compare(amount, available) > 0,
    wish,
    chooseFrom: (asset: string) => choose({ from: asset, to: asset === to ? from : to }),
    chooseTo: (asset: string) => choose({ from: asset === from ? to : from, to: asset }),
    swap: () => {
      choose({ from: to, to: from })
      setTyped({ side: 'exact_in', text: '' })
    },
  }
}
