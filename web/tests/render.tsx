/** Puts the whole app, or one part of it, on the page. */
import { QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { session } from '@/api/session'
import { I18n } from '@/i18n/i18n'
import { App, makeCache } from '@/investor/App'
import { openSession } from './makers'
import { world } from './server'

/** The app at an address; signed in unless told otherwise. */
export function showApp(path: string, isSignedIn = true) {
  globalThis.history.pushState(null, '', path)
  if (isSignedIn) {
    world.isSignedIn = true
    session.adopt(openSession())
  }
  return { user: userEvent.setup(), ...render(<App />) }
}

/** A part of a screen, with language and cache around it. */
export function show(part: ReactNode) {
  const cache = makeCache()
  const around = (children: ReactNode) => (
    <I18n>
      <QueryClientProvider client={cache}>{children}</QueryClientProvider>
    </I18n>
  )
  const shown = render(around(part))
  return {
    user: userEvent.setup(),
    cache,
    again: (next: ReactNode) => shown.rerender(around(next)),
    ...shown,
  }
}
