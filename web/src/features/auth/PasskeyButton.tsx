/** Instead of typing: a passkey. Not there where the browser has none. */
import { Trans } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { hasPasskeys, isCalledOff } from '@/api/passkeys'
import type { SessionAnswer } from '@/api/types'
import { Button } from '@/ui/Button'
import { Problem } from '@/ui/Problem'

interface Props {
  /** Asks the browser and the server. */
  show: () => Promise<SessionAnswer>
  onDone: (answer: SessionAnswer) => void
}

export function PasskeyButton({ show, onDone }: Props) {
  const attempt = useMutation({ mutationFn: show, onSuccess: onDone })
  if (!hasPasskeys()) return null
  return (
    <div className="grid gap-4">
      <Button isWide onPress={() => attempt.mutate()} isPending={attempt.isPending} data-part="passkey">
        <Trans>Use a passkey</Trans>
      </Button>
      {attempt.error && !isCalledOff(attempt.error) && <Problem error={attempt.error} />}
    </div>
  )
}
