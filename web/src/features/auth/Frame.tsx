/** The quiet page on which somebody signs in: the name, one question, language and light. */
import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { LanguageSwitch, ThemeSwitch } from '@/ui/ReadingSwitch'
import { Wordmark } from '@/ui/Wordmark'
import { Page } from '@/ui/Page'

export function Frame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr_auto]">
      <header className="mx-auto flex w-full max-w-page items-center justify-between px-4 py-5 md:px-8">
        <Wordmark />
        <div className="flex items-center gap-5">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </header>
      <div className="grid content-start md:content-center md:pb-16">
        <Page title={title} lead={lead} width="ask">
          {children}
        </Page>
      </div>
      <footer className="mx-auto w-full max-w-page px-4 py-5 text-xs text-text-3 md:px-8">
        <Trans>Prices can fall as well as rise. You may get back less than you put in.</Trans>
      </footer>
    </div>
  )
}
