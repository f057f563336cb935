import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { NOW } from '../../../tests/makers'
import { showApp } from '../../../tests/render'
import { on, refuse, server, world } from '../../../tests/server'

test('shows where to send, with tag and QR code, and the way to the sandbox', async () => {
  showApp('/deposit?asset=BTC')
  expect(await screen.findByText('bc1qexample')).toBeTruthy()
  expect(screen.getByText('100293')).toBeTruthy()
  expect(screen.getByRole('img', { name: 'QR code of the address' })).toBeTruthy()
  const sandbox = await screen.findByRole('link', { name: 'Send a sandbox deposit' })
  expect(sandbox.getAttribute('href')).toBe('/sandbox/?asset=BTC&address=bc1qexample&amount=0.05&tag=100293')
})

test('in production there is no way to a sandbox', async () => {
  world.hasSandbox = false
  showApp('/deposit')
  expect(await screen.findByText('bc1qexample')).toBeTruthy()
  expect(screen.queryByRole('link', { name: 'Send a sandbox deposit' })).toBeNull()
})

test('another asset has another address', async () => {
  const { user } = showApp('/deposit')
  await user.click(await screen.findByRole('button', { name: /Asset/ }))
  await user.click(await screen.findByRole('option', { name: /Ether/ }))
  await waitFor(() => expect(globalThis.location.search).toContain('ETH'))
})

test('what arrives appears', async () => {
  const amount = { amount: '0.05000000', asset: 'BTC' }
  world.deposits = [
    { deposit_id: 'd1', state: 'settled', amount, rail: 'crypto', seen_at: NOW, settled_at: NOW },
    { deposit_id: 'd2', state: 'pending', amount, rail: 'crypto', seen_at: NOW, settled_at: null },
  ]
  showApp('/deposit?asset=BTC')
  expect(await screen.findByText('on your account')).toBeTruthy()
  expect(screen.getByText('seen, being checked')).toBeTruthy()
})

test('what cannot be deposited says so', async () => {
  server.use(on('post', '/deposit-addresses', () => refuse(422, 'payments.deposit_unsupported')))
  showApp('/deposit?asset=BTC')
  expect((await screen.findByRole('alert')).textContent).toContain('This asset cannot be deposited here.')
})
