/** Things as the server would say them. */
import type {
  Balance,
  Conversion,
  Dashboard,
  DepositAddress,
  Me,
  Price,
  Quote,
  SessionAnswer,
  Transaction,
} from '@/api/types'

export const NOW = '2026-11-22T10:00:00Z'

export const openSession = (token = 'token-1'): SessionAnswer => ({
  state: 'open',
  challenge: null,
  access_token: token,
  expires_at: new Date(Date.now() + 600_000).toISOString(),
  user: { user_id: 'u1', investor_id: 'i1', roles: ['investor'] },
})

export const makeMe = (change: Partial<Me> = {}): Me => ({
  user_id: 'u1',
  investor_id: 'i1',
  display_name: null,
  language: 'en',
  base_asset: 'EUR',
  time_zone: 'Europe/Berlin',
  calendar: 'gregorian',
  digits: 'latn',
  ...change,
})

export const makePrice = (base: string, mid: string, change_24h: string | null = '0.02'): Price => ({
  instrument: `${base}/EUR`,
  base,
  quote: 'EUR',
  bid: mid,
  ask: mid,
  mid,
  best_bid: mid,
  best_ask: mid,
  change_24h,
  at: NOW,
  age_ms: 0,
  sources: ['sandbox'],
})

export const makeBalance = (asset: string, amount: string, version = 1): Balance => ({
  asset,
  posted: { amount, asset },
  available: { amount, asset },
  held: { amount: '0', asset },
  version,
})

export const makeDashboard = (change: Partial<Dashboard> = {}): Dashboard => ({
  base_asset: 'EUR',
  value: { amount: '6000.00', asset: 'EUR' },
  change_24h: { amount: { amount: '100.00', asset: 'EUR' }, ratio: '0.016949' },
  invested: { amount: '5000.00', asset: 'EUR' },
  reason: null,
  as_of: NOW,
  holdings: [
    {
      asset: 'BTC',
      amount: '0.10000000',
      price: '50000',
      value: { amount: '5000.00', asset: 'EUR' },
      share: '0.833333',
      reason: null,
    },
    {
      asset: 'EUR',
      amount: '1000.00',
      price: '1',
      value: { amount: '1000.00', asset: 'EUR' },
      share: '0.166667',
      reason: null,
    },
  ],
  ...change,
})

export const makeQuote = (change: Partial<Quote> = {}): Quote => ({
  quote_id: 'q1',
  state: 'open',
  from: { amount: '0.05000000', asset: 'BTC' },
  to: { amount: '2490.00', asset: 'EUR' },
  fee: { amount: '5.00', asset: 'EUR' },
  spread: { amount: '5.00', asset: 'EUR' },
  rate: '49900',
  mid: '50000',
  expires_at: new Date(Date.now() + 30_000).toISOString(),
  ...change,
})

export const makeConversion = (change: Partial<Conversion> = {}): Conversion => ({
  conversion_id: 'c1',
  state: 'pending',
  from: { amount: '0.05000000', asset: 'BTC' },
  to: { amount: '2490.00', asset: 'EUR' },
  fee: { amount: '5.00', asset: 'EUR' },
  rate: '49900',
  reason: null,
  created_at: NOW,
  settled_at: null,
  timeline: [
    { step: 'begun', at: NOW },
    { step: 'held', at: NOW },
  ],
  ...change,
})

export const makeAddress = (change: Partial<DepositAddress> = {}): DepositAddress => ({
  asset: 'BTC',
  network: 'Bitcoin',
  address: 'bc1qexample',
  tag: '100293',
  ...change,
})

export const makeMovement = (id: string, change: Partial<Transaction> = {}): Transaction => ({
  transaction_id: id,
  kind: 'deposit',
  at: NOW,
  from: null,
  to: { amount: '0.10000000', asset: 'BTC' },
  fee: null,
  ...change,
})
