/** Who is signed in. The token lives in this module's memory only; the refresh cookie is the browser's. */
import { type Bearer, open, publicHttp, setBearer } from './client'
import { Refused } from './refused'
import type { SessionAnswer } from './types'

const LOCK = 'capitalino.refresh'
const CHANNEL = 'capitalino.session'
const EARLY_MS = 30_000

type User = NonNullable<SessionAnswer['user']>

export interface OpenSession {
  status: 'open'
  token: string
  renewAt: number
  user: User | null
}

export type Session =
  | { status: 'starting' }
  | { status: 'unreachable' }
  /** `isLeft`: on purpose, so that nobody needs to be led back. */
  | { status: 'out'; isLeft?: boolean }
  | { status: 'setup'; token: string }
  | OpenSession

type News = { kind: 'open'; session: OpenSession } | { kind: 'out'; isLeft: boolean }

/** How long a token lives by its own account, so that a wrong clock on this machine does no harm. */
export function lifetimeMs(token: string, expiresAt: string, now: number): number {
  try {
    const part = token.split('.')[1] ?? ''
    const claims: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    if (typeof claims === 'object' && claims !== null && 'exp' in claims && 'iat' in claims) {
      const { exp, iat } = claims
      if (typeof exp === 'number' && typeof iat === 'number') return (exp - iat) * 1000
    }
  } catch {
    // Not a JWT: the answer's own time has to do.
  }
  return new Date(expiresAt).getTime() - now
}

function renew(): Promise<SessionAnswer> {
  const headers = { 'X-Requested-With': 'capitalino' }
  return open(publicHttp.POST('/api/v1/sessions/refreshes', { headers }))
}

/** One tab at a time: two refreshes with one cookie would look like a stolen one. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? await navigator.locks.request(LOCK, work) : work()
}

export class SessionStore implements Bearer {
  private session: Session = { status: 'starting' }
  private flight: Promise<string | null> | null = null
  private readonly watchers = new Set<() => void>()
  private readonly channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(CHANNEL) : null

  constructor(private readonly ask: () => Promise<SessionAnswer> = renew) {
    this.channel?.addEventListener('message', (event: MessageEvent<News>) => {
      const { data } = event
      this.set(data.kind === 'open' ? data.session : { status: 'out', isLeft: data.isLeft })
    })
  }

  now = (): Session => this.session

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  /** Try the refresh cookie once, when the app starts. */
  async start(): Promise<void> {
    if (this.session.status === 'starting' || this.session.status === 'unreachable') await this.refresh(null)
  }

  /** Take a session that sign-in or the second factor brought. */
  adopt(answer: SessionAnswer): void {
    if (!answer.access_token) return
    if (answer.state === 'setup_factor') {
      this.set({ status: 'setup', token: answer.access_token })
      return
    }
    const lives = lifetimeMs(answer.access_token, answer.expires_at, Date.now())
    const renewAt = Date.now() + Math.max(lives - EARLY_MS, lives / 2)
    const session: OpenSession = { status: 'open', token: answer.access_token, renewAt, user: answer.user }
    this.set(session)
    this.channel?.postMessage({ kind: 'open', session } satisfies News)
  }

  /** Forget it, here and in every other tab. */
  close(isLeft = false): void {
    this.set({ status: 'out', isLeft })
    this.channel?.postMessage({ kind: 'out', isLeft } satisfies News)
  }

  async token(): Promise<string | null> {
    if (this.session.status === 'setup') return this.session.token
    if (this.session.status !== 'open') return null
    if (Date.now() < this.session.renewAt) return this.session.token
    return this.refresh(this.session.token)
  }

  async renewed(turnedAway: string): Promise<string | null> {
    if (this.session.status === 'setup') {
      this.close()
      return null
    }
    return this.refresh(turnedAway)
  }

  private refresh(stale: string | null): Promise<string | null> {
    this.flight ??= alone(() => this.exchange(stale)).finally(() => {
      this.flight = null
    })
    return this.flight
  }

  private async exchange(stale: string | null): Promise<string | null> {
    // Another tab may have done it while this one waited for the lock.
    if (this.session.status === 'open' && this.session.token !== stale) return this.session.token
    try {
      const answer = await this.ask()
      this.adopt(answer)
      return answer.access_token
    } catch (refused) {
      return this.turnedAway(refused)
    }
  }

  private turnedAway(refused: unknown): string | null {
    if (refused instanceof Refused && refused.isOpenEnded) {
      // The server is away, which says nothing about the session: keep what there is.
      if (this.session.status !== 'open') this.set({ status: 'unreachable' })
      return this.session.status === 'open' ? this.session.token : null
    }
    if (this.session.status === 'open') this.close()
    else this.set({ status: 'out' })
    return null
  }

  private set(next: Session): void {
    this.session = next
    this.watchers.forEach((watcher) => watcher())
  }
}

export const session = new SessionStore()
setBearer(session)
