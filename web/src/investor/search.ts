/** Reading what stands in an address. */

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** A place inside this app only: no link may send somebody elsewhere after signing in. */
export function inside(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/'
}
