/** A new API key: what it may do, from where, and for how long. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { makeApiKey } from '@/api/apiKeys'
import { Button } from '@/ui/Button'
import { Choice } from '@/ui/Choice'
import { Copy } from '@/ui/Copy'
import { Field } from '@/ui/Field'
import { Note, Problem } from '@/ui/Problem'
import { Tick } from '@/ui/Tick'
import { type Scope, SCOPES, useScopeNames } from './scopes'

const DAY_MS = 86_400_000
const NAME_MAX = 60
type Days = '30' | '90' | '365'

function listed(text: string): string[] {
  return text
    .split(/[\s,،]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

export function ApiKeyForm({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const { t } = useLingui()
  const names = useScopeNames()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read'])
  const [networks, setNetworks] = useState('')
  const [days, setDays] = useState<Days>('90')
  const make = useMutation({
    mutationFn: () =>
      makeApiKey({
        name: name.trim(),
        scopes: [...scopes],
        networks: listed(networks),
        expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      }),
    onSuccess: onMade,
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (name.trim() && scopes.length) make.mutate()
  }
  const choose = (scope: Scope, isChosen: boolean) =>
    setScopes(isChosen ? [...scopes, scope] : scopes.filter((each) => each !== scope))

  if (make.data) {
    return (
      <div className="grid gap-5" data-part="new-api-key">
        <Note isWarning>
          <p>
            <Trans>Save the private key now: we do not have it, and it is shown only here.</Trans>
          </p>
        </Note>
        <Copy label={t`Key id`} text={make.data.key.key_id} name="key-id" />
        <Copy label={t`Private key (Ed25519)`} text={make.data.privateKey} name="private-key" />
        <Button className="justify-self-start" onPress={onClose}>
          <Trans>I have saved it</Trans>
        </Button>
      </div>
    )
  }
  return (
    <form className="grid max-w-ask gap-5" onSubmit={submit}>
      <Field autoFocus name="key-name" label={t`Name`} value={name} onChange={setName} maxLength={NAME_MAX} />
      <fieldset className="grid gap-2">
        <legend className="pb-1.5 text-sm font-medium text-text-2">
          <Trans>It may</Trans>
        </legend>
        {SCOPES.map((scope) => (
          <Tick key={scope} isSelected={scopes.includes(scope)} onChange={(next) => choose(scope, next)}>
            {names[scope]}
          </Tick>
        ))}
      </fieldset>
      <Field
        name="key-networks"
        isLatin
        label={t`From these addresses only`}
        help={
          <Trans>For example 192.0.2.7 or 192.0.2.0/24. Left empty: from anywhere, but no withdrawals.</Trans>
        }
        value={networks}
        onChange={setNetworks}
      />
      <Choice
        label={t`For`}
        value={days}
        onChange={setDays}
        options={[
          { value: '30', label: t`30 days` },
          { value: '90', label: t`90 days` },
          { value: '365', label: t`a year` },
        ]}
      />
      {make.error && <Problem error={make.error} />}
      <div className="flex flex-wrap gap-4">
        <Button look="filled" type="submit" isPending={make.isPending}>
          <Trans>Make it</Trans>
        </Button>
        <Button look="text" onPress={onClose}>
          <Trans>Leave it</Trans>
        </Button>
      </div>
    </form>
  )
}
