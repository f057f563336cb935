/** Instants and days as people read them, in their calendar and digits. */

/** `22 Nov 2026, 14:05`. */
export function momentText(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
}

/** `22 Nov 2026`. A plain date is a day of its own, not a midnight somewhere. */
export function dayText(iso: string, locale: string): string {
  const plain = /^\d{4}-\d{2}-\d{2}$/.test(iso)
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...(plain && { timeZone: 'UTC' }) }).format(
    new Date(iso),
  )
}

/** `14:05:33`. */
export function clockText(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(iso),
  )
}

/** `14:05`. */
export function hourText(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso))
}

/** `3 minutes ago`, in the largest unit that fits. */
export function agoText(iso: string, now: number, locale: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000)
  if (Math.abs(seconds) < 60) return format.format(Math.min(seconds, 0), 'second')
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), 'minute')
  if (Math.abs(seconds) < 86_400) return format.format(Math.round(seconds / 3600), 'hour')
  return format.format(Math.round(seconds / 86_400), 'day')
}

/** `0:27`, for a countdown. */
export function countdownText(left_ms: number, locale: string): string {
  const seconds = Math.max(0, Math.ceil(left_ms / 1000))
  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 })
  const one = new Intl.NumberFormat(locale)
  return `${one.format(Math.floor(seconds / 60))}:${two.format(seconds % 60)}`
}
