import { expect, test } from 'vitest'
import { makeBalance, makeDashboard, makePrice } from '../../../tests/makers'
import { liveView } from './holdings'
import { toPoints } from './usePoints'

const dashboard = makeDashboard()
const balances = [makeBalance('BTC', '0.10000000'), makeBalance('EUR', '1000.00')]
const view = (change: Partial<Parameters<typeof liveView>[0]> = {}) =>
  liveView({ dashboard, balances, prices: [makePrice('BTC', '51000')], scale: 2, ...change })

test('the value follows the live price', () => {
  expect(view().value).toBe('6100')
  expect(view().holdings.map(({ asset, value }) => [asset, value])).toEqual([
    ['BTC', '5100.00'],
    ['EUR', '1000.00'],
  ])
})

test('the change since yesterday moves along', () => {
  expect(view().change).toEqual({ amount: '200', ratio: '0.033898' })
})

test('money that came in meanwhile is no gain: the change waits for the dashboard', () => {
  const paid = [makeBalance('BTC', '0.10000000'), makeBalance('EUR', '2000.00', 2)]
  expect(view({ balances: paid }).value).toBe('7100')
  expect(view({ balances: paid }).change?.amount).toBe('100.00')
})

test('an asset that the dashboard has not heard of yet is there already', () => {
  const more = [...balances, makeBalance('ETH', '1.5'), makeBalance('LTC', '0')]
  const prices = [makePrice('BTC', '50000'), makePrice('ETH', '2000')]
  expect(view({ balances: more, prices }).holdings.map(({ asset }) => asset)).toEqual(['BTC', 'ETH', 'EUR'])
})

test('without a live price the last known one is used; without any the value is unknown, not zero', () => {
  expect(view({ prices: [] }).value).toBe('6000')
  const unknown = view({ balances: [...balances, makeBalance('XYZ', '3')], prices: [] })
  expect(unknown.value).toBeNull()
  expect(unknown.holdings.at(-1)).toMatchObject({ asset: 'XYZ', value: null, share: null })
})

test('what moved it most is named, up or down', () => {
  expect(view().mover).toEqual({ asset: 'BTC', amount: '100.00' })
  expect(view({ prices: [makePrice('BTC', '50000', '-0.2')] }).mover?.amount).toBe('-1250.00')
  expect(view({ prices: [makePrice('BTC', '50000', null)] }).mover).toBeNull()
})

test('an empty account has no value rather than none', () => {
  const empty = makeDashboard({ holdings: [], value: null, change_24h: null })
  expect(view({ dashboard: empty, balances: [] })).toMatchObject({ value: null, change: null, holdings: [] })
})

test('shares add up to the whole', () => {
  expect(view({ prices: [] }).holdings.map(({ share }) => share)).toEqual(['0.833333', '0.166667'])
})

test("the line ends in today's value", () => {
  const rows = [{ on: '2026-11-21', value: '1', invested: '1' }]
  expect(toPoints(rows, '2', '2026-11-22').map(({ on, value }) => [on, value])).toEqual([
    ['2026-11-21', '1'],
    ['2026-11-22', '2'],
  ])
  expect(toPoints(rows, '2', '2026-11-21')).toEqual([{ on: '2026-11-21', value: '2', base: '1' }])
  expect(toPoints(rows, null, '2026-11-22')).toHaveLength(1)
  expect(toPoints([], '2', '2026-11-22')).toEqual([])
})
