/** Another password. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import { changePassword, sessionsQuery } from '@/api/auth'
import { PASSWORD_MAX, PASSWORD_MIN } from '@/features/auth/password'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { useAgain } from './again'

const shape = z.object({
  old: z.string().min(1),
  fresh: z.string().min(PASSWORD_MIN).max(PASSWORD_MAX),
})

export function Password() {
  const { t } = useLingui()
  const again = useAgain(sessionsQuery.queryKey)
  const { control, handleSubmit, reset } = useForm({
    resolver: zodResolver(shape),
    defaultValues: { old: '', fresh: '' },
  })
  const change = useMutation({
    mutationFn: ({ old, fresh }: z.infer<typeof shape>) => changePassword(old, fresh),
    onSuccess: () => {
      reset()
      return again()
    },
  })
  return (
    <Section title={t`Password`}>
      <form
        noValidate
        className="grid max-w-ask gap-4 pt-5"
        onSubmit={(event) => void handleSubmit((values) => change.mutate(values))(event)}
      >
        <FormField
          control={control}
          name="old"
          type="password"
          isLatin
          label={t`Present password`}
          autoComplete="current-password"
          mistake={t`Your password is missing.`}
        />
        <FormField
          control={control}
          name="fresh"
          type="password"
          isLatin
          label={t`New password`}
          autoComplete="new-password"
          help={<Trans>At least 12 characters. Everywhere else you are signed out.</Trans>}
          mistake={t`At least 12 characters.`}
        />
        {change.error && <Problem error={change.error} />}
        <div className="flex items-center gap-4">
          <Button type="submit" isPending={change.isPending}>
            <Trans>Change the password</Trans>
          </Button>
          <span role="status" className="text-sm text-text-2">
            {change.isSuccess && <Trans>Changed</Trans>}
          </span>
        </div>
      </form>
    </Section>
  )
}
