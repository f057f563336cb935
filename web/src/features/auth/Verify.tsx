/** The page behind the link in the mail. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { verifyEmail } from '@/api/auth'
import { Note, Problem } from '@/ui/Problem'
import { Frame } from './Frame'

export function Verify({ token }: { token: string }) {
  const { t } = useLingui()
  // A query, so that a page rendered twice confirms once.
  const confirmed = useQuery({
    queryKey: ['email-verification', token],
    queryFn: () => verifyEmail(token),
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  })
  return (
    <Frame title={t`Confirm your e-mail`}>
      {confirmed.isPending && (
        <p role="status" className="text-text-2">
          <Trans>One moment.</Trans>
        </p>
      )}
      {confirmed.error && <Problem error={confirmed.error} onRetry={() => void confirmed.refetch()} />}
      {confirmed.data && (
        <Note>
          <p role="status" className="font-semibold">
            <Trans>Your e-mail address is confirmed.</Trans>
          </p>
          <p className="text-text-2">
            <Trans>Sign in now; we will ask you to set up a second factor.</Trans>
          </p>
        </Note>
      )}
      <p>
        <Link
          to="/sign-in"
          className="inline-flex h-11 items-center rounded-control bg-accent px-5 font-semibold text-on-accent hover:bg-accent-hover"
        >
          <Trans>Go to sign in</Trans>
        </Link>
      </p>
    </Frame>
  )
}
