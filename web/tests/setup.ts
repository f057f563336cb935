/** Before every test file: the fake server, the sentences, and what jsdom lacks. */
import { cleanup, configure } from '@testing-library/react'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { session } from '@/api/session'
import { activate } from '@/i18n/i18n'
import { preferences } from '@/i18n/preferences'
import { setFreshness } from '@/live/live'
import { FakeSocket } from './FakeSocket'
import { resetWorld, server } from './server'

// A machine that does other things meanwhile is slow, not broken.
configure({ asyncUtilTimeout: 8_000 })

vi.stubGlobal('scrollTo', () => undefined)
vi.stubGlobal('matchMedia', () => ({
  matches: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}))
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {
      // Nothing is laid out here.
    }
    unobserve() {
      // As above.
    }
    disconnect() {
      // As above.
    }
  },
)

beforeAll(() => {
  server.listen({ onUnhandledFrame: 'error' })
  // After the fake server, which brings a WebSocket of its own.
  vi.stubGlobal('WebSocket', FakeSocket)
})
beforeEach(async () => {
  localStorage.clear()
  sessionStorage.clear()
  preferences.reload()
  await activate('en')
  resetWorld()
})
afterEach(() => {
  cleanup()
  session.close()
  FakeSocket.opened.length = 0
  setFreshness({ status: 'delayed', priceAt: null })
  server.resetHandlers()
})
afterAll(() => server.close())
