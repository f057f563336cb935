import { screen, waitFor } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { session } from '@/api/session'
import { preferences } from '@/i18n/preferences'
import { showApp } from '../../tests/render'
import { asked, on, refuse, server, world } from '../../tests/server'

const out = () => session.close()

async function givePassword(email: string, password = 'correct horse battery') {
  const shown = showApp('/sign-in', false)
  await shown.user.type(await screen.findByLabelText('E-mail'), email)
  await shown.user.type(screen.getByLabelText('Password'), password)
  await shown.user.click(screen.getByRole('button', { name: 'Sign in' }))
  return shown
}

describe('signing in', () => {
  test('takes a password, then a code, then shows the home screen', async () => {
    out()
    const { user } = await givePassword('sara@example.com')
    await user.type(await screen.findByLabelText('Code'), '۱۲۳ ۴۵۶')
    await user.click(screen.getByRole('button', { name: 'Continue' }))
    expect(await screen.findByText('What you own is worth')).toBeTruthy()
    expect(asked('POST /sessions/second-factors')[0]?.body).toEqual({ challenge: 'ch1', code: '123456' })
  })

  test('says what is wrong, with the request id', async () => {
    out()
    await givePassword('sara@example.com', 'wrong')
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toContain('E-mail or password is wrong.')
    expect(alert.textContent).toContain('r1')
  })

  test('asks for what is missing without asking the server', async () => {
    out()
    const { user } = showApp('/sign-in', false)
    await user.click(await screen.findByRole('button', { name: 'Sign in' }))
    expect(await screen.findByText('Your password is missing.')).toBeTruthy()
    expect(asked('POST /sessions')).toHaveLength(0)
  })

  test('takes a recovery code instead, or starts again', async () => {
    out()
    const { user } = await givePassword('sara@example.com')
    await user.click(await screen.findByRole('button', { name: 'Use a recovery code' }))
    await user.type(screen.getByLabelText('Recovery code'), 'nope')
    await user.click(screen.getByRole('button', { name: 'Continue' }))
    expect((await screen.findByRole('alert')).textContent).toContain('The code is wrong')
    await user.click(screen.getByRole('button', { name: 'Start again' }))
    expect(await screen.findByLabelText('Password')).toBeTruthy()
  })

  test('leads back to where somebody wanted to go, but never out of the app', async () => {
    out()
    showApp('/deposit?asset=BTC', false)
    await screen.findByLabelText('E-mail')
    expect(new URLSearchParams(globalThis.location.search).get('next')).toContain('/deposit')
  })

  test('an open session skips it', async () => {
    showApp('/sign-in?next=//evil.example')
    expect(await screen.findByText('What you own is worth')).toBeTruthy()
    expect(globalThis.location.pathname).toBe('/')
  })
})

describe('a new investor', () => {
  test('registers and is told to look at the mail', async () => {
    out()
    preferences.change({ theme: 'dark' })
    const { user } = showApp('/register', false)
    await user.type(await screen.findByLabelText('E-mail'), 'new@example.com')
    await user.type(screen.getByLabelText('Password'), 'short')
    await user.click(screen.getByRole('button', { name: 'Open an account' }))
    expect(await screen.findByText('At least 12 characters.')).toBeTruthy()
    await user.type(screen.getByLabelText('Password'), ' but now long')
    await user.click(screen.getByRole('button', { name: 'Open an account' }))
    expect(await screen.findByRole('heading', { name: 'Check your mail' })).toBeTruthy()
    expect(asked('POST /registrations')[0]?.body).toMatchObject({ language: 'en' })
    expect(await screen.findByRole('link', { name: 'Open the sandbox mailbox' })).toBeTruthy()
  })

  test('confirms the address once by the link in the mail', async () => {
    out()
    showApp('/verify?token=good', false)
    expect(await screen.findByText('Your e-mail address is confirmed.')).toBeTruthy()
    expect(asked('POST /email-verifications')).toHaveLength(1)
  })

  test('is told when the link is no longer good', async () => {
    out()
    showApp('/verify?token=bad', false)
    expect((await screen.findByRole('alert')).textContent).toContain('used before or is too old')
  })

  test('sets up the second factor and keeps the recovery codes before going on', async () => {
    out()
    const { user } = await givePassword('new@example.com')
    expect(await screen.findByRole('img', { name: 'QR code for your authenticator app' })).toBeTruthy()
    expect(document.querySelector('[data-copy=secret]')?.textContent).toBe('JBSW Y3DP EHPK 3PXP')
    const code = screen.getByLabelText('The six digits that the app shows')
    await user.type(code, '000000')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    expect((await screen.findByRole('alert')).textContent).toContain('The code is wrong')
    await user.clear(code)
    await user.type(code, '123456')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    expect(await screen.findByText('aaaa-bbbb')).toBeTruthy()
    const go = screen.getByRole('button', { name: 'Go to your account' })
    expect(go).toHaveProperty('disabled', true)
    await user.click(screen.getByRole('checkbox'))
    world.isSignedIn = true
    await user.click(go)
    expect(await screen.findByText('What you own is worth')).toBeTruthy()
  })

  test('copies the secret without the gaps', async () => {
    out()
    const { user } = await givePassword('new@example.com')
    await user.click(await screen.findByRole('button', { name: /^Copy:/ }))
    expect(await screen.findByText('Copied')).toBeTruthy()
    expect(await navigator.clipboard.readText()).toBe('JBSWY3DPEHPK3PXP')
  })
})

describe('the frame', () => {
  test('speaks Persian from the first screen, right to left', async () => {
    out()
    const { user } = showApp('/sign-in', false)
    await user.click(await screen.findByRole('button', { name: 'فارسی' }))
    expect(await screen.findByLabelText('گذرواژه')).toBeTruthy()
    expect(document.documentElement.dir).toBe('rtl')
  })

  test('changes its light in three steps', async () => {
    out()
    const { user } = showApp('/sign-in', false)
    await user.click(await screen.findByRole('button', { name: 'Automatic theme' }))
    expect(document.documentElement.dataset.theme).toBe('dark')
    await user.click(await screen.findByRole('button', { name: 'Dark theme' }))
    await user.click(await screen.findByRole('button', { name: 'Light theme' }))
    expect(document.documentElement.dataset.theme).toBeUndefined()
  })

  test('says so when an address leads nowhere', async () => {
    showApp('/nowhere')
    expect(await screen.findByRole('heading', { name: 'There is nothing here' })).toBeTruthy()
  })

  test('logs out here and shows nothing of it afterwards', async () => {
    const { user } = showApp('/settings')
    await user.click(await screen.findByRole('button', { name: 'Log out' }))
    expect(await screen.findByLabelText('Password')).toBeTruthy()
    expect(asked('DELETE /sessions/current')).toHaveLength(1)
    expect(globalThis.location.search).toBe('')
  })

  test('ends a session that the server has ended', async () => {
    server.use(on('get', '/dashboard', () => refuse(401, 'unauthenticated')))
    world.isSignedIn = false
    showApp('/')
    world.isSignedIn = false
    expect(await screen.findByLabelText('Password', {}, { timeout: 5_000 })).toBeTruthy()
    await waitFor(() => expect(session.now().status).toBe('out'))
  })
})
