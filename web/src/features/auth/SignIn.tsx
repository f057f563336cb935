/** Sign in: password, then the second factor. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { SessionAnswer } from '@/api/types'
import { CodeForm } from './CodeForm'
import { Frame } from './Frame'
import { PasswordForm } from './PasswordForm'

export function SignIn({ next }: { next: string }) {
  const { t } = useLingui()
  const navigate = useNavigate()
  const [challenge, setChallenge] = useState<string | null>(null)

  const go = (answer: SessionAnswer) => {
    if (answer.state === 'second_factor') setChallenge(answer.challenge)
    else if (answer.state === 'setup_factor') void navigate({ to: '/set-up' })
    else void navigate({ href: next, replace: true })
  }

  if (challenge) {
    return (
      <Frame
        title={t`Your second factor`}
        lead={<Trans>The six digits that your authenticator app shows now.</Trans>}
      >
        <CodeForm challenge={challenge} onDone={go} onBack={() => setChallenge(null)} />
      </Frame>
    )
  }
  return (
    <Frame title={t`Sign in`}>
      <PasswordForm onDone={go} />
      <p className="text-text-2">
        <Trans>
          No account yet?{' '}
          <Link to="/register" className="text-accent underline underline-offset-4">
            Register
          </Link>
        </Trans>
      </p>
    </Frame>
  )
}
