/** What the investor has begun: a key made before the first try, kept until the outcome is known. */

const PREFIX = 'capitalino.intention.'

export interface Intention {
  key: string
  /** What it is about; another body is another intention. */
  about: string
  /** The server's object, once it has answered. */
  id: string | null
}

function isIntention(value: unknown): value is Intention {
  if (typeof value !== 'object' || value === null) return false
  return 'key' in value && 'about' in value && 'id' in value && typeof value.key === 'string'
}

/** The intention that is under way for `what`, also after a reload. */
export function pending(what: string): Intention | null {
  const kept = sessionStorage.getItem(PREFIX + what)
  if (!kept) return null
  try {
    const value: unknown = JSON.parse(kept)
    return isIntention(value) ? value : null
  } catch {
    return null
  }
}

/** The same key for the same wish, a new one for another. */
export function intend(what: string, about: string): Intention {
  const before = pending(what)
  if (before?.about === about) return before
  const fresh: Intention = { key: newKey(), about, id: null }
  keep(what, fresh)
  return fresh
}

/** Remember the server's object, to follow it after a reload. */
export function learned(what: string, id: string): void {
  const before = pending(what)
  if (before) keep(what, { ...before, id })
}

/** The outcome is known and seen. */
export function conclude(what: string): void {
  sessionStorage.removeItem(PREFIX + what)
}

function keep(what: string, intention: Intention): void {
  sessionStorage.setItem(PREFIX + what, JSON.stringify(intention))
}

/** `randomUUID` is only there on https and localhost; a phone on the same network has neither. */
function newKey(): string {
  if ('randomUUID' in crypto) return crypto.randomUUID()
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
