/** A WebSocket whose other end is the test. */

export class FakeSocket extends EventTarget {
  static readonly opened: FakeSocket[] = []

  isClosed = false

  constructor(readonly url: string) {
    super()
    FakeSocket.opened.push(this)
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1)
    if (!socket) throw new Error('No socket was opened.')
    return socket
  }

  say(type: string, data: unknown, id: string | null = null): void {
    this.hear(JSON.stringify({ type, id, at: '2026-11-22T10:00:00Z', data }))
  }

  hear(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }))
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.dispatchEvent(new Event('close'))
  }
}
