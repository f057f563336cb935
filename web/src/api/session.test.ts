import { afterEach, describe, expect, test, vi } from 'vitest'
import { openSession } from '../../tests/makers'
import { asked, on, refuse, server, world } from '../../tests/server'
import { http, open } from './client'
import { Refused } from './refused'
import { lifetimeMs, session, SessionStore } from './session'

const jwt = (claims: object) => `x.${btoa(JSON.stringify(claims))}.y`
const me = () => open(http.GET('/api/v1/me', {}))

afterEach(() => vi.useRealTimers())

describe('how long a token lives', () => {
  test('its own claims count, so that a wrong clock here does no harm', () => {
    expect(lifetimeMs(jwt({ iat: 1000, exp: 1600 }), '2000-01-01T00:00:00Z', Date.now())).toBe(600_000)
  })
  test('without claims the answer says it', () => {
    expect(lifetimeMs('opaque', new Date(5000).toISOString(), 1000)).toBe(4000)
    expect(lifetimeMs(jwt({}), new Date(5000).toISOString(), 1000)).toBe(4000)
  })
})

describe('the session', () => {
  test('opens with the refresh cookie at the start', async () => {
    world.isSignedIn = true
    const store = new SessionStore()
    await store.start()
    expect(store.now().status).toBe('open')
    expect(asked('POST /sessions/refreshes')[0]?.headers.get('X-Requested-With')).toBe('capitalino')
  })

  test('is out when the cookie is no good', async () => {
    const store = new SessionStore()
    await store.start()
    expect(store.now().status).toBe('out')
  })

  test('is not out but unreachable when the server is away', async () => {
    const ask = vi.fn(() => Promise.reject(new Refused(503, 'service_unavailable', 'away')))
    const store = new SessionStore(ask)
    await store.start()
    expect(store.now().status).toBe('unreachable')
    ask.mockResolvedValue(openSession() as never)
    await store.start()
    expect(store.now().status).toBe('open')
  })

  test('asks once for a new token, however many calls need it', async () => {
    const ask = vi.fn(() => Promise.resolve(openSession('token-2')))
    const store = new SessionStore(ask)
    store.adopt(openSession('token-1'))
    const tokens = await Promise.all([store.renewed('token-1'), store.renewed('token-1')])
    expect(tokens).toEqual(['token-2', 'token-2'])
    expect(ask).toHaveBeenCalledOnce()
  })

  test('takes what another tab has brought meanwhile', async () => {
    const ask = vi.fn(() => Promise.resolve(openSession('token-3')))
    const store = new SessionStore(ask)
    store.adopt(openSession('token-2'))
    expect(await store.renewed('token-1')).toBe('token-2')
    expect(ask).not.toHaveBeenCalled()
  })

  test('renews before the token ends', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = new SessionStore(() => Promise.resolve(openSession('token-2')))
    store.adopt(openSession('token-1'))
    expect(await store.token()).toBe('token-1')
    vi.setSystemTime(Date.now() + 580_000)
    expect(await store.token()).toBe('token-2')
  })

  test('keeps its token while the server is away, and ends when the server says so', async () => {
    const ask = vi.fn(() => Promise.reject(new Refused(0, 'unreachable', 'away')))
    const store = new SessionStore(ask)
    store.adopt(openSession('token-1'))
    expect(await store.renewed('token-1')).toBe('token-1')
    ask.mockRejectedValue(new Refused(401, 'auth.session_over', 'over'))
    expect(await store.renewed('token-1')).toBeNull()
    expect(store.now().status).toBe('out')
  })

  test('tells other tabs, both ways', async () => {
    const [here, there] = [new SessionStore(), new SessionStore()]
    here.adopt(openSession('token-1'))
    await vi.waitFor(() => expect(there.now().status).toBe('open'))
    there.close()
    await vi.waitFor(() => expect(here.now().status).toBe('out'))
  })

  test('of a set-up opens nothing but the set-up, and ends with its token', async () => {
    const store = new SessionStore()
    store.adopt({ ...openSession('half'), state: 'setup_factor' })
    expect(store.now().status).toBe('setup')
    expect(await store.token()).toBe('half')
    expect(await store.renewed('half')).toBeNull()
    expect(store.now().status).toBe('out')
  })

  test('is not made of an answer without a token', () => {
    const store = new SessionStore()
    store.adopt({ ...openSession(), state: 'second_factor', access_token: null })
    expect(store.now().status).toBe('starting')
  })
})

describe('a call', () => {
  test('carries the token', async () => {
    session.adopt(openSession('token-1'))
    await me()
    expect(asked('GET /me')[0]?.headers.get('Authorization')).toBe('Bearer token-1')
  })

  test('that is turned away is made again with a new token, once', async () => {
    world.isSignedIn = true
    session.adopt(openSession('token-1'))
    let turns = 0
    server.use(on('get', '/me', () => (++turns, refuse(401, 'unauthenticated'))))
    await expect(me()).rejects.toMatchObject({ code: 'unauthenticated', requestId: 'r1' })
    expect(turns).toBe(2)
    expect(asked('GET /me')[1]?.headers.get('Authorization')).toBe('Bearer token-2')
  })

  test('says unreachable when there is no answer', async () => {
    server.use(on('get', '/me', () => Response.error()))
    const refused = await me().catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 0, code: 'unreachable', isOpenEnded: true })
  })

  test('answered by something else than our server is open-ended', async () => {
    server.use(on('get', '/me', () => new Response('<h1>Bad gateway</h1>', { status: 502 })))
    await expect(me()).rejects.toMatchObject({ code: 'service_unavailable', isOpenEnded: true })
  })

  test('that was refused stays refused', async () => {
    server.use(on('get', '/me', () => refuse(422, 'users.no')))
    await expect(me()).rejects.toMatchObject({ code: 'users.no', isOpenEnded: false })
  })
})
