/** E-mail and password. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import { signIn } from '@/api/auth'
import type { SessionAnswer } from '@/api/types'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Problem } from '@/ui/Problem'

const shape = z.object({ email: z.email(), password: z.string().min(1) })

export function PasswordForm({ onDone }: { onDone: (answer: SessionAnswer) => void }) {
  const { t } = useLingui()
  const { control, handleSubmit } = useForm({
    resolver: zodResolver(shape),
    defaultValues: { email: '', password: '' },
  })
  const attempt = useMutation({
    mutationFn: ({ email, password }: z.infer<typeof shape>) => signIn(email, password),
    onSuccess: onDone,
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
        autoComplete="current-password"
        mistake={t`Your password is missing.`}
      />
      {attempt.error && <Problem error={attempt.error} />}
      <Button look="filled" type="submit" isWide isPending={attempt.isPending}>
        <Trans>Sign in</Trans>
      </Button>
    </form>
  )
}
