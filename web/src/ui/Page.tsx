/** The frame of a screen: its question, its answer, the rest below. */
import { type ReactNode, useEffect } from 'react'
import { classes } from './classes'

interface Props {
  title: string
  /** The first line under the title. */
  lead?: ReactNode
  aside?: ReactNode
  width?: 'page' | 'reading' | 'ask'
  isTitleHidden?: boolean
  children: ReactNode
}

const WIDTHS = { page: 'max-w-page', reading: 'max-w-reading', ask: 'max-w-ask' }

export function Page({ title, lead, aside, width = 'page', isTitleHidden = false, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Capitalino`
  }, [title])
  return (
    <main
      id="main"
      className={classes('mx-auto grid w-full gap-8 px-4 py-6 md:px-8 md:py-10', WIDTHS[width])}
    >
      <header className={classes('grid gap-2', isTitleHidden && !aside && 'sr-only')}>
        <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-2">
          <h1 className={isTitleHidden ? 'sr-only' : 'text-2xl leading-tight'}>{title}</h1>
          {aside}
        </div>
        {lead && <p className="max-w-reading text-lg text-text-2">{lead}</p>}
      </header>
      {children}
    </main>
  )
}

/** A part of a screen, under a hairline. */
export function Section({
  title,
  aside,
  children,
}: {
  title: string
  aside?: ReactNode
  children: ReactNode
}) {
  return (
    <section aria-label={title} className="min-w-0">
      <div className="flex items-baseline justify-between gap-4 border-b border-text pb-2">
        <h2 className="text-xl">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** What stands where there is nothing yet: why, and one thing to do. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-start gap-4 py-8 text-text-2">
      <div className="max-w-reading">{children}</div>
      {action}
    </div>
  )
}
