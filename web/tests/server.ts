/** A server that answers as the real one does, from a small world that a test may change. */
import { http, HttpResponse, type JsonBodyType } from 'msw'
import { setupServer } from 'msw/node'
import type { Balance, Conversion, Dashboard, Deposit, Me, Price, Quote, Transaction } from '@/api/types'
import * as make from './makers'

const ROOT = 'http://localhost:8000'
const API = `${ROOT}/api/v1`

interface World {
  isSignedIn: boolean
  hasSandbox: boolean
  me: Me
  dashboard: Dashboard
  balances: Balance[]
  prices: Price[]
  movements: Transaction[]
  deposits: Deposit[]
  quote: Quote
  conversion: Conversion
  /** Every request, as `POST /sessions`, with what was sent. */
  asked: { call: string; body: unknown; headers: Headers }[]
}

const fresh = (): World => ({
  isSignedIn: false,
  hasSandbox: true,
  me: make.makeMe(),
  dashboard: make.makeDashboard(),
  balances: [make.makeBalance('BTC', '0.10000000'), make.makeBalance('EUR', '1000.00')],
  prices: [make.makePrice('BTC', '50000'), make.makePrice('ETH', '2500', null)],
  movements: [
    make.makeMovement('t1'),
    make.makeMovement('t2', {
      kind: 'conversion',
      from: { amount: '0.01', asset: 'BTC' },
      to: { amount: '499.00', asset: 'EUR' },
      fee: { amount: '1.00', asset: 'EUR' },
    }),
  ],
  deposits: [],
  quote: make.makeQuote(),
  conversion: make.makeConversion(),
  asked: [],
})

export let world = fresh()

export function resetWorld(): void {
  world = fresh()
}

/** How often something was asked. */
export const asked = (call: string) => world.asked.filter((each) => each.call === call)

export function ok(data: JsonBodyType, status = 200, meta: Record<string, JsonBodyType> = {}) {
  return HttpResponse.json({ success: true, data, meta: { request_id: 'r1', ...meta } }, { status })
}

export function refuse(status: number, code: string) {
  const error = { code, message: code, details: {} }
  return HttpResponse.json({ success: false, error, meta: { request_id: 'r1' } }, { status })
}

type Verb = 'get' | 'post' | 'patch' | 'delete'
type Reply = (body: Record<string, unknown>, url: URL) => Response

/** One path of the API, answered out of the world. */
export function on(verb: Verb, path: string, reply: Reply) {
  return http[verb](`${API}${path}`, async ({ request }) => {
    const text = await request.text()
    const body = (text ? JSON.parse(text) : {}) as Record<string, unknown>
    const url = new URL(request.url)
    world.asked.push({
      call: `${verb.toUpperCase()} ${url.pathname.slice(7)}`,
      body,
      headers: request.headers,
    })
    return reply(body, url)
  })
}

function signedIn() {
  world.isSignedIn = true
  return make.openSession()
}

const auth = [
  on('post', '/registrations', () => ok({ state: 'confirm_email' }, 201)),
  on('post', '/email-verifications', ({ token }) =>
    token === 'bad' ? refuse(404, 'auth.link_not_good') : ok({ state: 'confirmed' }, 201),
  ),
  on('post', '/sessions', ({ email, password }) => {
    if (password === 'wrong') return refuse(401, 'auth.sign_in_refused')
    const state = email === 'new@example.com' ? 'setup_factor' : 'second_factor'
    const half = { ...make.openSession('half'), state, user: null }
    return ok(state === 'setup_factor' ? half : { ...half, access_token: null, challenge: 'ch1' }, 201)
  }),
  on('post', '/sessions/second-factors', ({ code }) =>
    code === '123456' ? ok(signedIn(), 201) : refuse(401, 'auth.code_refused'),
  ),
  on('post', '/sessions/refreshes', () =>
    world.isSignedIn ? ok(make.openSession('token-2'), 201) : refuse(401, 'auth.session_over'),
  ),
  on('delete', '/sessions/current', () => ok({ state: 'closed' })),
  on('delete', '/sessions/:id', () => ok({ state: 'closed' })),
  on('get', '/sessions', () =>
    ok(
      ['s1', 's2'].map((session_id) => ({
        session_id,
        opened_at: make.NOW,
        used_at: make.NOW,
        expires_at: make.NOW,
        address: '127.0.0.1',
        agent: session_id === 's1' ? 'X11; Linux Firefox/150' : '',
        is_current: session_id === 's1',
      })),
    ),
  ),
  on('post', '/totp', () => ok({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x' }, 201)),
  on('post', '/totp/confirmations', ({ code }) =>
    code === '123456'
      ? ok({ recovery_codes: ['aaaa-bbbb', 'cccc-dddd'], session: make.openSession() }, 201)
      : refuse(401, 'auth.code_refused'),
  ),
]

const security = [
  on('post', '/password-resets', () => ok({ state: 'check_email' }, 201)),
  on('post', '/password-resets/completions', ({ token }) =>
    token === 'good' ? ok({ state: 'changed' }, 201) : refuse(404, 'auth.link_not_good'),
  ),
  on('post', '/password-changes', ({ old_password }) =>
    old_password === 'good' ? ok(make.openSession('token-3'), 201) : refuse(401, 'auth.password_wrong'),
  ),
  on('delete', '/sessions/others', () => ok({ state: 'closed', ended: 1 })),
  on('get', '/recovery-codes', () => ok({ left: 8, made_at: make.NOW })),
  on('post', '/recovery-codes', () => ok({ recovery_codes: ['aaaa-bbbb'] }, 201)),
  on('get', '/passkeys', () => ok([])),
  on('patch', '/passkeys/:id', () => ok({ state: 'renamed' })),
  on('delete', '/passkeys/:id', () => ok({ state: 'removed' })),
  on('get', '/api-keys', () => ok([])),
  on('post', '/api-keys', (body) => {
    const key = { ...body, key_id: 'k1', made_at: make.NOW, revoked_at: null, used_at: null, used_from: '' }
    return ok({ key, private_key: body.public_key ? null : 'made-by-the-server' } as JsonBodyType, 201)
  }),
  on('delete', '/api-keys/:id', () => ok({ state: 'revoked' })),
  on('get', '/security-activity', (_, url) => {
    const row = { noted_at: make.NOW, address: '127.0.0.1', device: 'Firefox · Linux', subject: null }
    return url.searchParams.get('cursor')
      ? ok([{ ...row, act: 'api_key_revoked' }])
      : ok([{ ...row, act: 'new_device' }], 200, { next_cursor: 'more' })
  }),
]

const owned = [
  on('get', '/me', () => ok(world.me)),
  on('patch', '/me', (body) => {
    world.me = { ...world.me, ...body }
    return ok(world.me)
  }),
  on('get', '/balances', () => ok(world.balances)),
  on('get', '/dashboard', () => ok(world.dashboard)),
  on('get', '/portfolios/value-history', () =>
    ok([
      { on: '2026-11-20', value: '5800.00', invested: '4500.00' },
      { on: '2026-11-21', value: '5900.00', invested: '5000.00' },
    ]),
  ),
  on('get', '/transactions', (_, url) => {
    const start = Number(url.searchParams.get('cursor') ?? 0)
    const end = start + Number(url.searchParams.get('limit') ?? 50)
    const next_cursor = end < world.movements.length ? String(end) : null
    return ok(world.movements.slice(start, end), 200, { next_cursor })
  }),
  on('post', '/ws/tickets', () => ok({ ticket: 'ticket-1', expires_at: make.NOW }, 201)),
]

const market = [
  on('get', '/assets', () =>
    ok([
      { code: 'EUR', kind: 'fiat', scale: 2, name: 'Euro' },
      { code: 'BTC', kind: 'crypto', scale: 8, name: 'Bitcoin' },
      { code: 'ETH', kind: 'crypto', scale: 18, name: 'Ether' },
    ]),
  ),
  on('get', '/prices', () => ok(world.prices)),
]

const payments = [
  on('post', '/quotes', () => ok(world.quote, 201)),
  on('post', '/conversions', () => ok(world.conversion, 201)),
  on('get', '/conversions/:id', () => ok(world.conversion)),
  on('post', '/deposit-addresses', ({ asset }) => ok(make.makeAddress({ asset: String(asset) }), 201)),
  on('get', '/deposits', () => ok(world.deposits)),
]

export const server = setupServer(
  ...auth,
  ...security,
  ...owned,
  ...market,
  ...payments,
  http.head(`${ROOT}/sandbox/`, () => new HttpResponse(null, { status: world.hasSandbox ? 200 : 404 })),
)
