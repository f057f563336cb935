import { expect, test } from 'vitest'
import { makeConversion, makePrice, makeQuote, NOW } from '../../../tests/makers'
import { costsOf, indicativeRate, progressOf, shownRate } from './conversion'

const states = (progress: ReturnType<typeof progressOf>) => progress.map(({ state }) => state).join(' ')

test('before the answer nothing is done', () => {
  expect(states(progressOf(null))).toBe('now next next next')
})

test('each step of the server brings it further', () => {
  const at = (...steps: string[]) => makeConversion({ timeline: steps.map((step) => ({ step, at: NOW })) })
  expect(states(progressOf(at('begun')))).toBe('done now next next')
  expect(states(progressOf(at('begun', 'held')))).toBe('done done now next')
  expect(states(progressOf(at('begun', 'held', 'sent', 'filled')))).toBe('done done done now')
})

test('settled is settled, whatever steps were told', () => {
  const settled = makeConversion({ state: 'settled', settled_at: NOW, timeline: [] })
  expect(states(progressOf(settled))).toBe('done done done done')
  expect(states(progressOf({ ...settled, settled_at: null }))).toBe('done done done done')
})

test('refused ends where it was refused', () => {
  const refused = makeConversion({ state: 'refused', reason: 'payments.price_moved' })
  expect(states(progressOf(refused))).toBe('done done failed')
})

test('the indicative rate crosses over the base asset', () => {
  const prices = [makePrice('BTC', '50000'), makePrice('ETH', '2500')]
  expect(indicativeRate('BTC', 'EUR', 'EUR', prices)).toBe('50000.000000000000000000')
  expect(indicativeRate('BTC', 'ETH', 'EUR', prices)).toBe('20.000000000000000000')
  expect(indicativeRate('EUR', 'BTC', 'EUR', prices)).toBe('0.000020000000000000')
  expect(indicativeRate('XYZ', 'EUR', 'EUR', prices)).toBeNull()
})

test('a rate is said from the dearer asset', () => {
  expect(shownRate('BTC', 'EUR', '50000')).toEqual({ one: 'BTC', of: 'EUR', rate: '50000' })
  expect(shownRate('EUR', 'BTC', '0.00002')).toMatchObject({ one: 'BTC', of: 'EUR' })
  expect(shownRate('EUR', 'BTC', '0')).toMatchObject({ one: 'EUR', rate: '0' })
})

test('all costs are fee and spread, as a part of the middle price', () => {
  expect(costsOf(makeQuote())).toEqual({ amount: '10', ratio: '0.004' })
})
