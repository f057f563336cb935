/** An address that leads nowhere, and a page that broke. */
import { Trans, useLingui } from '@lingui/react/macro'
import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Button } from '@/ui/Button'
import { Page } from '@/ui/Page'

export function NotFound() {
  const { t } = useLingui()
  return (
    <Page title={t`There is nothing here`} width="ask">
      <p>
        <Link to="/" className="text-accent underline underline-offset-4">
          <Trans>Go to the home screen</Trans>
        </Link>
      </p>
    </Page>
  )
}

export function Crash({ reset }: ErrorComponentProps) {
  const { t } = useLingui()
  return (
    <Page
      title={t`This page broke`}
      width="ask"
      lead={<Trans>Nothing was moved by it. What you had begun goes on by itself.</Trans>}
    >
      <div className="flex gap-4">
        <Button onPress={reset}>
          <Trans>Show it again</Trans>
        </Button>
        <Button look="text" onPress={() => globalThis.location.assign('/')}>
          <Trans>Go to the home screen</Trans>
        </Button>
      </div>
    </Page>
  )
}
