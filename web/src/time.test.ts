import { expect, test } from 'vitest'
import * as time from './time'

const EN = 'en-GB-u-ca-gregory-nu-latn'
const FA = 'fa-IR-u-ca-persian-nu-arabext'
const NOW = new Date('2026-11-22T10:00:00Z').getTime()

test('a day is the same day everywhere, in both calendars', () => {
  expect(time.dayText('2026-11-22', EN)).toBe('22 Nov 2026')
  expect(time.dayText('2026-11-22', FA)).toContain('۱۴۰۵')
  expect(time.dayText('2026-11-22T10:00:00Z', EN)).toBe('22 Nov 2026')
})

test('a moment has a day and an hour', () => {
  expect(time.momentText('2026-11-22T10:00:00Z', EN)).toMatch(/22 Nov 2026, \d\d:\d\d/)
  expect(time.clockText('2026-11-22T10:00:00Z', EN)).toMatch(/^\d\d:\d\d:\d\d$/)
  expect(time.hourText('2026-11-22T10:00:00Z', EN)).toMatch(/^\d\d:\d\d$/)
})

test.each([
  ['2026-11-22T09:59:30Z', '30 seconds ago'],
  ['2026-11-22T09:57:00Z', '3 minutes ago'],
  ['2026-11-22T07:00:00Z', '3 hours ago'],
  ['2026-11-20T10:00:00Z', '2 days ago'],
])('%s is told in the largest unit that fits', (at, told) => {
  expect(time.agoText(at, NOW, EN)).toBe(told)
})

test('a clock that runs ahead does not put prices into the future', () => {
  expect(time.agoText('2026-11-22T10:00:05Z', NOW, EN)).toBe('now')
})

test('a countdown never goes below nothing', () => {
  expect(time.countdownText(27_400, EN)).toBe('0:28')
  expect(time.countdownText(-5, EN)).toBe('0:00')
  expect(time.countdownText(61_000, FA)).toBe('۱:۰۱')
})
