import { screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { session } from '@/api/session'
import { showApp } from '../../../../tests/render'
import { asked, ok, on, refuse, server } from '../../../../tests/server'
import { NOW, openSession } from '../../../../tests/makers'

const key = (name: string, more = {}) => ({
  key_id: `id-${name}`,
  name,
  scopes: ['read'],
  networks: [],
  made_at: NOW,
  expires_at: NOW,
  revoked_at: null,
  used_at: null,
  used_from: '',
  ...more,
})

const passkey = (name: string, more = {}) => ({
  passkey_id: `id-${name}`,
  name,
  is_synced: true,
  made_at: NOW,
  used_at: null,
  ...more,
})

/** A server that wants a fresh factor first, once. */
function wantsFresh(verb: 'post' | 'delete', path: string, data: Record<string, unknown>) {
  let isFresh = false
  server.use(
    on(verb, path, () => (isFresh ? ok(data as never, 201) : refuse(403, 'step_up_needed'))),
    on('post', '/sessions/step-ups', ({ code }) => {
      if (code !== '123456') return refuse(401, 'auth.code_refused')
      isFresh = true
      return ok(openSession('fresh'), 201)
    }),
  )
}

afterEach(() => vi.unstubAllGlobals())

test('the settings lead to it, and it shows what there is', async () => {
  server.use(
    on('get', '/passkeys', () => ok([passkey('My phone', { used_at: NOW })])),
    on('get', '/api-keys', () =>
      ok([key('bot', { used_at: NOW, used_from: '192.0.2.7' }), key('old', { revoked_at: NOW })]),
    ),
  )
  const { user } = showApp('/settings')
  await user.click(await screen.findByRole('link', { name: /recent activity/ }))
  expect(await screen.findByRole('heading', { name: 'Security' })).toBeTruthy()
  expect(await screen.findByText('My phone')).toBeTruthy()
  expect(await screen.findByText('8 codes are left.', { exact: false })).toBeTruthy()
  expect(await screen.findByText(/192\.0\.2\.7/)).toBeTruthy()
  expect(screen.getAllByRole('button', { name: /^Revoke/ })).toHaveLength(1)
  expect(await screen.findByText('Signed in on a new device')).toBeTruthy()
})

describe('a factor that has to be fresh', () => {
  test('is asked for, and then the call goes on by itself', async () => {
    wantsFresh('post', '/recovery-codes', { recovery_codes: ['aaaa-bbbb'] })
    const { user } = showApp('/security')
    await user.click(await screen.findByRole('button', { name: 'Make new codes' }))
    const dialog = await screen.findByRole('dialog', { name: 'Is it you?' })
    const field = within(dialog).getByLabelText('Code of your app, or a recovery code')
    await user.type(field, '000000')
    await user.click(within(dialog).getByRole('button', { name: 'Confirm' }))
    expect((await within(dialog).findByRole('alert')).textContent).toContain('The code is wrong')
    await user.clear(field)
    await user.type(field, '۱۲۳ ۴۵۶')
    await user.click(within(dialog).getByRole('button', { name: 'Confirm' }))
    expect(await screen.findByText('aaaa-bbbb')).toBeTruthy()
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(session.now()).toMatchObject({ status: 'open', token: 'fresh' })
    expect(asked('POST /recovery-codes').at(-1)?.headers.get('authorization')).toBe('Bearer fresh')
  })

  test('may be left, and the refusal is said', async () => {
    wantsFresh('post', '/recovery-codes', {})
    const { user } = showApp('/security')
    await user.click(await screen.findByRole('button', { name: 'Make new codes' }))
    await user.click(await screen.findByRole('button', { name: 'Leave it' }))
    expect((await screen.findByRole('alert')).textContent).toContain('second factor once more')
    expect(asked('POST /recovery-codes')).toHaveLength(1)
  })
})

test('the password is changed, and what is wrong with it is said', async () => {
  const { user } = showApp('/security')
  await user.type(await screen.findByLabelText('Present password'), 'wrong')
  await user.type(screen.getByLabelText('New password'), 'short')
  await user.click(screen.getByRole('button', { name: 'Change the password' }))
  expect(await screen.findByText('At least 12 characters.')).toBeTruthy()
  await user.type(screen.getByLabelText('New password'), ' and then long')
  await user.click(screen.getByRole('button', { name: 'Change the password' }))
  expect((await screen.findByRole('alert')).textContent).toContain('The present password is not right.')
  await user.clear(screen.getByLabelText('Present password'))
  await user.type(screen.getByLabelText('Present password'), 'good')
  await user.click(screen.getByRole('button', { name: 'Change the password' }))
  expect(await screen.findByText('Changed')).toBeTruthy()
  expect(session.now()).toMatchObject({ token: 'token-3' })
})

test('another app takes the place of the one that was', async () => {
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Move to another app or phone' }))
  await user.type(screen.getByLabelText('A code of the app that you have now'), '654321')
  await user.click(screen.getByRole('button', { name: 'Continue' }))
  await user.type(await screen.findByLabelText('The six digits that the new app shows'), '000000')
  await user.click(screen.getByRole('button', { name: 'Continue' }))
  expect((await screen.findByRole('alert')).textContent).toContain('The code is wrong')
  await user.clear(screen.getByLabelText('The six digits that the new app shows'))
  await user.type(screen.getByLabelText('The six digits that the new app shows'), '123456')
  await user.click(screen.getByRole('button', { name: 'Continue' }))
  expect(await screen.findByText('aaaa-bbbb')).toBeTruthy()
  expect(asked('POST /totp')[0]?.body).toEqual({ code: '654321' })
})

test('a passkey is renamed and removed; without passkeys in the browser that is said', async () => {
  server.use(on('get', '/passkeys', () => ok([passkey('My phone')])))
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Rename My phone' }))
  await user.clear(screen.getByRole('textbox', { name: 'Name' }))
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Old phone')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(asked('PATCH /passkeys/id-My%20phone')[0]?.body).toEqual({ name: 'Old phone' }))
  await user.click(screen.getByRole('button', { name: 'Remove My phone' }))
  await waitFor(() => expect(asked('DELETE /passkeys/id-My%20phone')).toHaveLength(1))
  expect(screen.getByText(/This browser has no passkeys/)).toBeTruthy()
})

test('an API key is made here, its private half shown once', async () => {
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Make an API key' }))
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'bot')
  await user.click(screen.getByRole('checkbox', { name: 'convert' }))
  await user.click(screen.getByRole('checkbox', { name: 'read' }))
  await user.type(screen.getByLabelText('From these addresses only'), '192.0.2.7, 198.51.100.0/24')
  await user.click(screen.getByRole('radio', { name: '30 days' }))
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  expect(await screen.findByText(/Save the private key now/)).toBeTruthy()
  const sent = asked('POST /api-keys')[0]?.body as Record<string, unknown>
  expect(sent).toMatchObject({
    name: 'bot',
    scopes: ['trade'],
    networks: ['192.0.2.7', '198.51.100.0/24'],
  })
  expect(sent.public_key).toMatch(/^[\w-]{43}$/)
  expect(document.querySelector('#copy-private-key')?.textContent).toMatch(/^[\w-]{43}$/)
  await user.click(screen.getByRole('button', { name: 'I have saved it' }))
  expect(document.querySelector('#copy-private-key')).toBeNull()
})

test('where the browser makes no pair, the server does', async () => {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'))
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Make an API key' }))
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'bot')
  await user.click(screen.getByRole('button', { name: 'Make it' }))
  await screen.findByText(/Save the private key now/)
  expect(document.querySelector('#copy-private-key')?.textContent).toBe('made-by-the-server')
})

test('an API key is revoked', async () => {
  server.use(on('get', '/api-keys', () => ok([key('bot')])))
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Revoke bot' }))
  await waitFor(() => expect(asked('DELETE /api-keys/id-bot')).toHaveLength(1))
})

test('activity goes on as long as there is more', async () => {
  const { user } = showApp('/security')
  await user.click(await screen.findByRole('button', { name: 'Show more' }))
  expect(await screen.findByText('API key revoked')).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull()
})

test('what is missing says so, part by part', async () => {
  for (const path of ['/passkeys', '/api-keys', '/recovery-codes', '/security-activity']) {
    server.use(on('get', path, () => refuse(422, 'auth.no')))
  }
  showApp('/security')
  await waitFor(() => expect(screen.getAllByRole('alert')).toHaveLength(4))
})

test('whoever is staff alone lands here', async () => {
  const opened = openSession()
  showApp('/', false)
  session.adopt({ ...opened, user: { ...opened.user!, roles: ['admin'], investor_id: null } })
  expect(await screen.findByRole('heading', { name: 'Security' })).toBeTruthy()
})
