import { describe, expect, test } from 'vitest'
import * as money from './money'

const EN = 'en-GB-u-nu-latn'
const FA = 'fa-IR-u-nu-arabext'

describe('reading an amount', () => {
  test.each([
    ['1234.5', 2, '1234.5'],
    ['1,234.50', 2, '1234.5'],
    ['۱٬۲۳۴٫۵', 2, '1234.5'],
    ['٠٫٥', 8, '0.5'],
    [' 0.05 ', 8, '0.05'],
    ['.5', 2, '0.5'],
    ['5.', 2, '5'],
    ['0.000000000000000001', 18, '0.000000000000000001'],
    ['\u200e12', 2, '12'],
  ])('%s means a plain decimal', (text, scale, meant) => {
    expect(money.parseAmount(text, scale)).toBe(meant)
  })

  test.each([
    ['', 2],
    ['abc', 2],
    ['1,5', 2],
    ['12,34,567', 2],
    ['1.234', 2],
    ['-1', 2],
    ['1e3', 2],
    ['1.2.3', 2],
  ])('%s is refused rather than guessed', (text, scale) => {
    expect(money.parseAmount(text, scale)).toBeNull()
  })
})

describe('showing an amount', () => {
  test('all decimals of the asset are shown, and no digit is lost to a float', () => {
    expect(money.amountText('90071992547409931234.1', 2, EN)).toBe('90,071,992,547,409,931,234.10')
  })
  test('what does not fit is cut, never rounded up', () => {
    expect(money.amountText('0.999', 2, EN)).toBe('0.99')
    expect(money.amountText('-0.999', 2, EN)).toBe('−0.99')
  })
  test('the sign is a real minus, and a plus only where it is wanted', () => {
    expect(money.amountText('-12.5', 2, EN)).toBe('−12.50')
    expect(money.amountText('12.5', 2, EN, true)).toBe('+12.50')
    expect(money.amountText('0', 2, EN, true)).toBe('0.00')
  })
  test('digits follow the reader', () => {
    expect(money.amountText('1234.5', 2, FA)).toBe('۱٬۲۳۴٫۵۰')
    expect(money.amountText('1234.5', 2, 'fa-IR-u-nu-latn')).toMatch(/^1.234.50$/)
  })
  test('whole part and decimals come apart, to be set differently', () => {
    expect(money.amountParts('1234.5', 2, EN)).toEqual({ sign: '', whole: '1,234', fraction: '.50' })
  })
  test('a ratio is a percentage with its sign', () => {
    expect(money.percentText('0.0123', EN)).toBe('+1.23%')
    expect(money.percentText('-0.0087', EN)).toBe('−0.87%')
    expect(money.percentText('0.5', EN, false)).toBe('50.00%')
    expect(money.percentText('0.0123', FA)).toContain('۱٫۲۳')
  })
  test('decimals suit the size of a rate', () => {
    expect([money.rateScale('58000'), money.rateScale('0.92'), money.rateScale('0.0000172')]).toEqual([
      2, 4, 8,
    ])
  })
  test('a list shows eight decimals at most', () => {
    expect([money.shownScale(2), money.shownScale(18)]).toEqual([2, 8])
    expect([money.decimalsOf('1.50'), money.decimalsOf('7')]).toEqual([2, 0])
  })
})

describe('arithmetic', () => {
  test('is exact', () => {
    expect(money.sum(['0.1', '0.2'])).toBe('0.3')
    expect(money.sum([])).toBe('0')
    expect(money.minus('0.3', '0.1')).toBe('0.2')
    expect(money.times('0.1', '50000.5', 2)).toBe('5000.05')
    expect(money.over('1', '3', 4)).toBe('0.3333')
    expect(money.compare('1.0', '1')).toBe(0)
  })
  test('nothing is divided by nothing', () => {
    expect(money.over('1', '0', 2)).toBeNull()
    expect(money.ratio('1', '0')).toBeNull()
    expect(money.ratio('1', '4')).toBe('0.25')
  })
  test('the effect of a price change is what it was before against now', () => {
    expect(money.effectOf('0.25', '125.00', 2)).toBe('25.00')
    expect(money.effectOf('-0.2', '80.00', 2)).toBe('-20.00')
    expect(money.effectOf('-1', '80.00', 2)).toBe('0.00')
  })
})
