/** Asks for a factor again, when a call needs a fresh one; then the call goes on by itself. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type SyntheticEvent, useState, useSyncExternalStore } from 'react'
import { stepUpWithCode } from '@/api/auth'
import { hasPasskeys, isCalledOff, stepUpWithPasskey } from '@/api/passkeys'
import { stepUp } from '@/api/stepUp'
import { latinDigits } from '@/money'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import { Problem } from '@/ui/Problem'

function Ask() {
  const { t } = useLingui()
  const [code, setCode] = useState('')
  const byCode = useMutation({
    mutationFn: () => stepUpWithCode(latinDigits(code).replace(/\s/g, '')),
    onSuccess: () => stepUp.answer(true),
  })
  const byPasskey = useMutation({
    mutationFn: stepUpWithPasskey,
    onSuccess: () => stepUp.answer(true),
  })
  const error = byCode.error ?? (isCalledOff(byPasskey.error) ? null : byPasskey.error)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (code.trim()) byCode.mutate()
  }
  return (
    <form className="grid gap-5" onSubmit={submit} data-part="step-up">
      <p className="text-text-2">
        <Trans>This needs your second factor once more. Then it goes on by itself.</Trans>
      </p>
      <Field
        autoFocus
        name="step-up-code"
        isLatin
        label={t`Code of your app, or a recovery code`}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        inputMode="numeric"
        inputClassName="tracking-widest"
      />
      {error && <Problem error={error} />}
      <Button look="filled" type="submit" isWide isPending={byCode.isPending}>
        <Trans>Confirm</Trans>
      </Button>
      <div className="flex flex-wrap justify-between gap-3">
        {hasPasskeys() && (
          <Button look="text" onPress={() => byPasskey.mutate()} isPending={byPasskey.isPending}>
            <Trans>Use a passkey</Trans>
          </Button>
        )}
        <Button look="text" onPress={() => stepUp.answer(false)}>
          <Trans>Leave it</Trans>
        </Button>
      </div>
    </form>
  )
}

export function StepUp() {
  const { t } = useLingui()
  const isAsked = useSyncExternalStore(stepUp.watch, stepUp.isAsked)
  return (
    <Dialog title={t`Is it you?`} isOpen={isAsked} onClose={() => stepUp.answer(false)}>
      <Ask />
    </Dialog>
  )
}
