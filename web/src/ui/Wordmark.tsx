/** The name of the house. */
import { Trans } from '@lingui/react/macro'

export function Wordmark() {
  return (
    <span className="font-display text-xl font-medium tracking-tight rtl:tracking-normal">
      <Trans>Capitalino</Trans>
    </span>
  )
}
