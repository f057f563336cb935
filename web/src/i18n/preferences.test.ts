import { expect, test, vi } from 'vitest'
import { localeOf, preferences } from './preferences'

const root = document.documentElement

test('Persian brings its digits, its calendar and its direction', () => {
  preferences.change({ language: 'fa' })
  expect(preferences.now()).toMatchObject({ digits: 'arabext', calendar: 'persian' })
  expect([root.lang, root.dir]).toEqual(['fa', 'rtl'])
  expect(localeOf(preferences.now())).toBe('fa-IR-u-ca-persian-nu-arabext')
})

test('digits that were chosen apart stay when the language changes', () => {
  preferences.change({ language: 'fa' })
  preferences.change({ digits: 'latn' })
  preferences.change({ language: 'en' })
  preferences.change({ digits: 'arabext' })
  preferences.change({ language: 'fa' })
  expect(preferences.now()).toMatchObject({ language: 'fa', digits: 'arabext', calendar: 'persian' })
})

test('a choice is kept on this machine', () => {
  preferences.change({ theme: 'dark', language: 'fa', digits: 'latn' })
  expect(root.dataset.theme).toBe('dark')
  preferences.reload()
  expect(preferences.now()).toMatchObject({ theme: 'dark', language: 'fa', digits: 'latn' })
  expect(preferences.isChosen()).toBe(false)
  preferences.change({ theme: 'system' })
  expect(root.dataset.theme).toBeUndefined()
})

test.each(['{', '"x"', '{"language":"de","digits":7,"theme":"pink"}'])(
  'nonsense that is kept is not believed: %s',
  (kept) => {
    localStorage.setItem('capitalino.preferences', kept)
    preferences.reload()
    expect(preferences.now()).toEqual({
      language: 'en',
      digits: 'latn',
      calendar: 'gregorian',
      theme: 'system',
    })
  },
)

test('a browser in Persian begins in Persian', () => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('fa-IR')
  preferences.reload()
  expect(preferences.now().language).toBe('fa')
})
