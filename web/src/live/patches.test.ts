import { QueryClient } from '@tanstack/react-query'
import { beforeEach, expect, test, vi } from 'vitest'
import { balancesQuery } from '@/api/ledger'
import { pricesQuery } from '@/api/market'
import { makeBalance, makePrice } from '../../tests/makers'
import type { LiveMessage, PriceNews } from './messages'
import { Patches, withNews } from './patches'

let cache: QueryClient
let frames: (() => void)[]
let patches: Patches
const invalidated = () =>
  vi.mocked(cache.invalidateQueries).mock.calls.map(([filter]) => filter?.queryKey?.[0])

const news = (mid: string, at = '2026-11-22T10:00:01Z'): PriceNews => ({
  instrument: 'BTC/EUR',
  bid: mid,
  ask: mid,
  mid,
  change_24h: null,
  at,
})
const say = <T extends LiveMessage['type']>(type: T, data: Extract<LiveMessage, { type: T }>['data']) =>
  patches.apply({ type, id: null, at: '', data } as LiveMessage)

beforeEach(() => {
  cache = new QueryClient()
  vi.spyOn(cache, 'invalidateQueries')
  frames = []
  patches = new Patches(cache, (work) => frames.push(work))
})

test('many prices are put into the cache once a frame, the newest of each', () => {
  cache.setQueryData(pricesQuery('EUR').queryKey, [makePrice('BTC', '1'), makePrice('ETH', '2')])
  say('price', news('50001'))
  say('price', news('50002'))
  expect(frames).toHaveLength(1)
  frames[0]?.()
  const rows = cache.getQueryData(pricesQuery('EUR').queryKey)
  expect(rows?.map(({ mid }) => mid)).toEqual(['50002', '2'])
})

test('a price that is older than what is there changes nothing', () => {
  const rows = [makePrice('BTC', '1')]
  expect(withNews(rows, new Map([['BTC/EUR', news('9', '2020-01-01T00:00:00Z')]]))).toEqual(rows)
})

test('a price that nobody asked for is let go', () => {
  say('price', news('50001'))
  frames[0]?.()
  expect(cache.getQueryData(pricesQuery('EUR').queryKey)).toBeUndefined()
})

test('a balance is taken when it is newer, and what follows from it is read once', () => {
  vi.useFakeTimers()
  cache.setQueryData(balancesQuery.queryKey, [makeBalance('BTC', '1', 5), makeBalance('EUR', '7', 5)])
  const told = { asset: 'BTC', posted: '2', available: '1.5', held: '0.5' }
  say('balance', { ...told, version: 4 })
  expect(cache.getQueryData(balancesQuery.queryKey)?.[0]?.posted.amount).toBe('1')
  say('balance', { ...told, version: 6 })
  const [btc, eur] = cache.getQueryData(balancesQuery.queryKey) ?? []
  expect([btc?.posted.amount, btc?.held.amount, eur?.posted.amount]).toEqual(['2', '0.5', '7'])
  vi.runAllTimers()
  expect(invalidated()).toEqual(['balances', 'dashboard', 'transactions', 'value-history'])
  vi.useRealTimers()
})

test('news of a payment reads that payment again', () => {
  say('payment', { kind: 'conversion', payment_id: 'c1', state: 'settled' })
  say('payment', { kind: 'deposit', payment_id: 'd1', state: 'settled' })
  say('notification', { notification_id: 'n1', code: 'x', params: {} })
  expect(invalidated()).toEqual(['conversions', 'deposits', 'notifications'])
})

test('after a break the snapshot is read again, but not at the first greeting', () => {
  say('hello', { last_id: null })
  expect(cache.invalidateQueries).not.toHaveBeenCalled()
  say('hello', { last_id: '3' })
  expect(cache.invalidateQueries).toHaveBeenCalledOnce()
})

test('a page in the background is patched too', () => {
  vi.useFakeTimers()
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  cache.setQueryData(pricesQuery('EUR').queryKey, [makePrice('BTC', '1')])
  new Patches(cache).apply({ type: 'price', id: null, at: '', data: news('5') })
  vi.advanceTimersByTime(1_000)
  expect(cache.getQueryData(pricesQuery('EUR').queryKey)?.[0]?.mid).toBe('5')
  vi.useRealTimers()
})
