import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { session } from '@/api/session'
import { showApp } from '../../../tests/render'
import { asked } from '../../../tests/server'

test('a forgotten password: a link is asked for, and the answer gives nothing away', async () => {
  session.close()
  const { user } = showApp('/sign-in', false)
  await user.click(await screen.findByRole('link', { name: 'Forgot your password?' }))
  await user.type(await screen.findByLabelText('E-mail'), 'nobody')
  await user.click(screen.getByRole('button', { name: 'Send me a link' }))
  expect(await screen.findByText('This is not an e-mail address.')).toBeTruthy()
  await user.clear(screen.getByLabelText('E-mail'))
  await user.type(screen.getByLabelText('E-mail'), 'nobody@example.com')
  await user.click(screen.getByRole('button', { name: 'Send me a link' }))
  expect(await screen.findByText('Look at your mail.')).toBeTruthy()
  expect(asked('POST /password-resets')[0]?.body).toEqual({ email: 'nobody@example.com' })
})

test('the link sets another one, and is taken out of the address at once', async () => {
  session.close()
  const { user } = showApp('/reset-password?token=good', false)
  await user.type(await screen.findByLabelText('New password'), 'four unrelated words')
  expect(globalThis.location.search).toBe('')
  await user.click(screen.getByRole('button', { name: 'Set the password' }))
  expect(await screen.findByText('Your new password stands.')).toBeTruthy()
  const sent = asked('POST /password-resets/completions')[0]?.body
  expect(sent).toEqual({ token: 'good', password: 'four unrelated words' })
})

test('a link that is over leads to another', async () => {
  session.close()
  const { user } = showApp('/reset-password?token=bad', false)
  await user.type(await screen.findByLabelText('New password'), 'four unrelated words')
  await user.click(screen.getByRole('button', { name: 'Set the password' }))
  expect((await screen.findByRole('alert')).textContent).toContain('used before or is too old')
  await user.click(screen.getByRole('link', { name: 'Ask for another link' }))
  expect(await screen.findByRole('button', { name: 'Send me a link' })).toBeTruthy()
})
