/** Passkeys: added, named, removed. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import {
  addPasskey,
  hasPasskeys,
  isCalledOff,
  passkeysQuery,
  removePasskey,
  renamePasskey,
} from '@/api/passkeys'
import type { Passkey } from '@/api/types'
import { deviceName } from '@/features/auth/deviceName'
import { useLocaleTag } from '@/i18n/preferences'
import { dayText, momentText } from '@/time'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { useAgain } from './again'

function NameForm({ row, onDone }: { row: Passkey; onDone: () => void }) {
  const { t } = useLingui()
  const again = useAgain(passkeysQuery.queryKey)
  const [name, setName] = useState(row.name)
  const rename = useMutation({
    mutationFn: () => renamePasskey(row.passkey_id, name.trim()),
    onSuccess: () => {
      onDone()
      return again()
    },
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (name.trim()) rename.mutate()
  }
  return (
    <form className="flex flex-wrap items-end gap-3 py-3" onSubmit={submit}>
      <Field autoFocus name="passkey-name" label={t`Name`} value={name} onChange={setName} maxLength={60} />
      <Button type="submit" isPending={rename.isPending}>
        <Trans>Save</Trans>
      </Button>
      {rename.error && <Problem error={rename.error} />}
    </form>
  )
}

function Row({ row }: { row: Passkey }) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const again = useAgain(passkeysQuery.queryKey)
  const [isNaming, setNaming] = useState(false)
  const remove = useMutation({ mutationFn: () => removePasskey(row.passkey_id), onSuccess: again })
  return (
    <li className="border-b border-hairline py-2" data-passkey={row.name}>
      <div className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <div className="min-w-0">
          <p className="truncate">
            <bdi>{row.name}</bdi>
          </p>
          <p className="text-sm text-text-3">
            <Trans>Added on {dayText(row.made_at, locale)}</Trans>
            {' · '}
            {row.used_at ? (
              <Trans>Last used {momentText(row.used_at, locale)}</Trans>
            ) : (
              <Trans>Not used yet</Trans>
            )}
            {row.is_synced && (
              <>
                {' · '}
                <Trans>on all your devices</Trans>
              </>
            )}
          </p>
        </div>
        <div className="flex gap-4">
          <Button look="text" onPress={() => setNaming(!isNaming)} aria-label={t`Rename ${row.name}`}>
            <Trans>Rename</Trans>
          </Button>
          <Button
            look="text"
            onPress={() => remove.mutate()}
            isPending={remove.isPending}
            aria-label={t`Remove ${row.name}`}
          >
            <Trans>Remove</Trans>
          </Button>
        </div>
      </div>
      {isNaming && <NameForm row={row} onDone={() => setNaming(false)} />}
      {remove.error && <Problem error={remove.error} />}
    </li>
  )
}

export function Passkeys() {
  const { t } = useLingui()
  const again = useAgain(passkeysQuery.queryKey)
  const found = useQuery(passkeysQuery)
  const add = useMutation({
    mutationFn: () => addPasskey(deviceName(navigator.userAgent) || t`Passkey`),
    onSuccess: again,
  })
  return (
    <Section title={t`Passkeys`}>
      <p className="pt-5 text-text-2">
        <Trans>
          Sign in with your fingerprint, your face or a security key. Nothing to type, and nothing that a
          false page could ask for.
        </Trans>
      </p>
      {found.isPending && <SkeletonRows rows={1} />}
      {found.error && (
        <div className="pt-5">
          <Problem error={found.error} onRetry={() => void found.refetch()} />
        </div>
      )}
      <ul>
        {found.data?.map((row) => (
          <Row key={row.passkey_id} row={row} />
        ))}
      </ul>
      <div className="grid justify-items-start gap-4 pt-5">
        {add.error && !isCalledOff(add.error) && <Problem error={add.error} />}
        {hasPasskeys() ? (
          <Button onPress={() => add.mutate()} isPending={add.isPending} data-part="add-passkey">
            <Trans>Add a passkey</Trans>
          </Button>
        ) : (
          <p className="text-sm text-text-3">
            <Trans>This browser has no passkeys, or the page is not at its secure address.</Trans>
          </p>
        )}
      </div>
    </Section>
  )
}
