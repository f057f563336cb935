/** Loads the sentences of a language and hands them, with direction and digits, to everything below. */
import { i18n, type Messages } from '@lingui/core'
import { I18nProvider as LinguiProvider } from '@lingui/react'
import { type ReactNode, useEffect } from 'react'
import { I18nProvider as AriaProvider } from 'react-aria-components/I18nProvider'
import { type Language, preferences, useLocaleTag, usePreferences } from './preferences'

const CATALOGS: Record<Language, () => Promise<{ messages: Messages }>> = {
  en: () => import('./locales/en.po'),
  fa: () => import('./locales/fa.po'),
}

export async function activate(language: Language): Promise<void> {
  const { messages } = await CATALOGS[language]()
  // Somebody may have chosen again while the sentences were on their way.
  if (preferences.now().language === language) i18n.loadAndActivate({ locale: language, messages })
}

/** Call once before the first render. */
export async function startI18n(): Promise<void> {
  preferences.reload()
  await activate(preferences.now().language)
}

export function I18n({ children }: { children: ReactNode }) {
  const { language } = usePreferences()
  const tag = useLocaleTag()

  useEffect(() => {
    if (i18n.locale !== language) void activate(language)
  }, [language])

  return (
    <AriaProvider locale={tag}>
      <LinguiProvider i18n={i18n}>{children}</LinguiProvider>
    </AriaProvider>
  )
}
