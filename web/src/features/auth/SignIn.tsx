/** Sign in: password, then the second factor. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { giveSecondPasskey, signInWithPasskey } from '@/api/passkeys'
import type { SessionAnswer } from '@/api/types'
import { CodeForm } from './CodeForm'
import { Frame } from './Frame'
import { PasskeyButton } from './PasskeyButton'
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
        <PasskeyButton show={() => giveSecondPasskey(challenge)} onDone={go} />
      </Frame>
    )
  }
  return (
    <Frame title={t`Sign in`}>
      <PasswordForm onDone={go} />
      <PasskeyButton show={signInWithPasskey} onDone={go} />
      <p>
        <Link to="/forgot-password" className="text-accent underline underline-offset-4">
          <Trans>Forgot your password?</Trans>
        </Link>
      </p>
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
