/** Amounts as text: reading what people type, exact arithmetic, and showing it. Never a JS number. */
import Big from 'big.js'

Big.DP = 40
Big.strict = true

export interface Money {
  amount: string
  asset: string
}

export interface AmountParts {
  sign: '' | '+' | '−'
  whole: string
  fraction: string
}

const PERSIAN_ZERO = 0x06f0
const ARABIC_ZERO = 0x0660
const MARKS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\s\u00a0]/g
const GROUPED = /^\d{1,3}(,\d{3})+(\.\d+)?$/

/** Text with Latin digits, whatever digits it was written in. */
export function latinDigits(text: string): string {
  return text
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - PERSIAN_ZERO))
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - ARABIC_ZERO))
}

/** The plain decimal that a person meant, or null when it is none or has more decimals than the asset. */
export function parseAmount(text: string, scale: number): string | null {
  const plain = latinDigits(text).replace(MARKS, '').replace(/٫/g, '.').replace(/[٬،]/g, ',')
  const bare = GROUPED.test(plain) ? plain.replaceAll(',', '') : plain
  if (!/^(\d{1,30}(\.\d*)?|\.\d+)$/.test(bare)) return null
  const exact = new Big(bare.replace(/\.$/, '').replace(/^\./, '0.'))
  if (!exact.round(scale, Big.roundDown).eq(exact)) return null
  return exact.toFixed()
}

/** How many decimals an amount brings along: the server always sends all of its asset's. */
export function decimalsOf(amount: string): number {
  return amount.split('.')[1]?.length ?? 0
}

/** How many decimals are shown: all of a currency's, at most eight of a crypto asset's. */
export function shownScale(scale: number): number {
  return Math.min(scale, 8)
}

/** An amount cut (never rounded up) to `scale` decimals, ready to be set in type. */
export function amountParts(amount: string, scale: number, locale: string, signed = false): AmountParts {
  const cut = new Big(amount).round(scale, Big.roundDown)
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: scale, maximumFractionDigits: scale })
  const text = cut.abs().toFixed(scale) as Intl.StringNumericLiteral
  let whole = ''
  let fraction = ''
  for (const part of format.formatToParts(text)) {
    if (part.type === 'integer' || part.type === 'group') whole += part.value
    if (part.type === 'decimal' || part.type === 'fraction') fraction += part.value
  }
  const sign = cut.lt('0') ? '−' : signed && cut.gt('0') ? '+' : ''
  return { sign, whole, fraction }
}

/** An amount in one line of text, for labels and tables that are read aloud. */
export function amountText(amount: string, scale: number, locale: string, signed = false): string {
  const { sign, whole, fraction } = amountParts(amount, scale, locale, signed)
  return sign + whole + fraction
}

/** Decimals that suit a rate's size: many for small ones, two for large ones. */
export function rateScale(rate: string): number {
  const size = new Big(rate).abs()
  if (size.gte('10')) return 2
  if (size.gte('0.1')) return 4
  return 8
}

/** `0.0123` as `+1.23%`, in the reader's digits. */
export function percentText(ratio: string, locale: string, signed = true): string {
  const cut = new Big(ratio).round(4, Big.roundHalfEven)
  const format = new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  })
  const text = format.format(cut.abs().toFixed() as Intl.StringNumericLiteral).replace(MARKS, '')
  const sign = cut.lt('0') ? '−' : signed && cut.gt('0') ? '+' : ''
  return sign + text
}

/** `amount * rate`, cut to `scale` decimals. */
export function times(amount: string, rate: string, scale: number): string {
  return new Big(amount).times(rate).round(scale, Big.roundDown).toFixed(scale)
}

/** `amount / rate`, cut to `scale` decimals; null when the rate is nothing. */
export function over(amount: string, rate: string, scale: number): string | null {
  const divisor = new Big(rate)
  if (divisor.eq('0')) return null
  return new Big(amount).div(divisor).round(scale, Big.roundDown).toFixed(scale)
}

/** The sum of amounts of one asset. */
export function sum(amounts: readonly string[]): string {
  return amounts.reduce((total, amount) => total.plus(amount), new Big('0')).toFixed()
}

/** `a - b`. */
export function minus(a: string, b: string): string {
  return new Big(a).minus(b).toFixed()
}

/** How large `part` is of `whole`, as a ratio; null when there is no whole. */
export function ratio(part: string, whole: string): string | null {
  const base = new Big(whole)
  return base.eq('0') ? null : new Big(part).div(base).round(6, Big.roundHalfEven).toFixed()
}

/** What a price change of `change` (0.0123 is 1.23 %) did to something that is worth `value` now. */
export function effectOf(change: string, value: string, scale: number): string {
  const before = new Big('1').plus(change)
  if (before.lte('0')) return new Big('0').toFixed(scale)
  return new Big(value).minus(new Big(value).div(before)).round(scale, Big.roundHalfEven).toFixed(scale)
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compare(a: string, b: string): number {
  return new Big(a).cmp(b)
}
