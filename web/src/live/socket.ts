/** The only WebSocket: opens with a ticket, comes back by itself, goes on where it stopped. */
import { type LiveMessage, readMessage } from './messages'

export type LiveStatus = 'live' | 'delayed' | 'offline'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
const TRIES_BEFORE_OFFLINE = 3
const WATCH_EVERY_MS = 5_000
export const QUIET_MS = 20_000
export const DEAD_MS = 60_000

export interface SocketParts {
  ticket: () => Promise<string>
  onMessage: (message: LiveMessage) => void
  onStatus: (status: LiveStatus) => void
  /** Replaced in tests. */
  make?: (url: string) => WebSocket
  random?: () => number
}

function address(ticket: string, lastId: string | null): string {
  const url = new URL('/api/v1/ws', globalThis.location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  url.searchParams.set('ticket', ticket)
  if (lastId) url.searchParams.set('last_id', lastId)
  return url.href
}

export class LiveSocket {
  private socket: WebSocket | null = null
  private lastId: string | null = null
  private heardAt = 0
  private tries = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private isRunning = false
  private isOpening = false

  constructor(private readonly parts: SocketParts) {}

  start(): void {
    if (this.isRunning) return
    this.isRunning = true
    this.watch = setInterval(this.listenForSilence, WATCH_EVERY_MS)
    globalThis.addEventListener('online', this.hurry)
    globalThis.addEventListener('offline', this.lose)
    document.addEventListener('visibilitychange', this.hurry)
    void this.open()
  }

  stop(): void {
    this.isRunning = false
    clearTimeout(this.retry)
    clearInterval(this.watch)
    globalThis.removeEventListener('online', this.hurry)
    globalThis.removeEventListener('offline', this.lose)
    document.removeEventListener('visibilitychange', this.hurry)
    this.drop()
  }

  private readonly open = async (): Promise<void> => {
    if (!this.isRunning || this.socket || this.isOpening) return
    this.isOpening = true
    try {
      const ticket = await this.parts.ticket()
      this.listen(address(ticket, this.lastId))
    } catch {
      this.again()
    } finally {
      this.isOpening = false
    }
  }

  private listen(url: string): void {
    // It may have been stopped while the ticket was on its way.
    if (!this.isRunning) return
    const socket = this.parts.make?.(url) ?? new WebSocket(url)
    this.socket = socket
    this.heardAt = Date.now()
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (socket === this.socket) this.hear(event.data)
    })
    socket.addEventListener('close', () => {
      if (socket !== this.socket) return
      this.socket = null
      this.again()
    })
  }

  private hear(frame: unknown): void {
    const message = readMessage(frame)
    this.heardAt = Date.now()
    if (!message) return
    if (message.type === 'hello') {
      this.tries = 0
      this.lastId ??= message.data.last_id
    }
    if (message.id) this.lastId = message.id
    this.parts.onStatus('live')
    this.parts.onMessage(message)
  }

  /** Wait longer each time, and not in step with everybody else's browser. */
  private again(): void {
    if (!this.isRunning) return
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries)
    this.tries += 1
    this.parts.onStatus(this.tries > TRIES_BEFORE_OFFLINE || !navigator.onLine ? 'offline' : 'delayed')
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.open(), wait * (0.5 + (this.parts.random ?? Math.random)() / 2))
  }

  private readonly hurry = (): void => {
    if (document.visibilityState === 'hidden' || this.socket) return
    clearTimeout(this.retry)
    void this.open()
  }

  private readonly lose = (): void => {
    this.parts.onStatus('offline')
    this.drop()
    this.again()
  }

  private readonly listenForSilence = (): void => {
    if (!this.socket) return
    const quiet = Date.now() - this.heardAt
    if (quiet > QUIET_MS) this.parts.onStatus('delayed')
    if (quiet > DEAD_MS) {
      this.drop()
      this.again()
    }
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    socket?.close()
  }
}
