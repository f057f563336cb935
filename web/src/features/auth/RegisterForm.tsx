/** What is needed for a login, and nothing more. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import { register } from '@/api/auth'
import { usePreferences } from '@/i18n/preferences'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Problem } from '@/ui/Problem'
import { PASSWORD_MAX, PASSWORD_MIN } from './password'

const shape = z.object({ email: z.email(), password: z.string().min(PASSWORD_MIN).max(PASSWORD_MAX) })

export function RegisterForm({ onDone }: { onDone: (email: string) => void }) {
  const { t } = useLingui()
  const { language } = usePreferences()
  const { control, handleSubmit } = useForm({
    resolver: zodResolver(shape),
    defaultValues: { email: '', password: '' },
  })
  const attempt = useMutation({
    mutationFn: (values: z.infer<typeof shape>) => register({ ...values, language }),
    onSuccess: (_, { email }) => onDone(email),
  })

  return (
    <form
      noValidate
      className="grid gap-5"
      onSubmit={(event) => void handleSubmit((values) => attempt.mutate(values))(event)}
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
      <FormField
        control={control}
        name="password"
        type="password"
        isLatin
        label={t`Password`}
        autoComplete="new-password"
        help={<Trans>At least 12 characters. A few unrelated words are strong and easy to keep.</Trans>}
        mistake={t`At least 12 characters.`}
      />
      {attempt.error && <Problem error={attempt.error} />}
      <Button look="filled" type="submit" isWide isPending={attempt.isPending}>
        <Trans>Open an account</Trans>
      </Button>
    </form>
  )
}
