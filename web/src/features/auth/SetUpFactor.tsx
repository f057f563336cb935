/** Set up the second factor: show the secret, confirm a code, hand over the recovery codes. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { beginTotp, confirmTotp } from '@/api/auth'
import type { SessionAnswer } from '@/api/types'
import { latinDigits } from '@/money'
import { Button } from '@/ui/Button'
import { Copy } from '@/ui/Copy'
import { Field } from '@/ui/Field'
import { Problem } from '@/ui/Problem'
import { QrCode } from '@/ui/QrCode'
import { Skeleton } from '@/ui/Skeleton'
import { Frame } from './Frame'
import { RecoveryCodes } from './RecoveryCodes'

function Secret() {
  const { t } = useLingui()
  const begun = useQuery({
    queryKey: ['totp'],
    queryFn: () => beginTotp(),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  })
  if (begun.error) return <Problem error={begun.error} onRetry={() => void begun.refetch()} />
  if (!begun.data) return <Skeleton className="size-44" />
  const grouped = begun.data.secret.replace(/(.{4})(?=.)/g, '$1 ')
  return (
    <div className="grid gap-5">
      <QrCode text={begun.data.uri} label={t`QR code for your authenticator app`} />
      <Copy label={t`Or type this secret`} text={begun.data.secret} shown={grouped} name="secret" />
    </div>
  )
}

export function SetUpFactor({ onDone }: { onDone: (session: SessionAnswer) => void }) {
  const { t } = useLingui()
  const [code, setCode] = useState('')
  const attempt = useMutation({ mutationFn: () => confirmTotp(latinDigits(code).replace(/\s/g, '')) })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (code.trim()) attempt.mutate()
  }

  if (attempt.data) {
    const { recovery_codes, session } = attempt.data
    return <RecoveryCodes codes={recovery_codes} onDone={() => onDone(session)} />
  }
  return (
    <Frame
      title={t`Set up your second factor`}
      lead={<Trans>Scan this with an authenticator app. From now on, a password alone opens nothing.</Trans>}
    >
      <Secret />
      <form className="grid gap-5" onSubmit={submit}>
        <Field
          name="code"
          isLatin
          label={t`The six digits that the app shows`}
          value={code}
          onChange={setCode}
          autoComplete="one-time-code"
          inputMode="numeric"
          inputClassName="tracking-widest"
        />
        {attempt.error && <Problem error={attempt.error} />}
        <Button look="filled" type="submit" isWide isPending={attempt.isPending}>
          <Trans>Confirm</Trans>
        </Button>
      </form>
    </Frame>
  )
}
