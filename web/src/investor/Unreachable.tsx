/** The server does not answer: say so, and try again without being asked. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useEffect } from 'react'
import { session } from '@/api/session'
import { Button } from '@/ui/Button'
import { Page } from '@/ui/Page'

const AGAIN_MS = 5_000

export function Unreachable() {
  const { t } = useLingui()
  useEffect(() => {
    const timer = setInterval(() => void session.start(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <div className="grid min-h-dvh content-center">
      <Page
        title={t`We cannot reach Capitalino`}
        width="ask"
        lead={<Trans>Your money is where it was. We keep trying; you need not do anything.</Trans>}
      >
        <div>
          <Button onPress={() => void session.start()}>
            <Trans>Try now</Trans>
          </Button>
        </div>
      </Page>
    </div>
  )
}
