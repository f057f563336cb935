/** What is owned, at the prices of this moment. Pure; unknown stays unknown. */
import type { Balance, Dashboard, Price } from '@/api/types'
import { compare, effectOf, minus, ratio, sum, times } from '@/money'

export interface LiveHolding {
  asset: string
  amount: string
  price: string | null
  change24h: string | null
  value: string | null
  share: string | null
}

export interface LiveView {
  base: string
  value: string | null
  change: { amount: string; ratio: string | null } | null
  /** The asset whose price moved the value most, and by how much. */
  mover: { asset: string; amount: string } | null
  holdings: LiveHolding[]
}

interface Sources {
  dashboard: Dashboard
  prices: readonly Price[]
  balances: readonly Balance[]
  scale: number
}

/** The books know first what is there; the dashboard may be a moment behind them. */
function amounts({ dashboard, balances }: Sources): Map<string, string> {
  const all = new Map(dashboard.holdings.map(({ asset, amount }) => [asset, amount]))
  for (const { asset, posted } of balances) {
    if (all.has(asset) || compare(posted.amount, '0') !== 0) all.set(asset, posted.amount)
  }
  return all
}

function priced(asset: string, amount: string, sources: Sources): LiveHolding {
  const { dashboard, prices, scale } = sources
  const live = prices.find(({ base, quote }) => base === asset && quote === dashboard.base_asset)
  const known = dashboard.holdings.find((holding) => holding.asset === asset)?.price ?? null
  const price = asset === dashboard.base_asset ? '1' : (live?.mid ?? known)
  return {
    asset,
    amount,
    price,
    change24h: live?.change_24h ?? null,
    value: price === null ? null : times(amount, price, scale),
    share: null,
  }
}

/** The change since yesterday follows the prices, as long as nothing was paid in or out meanwhile. */
function changeOf(value: string | null, isSame: boolean, dashboard: Dashboard): LiveView['change'] {
  const told = dashboard.change_24h
  if (!told) return null
  if (!isSame || value === null || !dashboard.value) return { amount: told.amount.amount, ratio: told.ratio }
  const before = minus(dashboard.value.amount, told.amount.amount)
  const amount = minus(value, before)
  return { amount, ratio: ratio(amount, before) }
}

function moverOf(holdings: readonly LiveHolding[], base: string, scale: number): LiveView['mover'] {
  let most: LiveView['mover'] = null
  for (const { asset, value, change24h } of holdings) {
    if (asset === base || value === null || change24h === null) continue
    const amount = effectOf(change24h, value, scale)
    const size = amount.replace('-', '')
    if (compare(size, '0') > 0 && compare(size, most?.amount.replace('-', '') ?? '0') > 0)
      most = { asset, amount }
  }
  return most
}

function largestFirst(a: LiveHolding, b: LiveHolding): number {
  return compare(b.value ?? '0', a.value ?? '0') || a.asset.localeCompare(b.asset)
}

export function liveView(sources: Sources): LiveView {
  const { dashboard, scale } = sources
  const base = dashboard.base_asset
  const now = amounts(sources)
  const owned = [...now].map(([asset, amount]) => priced(asset, amount, sources))
  const values = owned.flatMap((holding) => holding.value ?? [])
  const isComplete = values.length === owned.length
  const value = isComplete && owned.length > 0 ? sum(values) : null
  const isSame =
    now.size === dashboard.holdings.length &&
    dashboard.holdings.every(({ asset, amount }) => compare(amount, now.get(asset) ?? '0') === 0)
  return {
    base,
    value,
    change: changeOf(value, isSame, dashboard),
    mover: moverOf(owned, base, scale),
    holdings: owned
      .map((each) => ({ ...each, share: value && each.value ? ratio(each.value, value) : null }))
      .sort(largestFirst),
  }
}
