import { screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { preferences } from '@/i18n/preferences'
import { makeMe } from '../../../tests/makers'
import { showApp } from '../../../tests/render'
import { asked, on, refuse, server, world } from '../../../tests/server'

test('what is chosen here is told to the profile', async () => {
  const { user } = showApp('/settings')
  await screen.findByRole('heading', { name: 'Settings' })
  await user.click(await screen.findByRole('radio', { name: '۰۱۲۳' }))
  await user.click(screen.getByRole('radio', { name: 'Persian' }))
  await waitFor(() =>
    expect(world.me).toMatchObject({ digits: 'arabext', calendar: 'persian', language: 'en' }),
  )
  await user.click(screen.getByRole('radio', { name: 'Dark' }))
  expect(document.documentElement.dataset.theme).toBe('dark')
})

test('what the profile says is shown here, unless somebody just chose', async () => {
  world.me = makeMe({ digits: 'arabext' })
  showApp('/settings')
  await waitFor(() => expect(preferences.now().digits).toBe('arabext'))
  expect(asked('PATCH /me')).toHaveLength(0)
})

test('a choice that cannot be told stays on this machine', async () => {
  server.use(on('patch', '/me', () => refuse(422, 'users.no')))
  const { user } = showApp('/settings')
  await user.click(await screen.findByRole('radio', { name: 'فارسی' }))
  await waitFor(() => expect(asked('PATCH /me').length).toBeGreaterThan(0))
  expect(preferences.now().language).toBe('fa')
})

test('a name is saved, or taken away', async () => {
  const { user } = showApp('/settings')
  await user.type(await screen.findByLabelText('Your name'), 'Sara')
  await user.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Saved')).toBeTruthy()
  expect(world.me.display_name).toBe('Sara')
  await user.clear(screen.getByLabelText('Your name'))
  await user.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(world.me.display_name).toBeNull())
})

test('other places can be logged out, this one not from there', async () => {
  const { user } = showApp('/security')
  const [here] = await screen.findAllByText('this one')
  expect(here?.parentElement?.textContent).toContain('Firefox · Linux')
  const [button, ...others] = screen.getAllByRole('button', { name: 'Log out there' })
  expect(others).toHaveLength(0)
  await user.click(button!)
  await waitFor(() => expect(asked('DELETE /sessions/s2')).toHaveLength(1))
})

test('what is missing says so, panel by panel', async () => {
  server.use(on('get', '/me', () => refuse(422, 'users.no')))
  showApp('/settings')
  expect(await screen.findByRole('radio', { name: 'Dark' })).toBeTruthy()
  expect((await screen.findByRole('alert')).textContent).toContain('Your request was refused.')
})
