/** What the socket says. */

interface Said<T extends string, D> {
  type: T
  id: string | null
  at: string
  data: D
}

export interface PriceNews {
  instrument: string
  bid: string
  ask: string
  mid: string
  change_24h: string | null
  at: string
}

export interface BalanceNews {
  asset: string
  posted: string
  available: string
  held: string
  version: number
}

export interface PaymentNews {
  kind: 'conversion' | 'deposit'
  payment_id: string
  state: string
  reason?: string | null
}

export type LiveMessage =
  | Said<'hello', { last_id: string | null }>
  | Said<'price', PriceNews>
  | Said<'balance', BalanceNews>
  | Said<'payment', PaymentNews>
  | Said<'notification', { notification_id: string; code: string; params: Record<string, string> }>

const TYPES = new Set(['hello', 'price', 'balance', 'payment', 'notification'])

/** The message in a frame; null for what this version does not know. */
export function readMessage(frame: unknown): LiveMessage | null {
  if (typeof frame !== 'string') return null
  try {
    const value: unknown = JSON.parse(frame)
    return isMessage(value) ? value : null
  } catch {
    return null
  }
}

function isMessage(value: unknown): value is LiveMessage {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value)) return false
  return typeof value.type === 'string' && TYPES.has(value.type) && typeof value.data === 'object'
}
