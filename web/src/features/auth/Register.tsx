/** Open a login: e-mail and password, then a mail to confirm. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { sandboxQuery } from '@/api/surroundings'
import { Frame } from './Frame'
import { RegisterForm } from './RegisterForm'

function CheckMail({ email }: { email: string }) {
  const { t } = useLingui()
  const sandbox = useQuery(sandboxQuery)
  return (
    <Frame
      title={t`Check your mail`}
      lead={
        <Trans>
          We sent a link to <bdi className="font-medium text-text">{email}</bdi>. Open it to confirm your
          address.
        </Trans>
      }
    >
      <p className="text-text-2">
        <Trans>Nothing there? Look among unwanted mail. If you already have an account, just sign in.</Trans>
      </p>
      {sandbox.data && (
        <p>
          <a
            className="text-accent underline underline-offset-4"
            href="/sandbox/mail"
            target="_blank"
            rel="noreferrer"
          >
            <Trans>Open the sandbox mailbox</Trans>
          </a>
        </p>
      )}
      <p>
        <Link to="/sign-in" className="text-accent underline underline-offset-4">
          <Trans>Back to sign in</Trans>
        </Link>
      </p>
    </Frame>
  )
}

export function Register() {
  const { t } = useLingui()
  const [sentTo, setSentTo] = useState<string | null>(null)
  if (sentTo) return <CheckMail email={sentTo} />
  return (
    <Frame title={t`Open an account`} lead={<Trans>Two minutes: a password, a mail, a second factor.</Trans>}>
      <RegisterForm onDone={setSentTo} />
      <p className="text-text-2">
        <Trans>
          Already registered?{' '}
          <Link to="/sign-in" className="text-accent underline underline-offset-4">
            Sign in
          </Link>
        </Trans>
      </p>
    </Frame>
  )
}
