import { screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { show } from '../../../tests/render'
import { RecoveryCodes } from './RecoveryCodes'

test('the codes can be kept as a file, which is made here', async () => {
  const kept: Blob[] = []
  vi.stubGlobal(
    'URL',
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => (kept.push(blob), 'blob:x'),
      revokeObjectURL: vi.fn(),
    }),
  )
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  const { user } = show(<RecoveryCodes codes={['aaaa', 'bbbb']} onDone={vi.fn()} />)
  await user.click(screen.getByRole('button', { name: 'Save as a file' }))
  expect(click).toHaveBeenCalledOnce()
  expect(kept[0]?.size).toBe('aaaa\nbbbb\n'.length)
})
