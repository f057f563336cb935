/** The page behind the link: another password. It signs nobody in. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import { resetPassword } from '@/api/auth'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Note, Problem } from '@/ui/Problem'
import { Frame } from './Frame'
import { PASSWORD_MAX, PASSWORD_MIN } from './password'

const shape = z.object({ password: z.string().min(PASSWORD_MIN).max(PASSWORD_MAX) })

export function ResetPassword({ token }: { token: string }) {
  const { t } = useLingui()
  const { control, handleSubmit } = useForm({ resolver: zodResolver(shape), defaultValues: { password: '' } })
  const set = useMutation({
    mutationFn: ({ password }: z.infer<typeof shape>) => resetPassword(token, password),
  })
  if (set.isSuccess) {
    return (
      <Frame title={t`Choose a new password`}>
        <Note>
          <p role="status" className="font-semibold">
            <Trans>Your new password stands.</Trans>
          </p>
          <p className="text-text-2">
            <Trans>You are signed out everywhere. Sign in with it now.</Trans>
          </p>
        </Note>
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
  return (
    <Frame
      title={t`Choose a new password`}
      lead={<Trans>Signing in will still ask for your second factor.</Trans>}
    >
      <form
        noValidate
        className="grid gap-5"
        onSubmit={(event) => void handleSubmit((values) => set.mutate(values))(event)}
      >
        <FormField
          control={control}
          name="password"
          type="password"
          isLatin
          label={t`New password`}
          autoComplete="new-password"
          help={<Trans>At least 12 characters. A few unrelated words are strong and easy to keep.</Trans>}
          mistake={t`At least 12 characters.`}
        />
        {set.error && <Problem error={set.error} />}
        <Button look="filled" type="submit" isWide isPending={set.isPending}>
          <Trans>Set the password</Trans>
        </Button>
      </form>
      <p>
        <Link to="/forgot-password" className="text-accent underline underline-offset-4">
          <Trans>Ask for another link</Trans>
        </Link>
      </p>
    </Frame>
  )
}
