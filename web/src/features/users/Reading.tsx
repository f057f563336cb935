/** How the app is read: language, digits, calendar, light. */
import { useLingui } from '@lingui/react/macro'
import { preferences, useLocaleTag, usePreferences } from '@/i18n/preferences'
import { momentText } from '@/time'
import { Choice } from '@/ui/Choice'
import { Section } from '@/ui/Page'

export function Reading() {
  const { t } = useLingui()
  const { language, digits, calendar, theme } = usePreferences()
  const locale = useLocaleTag()
  return (
    <Section
      title={t`Display`}
      aside={<span className="text-sm text-text-3">{momentText(new Date().toISOString(), locale)}</span>}
    >
      <div className="grid gap-6 pt-5 sm:grid-cols-2">
        <Choice
          label={t`Language`}
          value={language}
          onChange={(next) => preferences.change({ language: next })}
          options={[
            { value: 'en', label: 'English' },
            { value: 'fa', label: 'فارسی' },
          ]}
        />
        <Choice
          label={t`Theme`}
          value={theme}
          onChange={(next) => preferences.change({ theme: next })}
          options={[
            { value: 'system', label: t`System` },
            { value: 'light', label: t`Light` },
            { value: 'dark', label: t`Dark` },
          ]}
        />
        <Choice
          label={t`Digits`}
          value={digits}
          onChange={(next) => preferences.change({ digits: next })}
          options={[
            { value: 'latn', label: '0123' },
            { value: 'arabext', label: '۰۱۲۳' },
          ]}
        />
        <Choice
          label={t`Calendar`}
          value={calendar}
          onChange={(next) => preferences.change({ calendar: next })}
          options={[
            { value: 'gregorian', label: t`Gregorian` },
            { value: 'persian', label: t`Persian` },
          ]}
        />
      </div>
    </Section>
  )
}
