/** The second factor: six digits, or a recovery code. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { giveSecondFactor } from '@/api/auth'
import type { SessionAnswer } from '@/api/types'
import { latinDigits } from '@/money'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { Problem } from '@/ui/Problem'

interface Props {
  challenge: string
  onDone: (answer: SessionAnswer) => void
  onBack: () => void
}

export function CodeForm({ challenge, onDone, onBack }: Props) {
  const { t } = useLingui()
  const [code, setCode] = useState('')
  const [isRecovery, setRecovery] = useState(false)
  const attempt = useMutation({
    mutationFn: () => giveSecondFactor(challenge, latinDigits(code).replace(/\s/g, '')),
    onSuccess: onDone,
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (code.trim()) attempt.mutate()
  }

  return (
    <form className="grid gap-5" onSubmit={submit}>
      <Field
        autoFocus
        name="code"
        isLatin
        label={isRecovery ? t`Recovery code` : t`Code`}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        inputMode={isRecovery ? 'text' : 'numeric'}
        inputClassName="tracking-widest"
      />
      {attempt.error && <Problem error={attempt.error} />}
      <Button look="filled" type="submit" isWide isPending={attempt.isPending}>
        <Trans>Continue</Trans>
      </Button>
      <div className="flex flex-wrap justify-between gap-3">
        <Button look="text" onPress={() => setRecovery(!isRecovery)}>
          {isRecovery ? <Trans>Use the authenticator app</Trans> : <Trans>Use a recovery code</Trans>}
        </Button>
        <Button look="text" onPress={onBack}>
          <Trans>Start again</Trans>
        </Button>
      </div>
    </form>
  )
}
