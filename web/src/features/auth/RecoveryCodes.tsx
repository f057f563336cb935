/** The recovery codes of a new factor, before anything else can be done. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { Button } from '@/ui/Button'
import { Tick } from '@/ui/Tick'
import { CodeList } from './CodeList'
import { Frame } from './Frame'

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useLingui()
  const [isSaved, setSaved] = useState(false)
  return (
    <Frame
      title={t`Save your recovery codes`}
      lead={<Trans>Each opens your account once when your phone is lost. We show them only now.</Trans>}
    >
      <CodeList codes={codes} />
      <Tick isSelected={isSaved} onChange={setSaved}>
        <Trans>I have kept them in a safe place</Trans>
      </Tick>
      <Button look="filled" isWide isDisabled={!isSaved} onPress={onDone}>
        <Trans>Go to your account</Trans>
      </Button>
    </Frame>
  )
}
