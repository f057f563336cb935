/** A link for another password, by mail. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import { askForReset } from '@/api/auth'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Note, Problem } from '@/ui/Problem'
import { Frame } from './Frame'

const shape = z.object({ email: z.email() })

export function ForgotPassword() {
  const { t } = useLingui()
  const { control, handleSubmit } = useForm({ resolver: zodResolver(shape), defaultValues: { email: '' } })
  const ask = useMutation({ mutationFn: ({ email }: z.infer<typeof shape>) => askForReset(email) })
  return (
    <Frame
      title={t`A new password`}
      lead={<Trans>We send you a link. Your second factor is still asked for afterwards.</Trans>}
    >
      {ask.isSuccess ? (
        <Note>
          <p role="status" className="font-semibold">
            <Trans>Look at your mail.</Trans>
          </p>
          <p className="text-text-2">
            <Trans>
              If this address has an account, a link is on its way. It works once, for half an hour.
            </Trans>
          </p>
        </Note>
      ) : (
        <form
          noValidate
          className="grid gap-5"
          onSubmit={(event) => void handleSubmit((values) => ask.mutate(values))(event)}
        >
          <FormField
            control={control}
            name="email"
            type="email"
            isLatin
            label={t`E-mail`}
            autoComplete="username"
            mistake={t`This is not an e-mail address.`}
          />
          {ask.error && <Problem error={ask.error} />}
          <Button look="filled" type="submit" isWide isPending={ask.isPending}>
            <Trans>Send me a link</Trans>
          </Button>
        </form>
      )}
      <p>
        <Link to="/sign-in" className="text-accent underline underline-offset-4">
          <Trans>Back to sign in</Trans>
        </Link>
      </p>
    </Frame>
  )
}
