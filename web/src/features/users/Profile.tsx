/** Name and base asset of the investor. */
import { zodResolver } from '@hookform/resolvers/zod'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { z } from 'zod'
import type { Me } from '@/api/types'
import { changeMe, meQuery } from '@/api/users'
import { Button } from '@/ui/Button'
import { FormField } from '@/ui/FormField'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'

const shape = z.object({ display_name: z.string().trim().max(80) })

function NameForm({ me }: { me: Me }) {
  const { t } = useLingui()
  const cache = useQueryClient()
  const { control, handleSubmit, formState, reset } = useForm({
    resolver: zodResolver(shape),
    defaultValues: { display_name: me.display_name ?? '' },
  })
  const change = useMutation({
    mutationFn: ({ display_name }: z.infer<typeof shape>) => changeMe({ display_name: display_name || null }),
    onSuccess: (changed) => {
      cache.setQueryData(meQuery.queryKey, changed)
      reset({ display_name: changed.display_name ?? '' })
    },
  })
  return (
    <form
      className="grid max-w-ask gap-4"
      onSubmit={(event) => void handleSubmit((values) => change.mutate(values))(event)}
    >
      <FormField
        control={control}
        name="display_name"
        label={t`Your name`}
        help={<Trans>How we address you. Only you see it.</Trans>}
        mistake={t`At most 80 characters.`}
        autoComplete="name"
      />
      {change.error && <Problem error={change.error} />}
      <div className="flex items-center gap-4">
        <Button type="submit" isDisabled={!formState.isDirty} isPending={change.isPending}>
          <Trans>Save</Trans>
        </Button>
        <span role="status" className="text-sm text-text-2">
          {change.isSuccess && !formState.isDirty && <Trans>Saved</Trans>}
        </span>
      </div>
    </form>
  )
}

export function Profile() {
  const { t } = useLingui()
  const me = useQuery(meQuery)
  return (
    <Section title={t`Profile`}>
      <div className="grid gap-5 pt-5">
        {me.isPending && <SkeletonRows rows={2} />}
        {me.error && <Problem error={me.error} onRetry={() => void me.refetch()} />}
        {me.data && (
          <>
            <NameForm me={me.data} />
            <p className="text-text-2">
              <Trans>
                Values are shown in <bdi className="font-semibold">{me.data.base_asset}</bdi>. Your days begin
                and end in <bdi className="font-semibold">{me.data.time_zone}</bdi>.
              </Trans>
            </p>
          </>
        )}
      </div>
    </Section>
  )
}
