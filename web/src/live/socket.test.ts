import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeSocket } from '../../tests/FakeSocket'
import { DEAD_MS, LiveSocket, QUIET_MS } from './socket'

const onMessage = vi.fn()
const onStatus = vi.fn()
let ticket = vi.fn(() => Promise.resolve('t1'))
let socket: LiveSocket

beforeEach(() => {
  vi.useFakeTimers()
  ticket = vi.fn(() => Promise.resolve('t1'))
  socket = new LiveSocket({ ticket: () => ticket(), onMessage, onStatus, random: () => 1 })
})
afterEach(() => {
  socket.stop()
  vi.useRealTimers()
})

async function started(): Promise<FakeSocket> {
  socket.start()
  socket.start()
  await vi.advanceTimersByTimeAsync(0)
  return FakeSocket.last
}

test('opens with a ticket, once', async () => {
  const line = await started()
  expect(line.url).toBe('ws://localhost:8000/api/v1/ws?ticket=t1')
  expect(FakeSocket.opened).toHaveLength(1)
})

test('hands on what it hears, and is live from the first word', async () => {
  const line = await started()
  line.say('hello', { last_id: '7' })
  expect(onStatus).toHaveBeenLastCalledWith('live')
  expect(onMessage).toHaveBeenLastCalledWith(expect.objectContaining({ type: 'hello' }))
})

test.each([new Blob(), 'no json', '[]', '{"type":"spaceship","data":{}}', '{"type":"price"}'])(
  'does not stumble over what it does not know: %s',
  async (frame) => {
    onMessage.mockClear()
    const line = await started()
    line.hear(frame)
    expect(onMessage).not.toHaveBeenCalled()
  },
)

test('comes back after a break and goes on where it stopped', async () => {
  const line = await started()
  line.say('hello', { last_id: '7' })
  line.say('notification', { notification_id: 'n', code: 'x', params: {} }, '9')
  line.close()
  expect(onStatus).toHaveBeenLastCalledWith('delayed')
  await vi.advanceTimersByTimeAsync(500)
  expect(FakeSocket.opened).toHaveLength(2)
  expect(FakeSocket.last.url).toContain('last_id=9')
})

test('waits longer each time and says offline when it takes too long', async () => {
  ticket.mockRejectedValue(new Error('away'))
  socket.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(onStatus).toHaveBeenLastCalledWith('delayed')
  await vi.advanceTimersByTimeAsync(500 + 1000 + 2000)
  expect(ticket).toHaveBeenCalledTimes(4)
  expect(onStatus).toHaveBeenLastCalledWith('offline')
  await vi.advanceTimersByTimeAsync(3900)
  expect(ticket).toHaveBeenCalledTimes(4)
})

describe('a line that is silent', () => {
  test('is delayed, and after a minute given up', async () => {
    const line = await started()
    line.say('hello', { last_id: null })
    await vi.advanceTimersByTimeAsync(QUIET_MS + 5_000)
    expect(onStatus).toHaveBeenLastCalledWith('delayed')
    await vi.advanceTimersByTimeAsync(DEAD_MS)
    expect(line.isClosed).toBe(true)
    expect(FakeSocket.opened.length).toBeGreaterThan(1)
  })
})

test('hurries when the network or the page comes back', async () => {
  const line = await started()
  globalThis.dispatchEvent(new Event('offline'))
  expect(onStatus).toHaveBeenLastCalledWith('delayed')
  expect(line.isClosed).toBe(true)
  globalThis.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(0)
  expect(FakeSocket.opened).toHaveLength(2)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(FakeSocket.opened).toHaveLength(2)
})

test('stays closed once stopped, even with a ticket on its way', async () => {
  socket.start()
  socket.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(FakeSocket.opened).toHaveLength(0)
})
