/** The authenticator app: it stands, and can be replaced by another. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { beginTotp, confirmTotp, recoveryCodesQuery, sessionsQuery } from '@/api/auth'
import { session } from '@/api/session'
import { CodeList } from '@/features/auth/CodeList'
import { latinDigits } from '@/money'
import { Button } from '@/ui/Button'
import { Copy } from '@/ui/Copy'
import { Field } from '@/ui/Field'
import { Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { QrCode } from '@/ui/QrCode'
import { useAgain } from './again'

interface AskProps {
  label: string
  name: string
  onGive: (code: string) => void
  isPending: boolean
}

function AskCode({ label, name, onGive, isPending }: AskProps) {
  const [code, setCode] = useState('')
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (code.trim()) onGive(latinDigits(code).replace(/\s/g, ''))
  }
  return (
    <form className="grid max-w-ask gap-4" onSubmit={submit}>
      <Field
        name={name}
        isLatin
        label={label}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        inputMode="numeric"
        inputClassName="tracking-widest"
      />
      <Button type="submit" className="justify-self-start" isPending={isPending}>
        <Trans>Continue</Trans>
      </Button>
    </form>
  )
}

function Replace() {
  const { t } = useLingui()
  const again = useAgain(recoveryCodesQuery.queryKey, sessionsQuery.queryKey)
  const begin = useMutation({ mutationFn: beginTotp })
  const confirm = useMutation({
    mutationFn: confirmTotp,
    onSuccess: (answer) => {
      session.adopt(answer.session)
      return again()
    },
  })
  if (confirm.data) {
    return (
      <>
        <p role="status">
          <Trans>The new app stands; the old one opens nothing any more. Keep the new recovery codes.</Trans>
        </p>
        <CodeList codes={confirm.data.recovery_codes} />
      </>
    )
  }
  if (!begin.data) {
    return (
      <>
        <AskCode
          label={t`A code of the app that you have now`}
          name="old-code"
          onGive={(code) => begin.mutate(code)}
          isPending={begin.isPending}
        />
        {begin.error && <Problem error={begin.error} />}
      </>
    )
  }
  const grouped = begin.data.secret.replace(/(.{4})(?=.)/g, '$1 ')
  return (
    <>
      <QrCode text={begin.data.uri} label={t`QR code for your authenticator app`} />
      <Copy label={t`Or type this secret`} text={begin.data.secret} shown={grouped} name="secret" />
      <AskCode
        key="new"
        label={t`The six digits that the new app shows`}
        name="new-code"
        onGive={(code) => confirm.mutate(code)}
        isPending={confirm.isPending}
      />
      {confirm.error && <Problem error={confirm.error} />}
    </>
  )
}

export function Authenticator() {
  const { t } = useLingui()
  const [isReplacing, setReplacing] = useState(false)
  return (
    <Section title={t`Authenticator app`}>
      <div className="grid gap-5 pt-5">
        {isReplacing ? (
          <Replace />
        ) : (
          <>
            <p className="text-text-2">
              <Trans>Signing in asks for the six digits of your app.</Trans>
            </p>
            <Button className="justify-self-start" onPress={() => setReplacing(true)}>
              <Trans>Move to another app or phone</Trans>
            </Button>
          </>
        )}
      </div>
    </Section>
  )
}
