import { screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { session } from '@/api/session'
import { show } from '../../tests/render'
import { Crash } from './Nowhere'
import { Unreachable } from './Unreachable'

test('a server that is away is no reason to fear for the money', async () => {
  const start = vi.spyOn(session, 'start').mockResolvedValue()
  const { user } = show(<Unreachable />)
  expect(screen.getByText(/Your money is where it was/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Try now' }))
  expect(start).toHaveBeenCalledOnce()
})

test('a page that broke can be shown again', async () => {
  const reset = vi.fn()
  const { user } = show(<Crash error={new Error('x')} reset={reset} />)
  await user.click(screen.getByRole('button', { name: 'Show it again' }))
  expect(reset).toHaveBeenCalledOnce()
})
