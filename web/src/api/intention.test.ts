import { expect, test, vi } from 'vitest'
import { conclude, intend, learned, pending } from './intention'

test('the same wish has the same key, however often it is tried', () => {
  const first = intend('conversion', 'q1')
  expect(intend('conversion', 'q1')).toEqual(first)
  expect(pending('conversion')).toEqual(first)
})

test('another wish has another key', () => {
  expect(intend('conversion', 'q1').key).not.toBe(intend('conversion', 'q2').key)
})

test('what the server made of it is remembered, until it is concluded', () => {
  intend('conversion', 'q1')
  learned('conversion', 'c1')
  expect(pending('conversion')).toMatchObject({ about: 'q1', id: 'c1' })
  conclude('conversion')
  expect(pending('conversion')).toBeNull()
  learned('conversion', 'c1')
  expect(pending('conversion')).toBeNull()
})

test.each(['{', '"x"', '{"key":1}'])('what cannot be read is no intention: %s', (kept) => {
  sessionStorage.setItem('capitalino.intention.conversion', kept)
  expect(pending('conversion')).toBeNull()
})

test('a key is made without randomUUID too, as on a phone in the same network', () => {
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(171) })
  expect(intend('conversion', 'q3').key).toBe('ab'.repeat(16))
  vi.unstubAllGlobals()
})
