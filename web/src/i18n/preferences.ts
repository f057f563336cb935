/** How this person reads: language, digits, calendar, light. Kept on this machine, there before sign-in. */
import { useSyncExternalStore } from 'react'

const KEY = 'capitalino.preferences'

export type Language = 'en' | 'fa'
export type Digits = 'latn' | 'arabext'
export type Calendar = 'gregorian' | 'persian'
export type Theme = 'system' | 'light' | 'dark'

export interface Preferences {
  language: Language
  digits: Digits
  calendar: Calendar
  theme: Theme
}

const USUAL: Record<Language, Pick<Preferences, 'digits' | 'calendar'>> = {
  en: { digits: 'latn', calendar: 'gregorian' },
  fa: { digits: 'arabext', calendar: 'persian' },
}

function oneOf<T extends string>(value: unknown, ...choices: T[]): T | undefined {
  return choices.find((choice) => choice === value)
}

function read(): Preferences {
  let kept: Record<string, unknown> = {}
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof value === 'object' && value !== null) kept = { ...value }
  } catch {
    // Unreadable is the same as not there.
  }
  const language = oneOf(kept.language, 'en', 'fa') ?? (navigator.language.startsWith('fa') ? 'fa' : 'en')
  return {
    language,
    digits: oneOf(kept.digits, 'latn', 'arabext') ?? USUAL[language].digits,
    calendar: oneOf(kept.calendar, 'gregorian', 'persian') ?? USUAL[language].calendar,
    theme: oneOf(kept.theme, 'system', 'light', 'dark') ?? 'system',
  }
}

let current = read()
let isChosen = false
const watchers = new Set<() => void>()

function paint({ language, theme }: Preferences): void {
  const root = document.documentElement
  root.lang = language
  root.dir = language === 'fa' ? 'rtl' : 'ltr'
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
}

/** Digits and calendar go along with a new language unless they had been chosen apart from the old one. */
function withLanguage(before: Preferences, language: Language): Preferences {
  const usual = USUAL[before.language]
  return {
    ...before,
    language,
    digits: before.digits === usual.digits ? USUAL[language].digits : before.digits,
    calendar: before.calendar === usual.calendar ? USUAL[language].calendar : before.calendar,
  }
}

export const preferences = {
  now: (): Preferences => current,
  watch: (watcher: () => void): (() => void) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  },
  /** Has somebody chosen in this tab? Then the choice wins over what the profile says. */
  isChosen: (): boolean => isChosen,
  /** What somebody chose. */
  change(wish: Partial<Preferences>): Preferences {
    isChosen = true
    return preferences.adopt(wish)
  },
  /** What the profile says. */
  adopt(wish: Partial<Preferences>): Preferences {
    const moved = wish.language ? withLanguage(current, wish.language) : current
    current = { ...moved, ...wish }
    localStorage.setItem(KEY, JSON.stringify(current))
    paint(current)
    watchers.forEach((watcher) => watcher())
    return current
  },
  /** Read again what is kept, and show it. */
  reload(): void {
    isChosen = false
    current = read()
    paint(current)
    watchers.forEach((watcher) => watcher())
  },
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(preferences.watch, preferences.now)
}

/** The BCP 47 tag with digits and calendar, as Intl and React Aria want it. */
export function localeOf({ language, digits, calendar }: Preferences): string {
  const place = language === 'fa' ? 'fa-IR' : 'en-GB'
  return `${place}-u-ca-${calendar === 'persian' ? 'persian' : 'gregory'}-nu-${digits}`
}

export function useLocaleTag(): string {
  return localeOf(usePreferences())
}
