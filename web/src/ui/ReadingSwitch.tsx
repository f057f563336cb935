/** Language and theme in two small switches, in reach before anybody is signed in. */
import { Trans } from '@lingui/react/macro'
import { preferences, type Theme, usePreferences } from '@/i18n/preferences'
import { Button } from './Button'

const NEXT: Record<Theme, Theme> = { system: 'dark', dark: 'light', light: 'system' }

export function LanguageSwitch() {
  const { language } = usePreferences()
  const other = language === 'en' ? 'fa' : 'en'
  return (
    <Button look="text" onPress={() => preferences.change({ language: other })} className="text-sm">
      <span lang={other}>{other === 'fa' ? 'فارسی' : 'English'}</span>
    </Button>
  )
}

export function ThemeSwitch() {
  const { theme } = usePreferences()
  return (
    <Button look="text" onPress={() => preferences.change({ theme: NEXT[theme] })} className="text-sm">
      {theme === 'system' && <Trans>Automatic theme</Trans>}
      {theme === 'light' && <Trans>Light theme</Trans>}
      {theme === 'dark' && <Trans>Dark theme</Trans>}
    </Button>
  )
}
