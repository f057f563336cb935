/** A call that was turned away, with the code that i18n has a sentence for. */

interface Failure {
  error: { code: string; message: string; details: Record<string, unknown> }
  meta?: { request_id?: string }
}

function isFailure(body: unknown): body is Failure {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
}

/** Codes that say nothing about what became of the request. */
const OPEN_ENDED = new Set(['unreachable', 'peer_unavailable', 'INTERNAL_ERROR', 'service_unavailable'])

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
    this.name = 'Refused'
  }

  static from(response: Response, body: unknown): Refused {
    const header = response.headers.get('x-request-id')
    if (!isFailure(body)) {
      const code = response.status === 401 ? 'unauthenticated' : 'service_unavailable'
      return new Refused(response.status, code, response.statusText, header)
    }
    const { code, message, details } = body.error
    return new Refused(response.status, code, message, body.meta?.request_id ?? header, details)
  }

  static unreachable(cause: unknown): Refused {
    return new Refused(0, 'unreachable', cause instanceof Error ? cause.message : 'unreachable')
  }

  /** Nobody knows whether it was done: ask again under the same key. */
  get isOpenEnded(): boolean {
    return this.status === 0 || this.status >= 500 || OPEN_ENDED.has(this.code)
  }
}
