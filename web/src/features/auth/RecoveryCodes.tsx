/** The recovery codes, seen this once. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'
import { Frame } from './Frame'

function download(codes: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([codes.join('\n') + '\n'], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'capitalino-recovery-codes.txt'
  link.click()
  URL.revokeObjectURL(url)
}

export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useLingui()
  const [isSaved, setSaved] = useState(false)
  return (
    <Frame
      title={t`Save your recovery codes`}
      lead={<Trans>Each opens your account once when your phone is lost. We show them only now.</Trans>}
    >
      <ul
        dir="ltr"
        className="grid grid-cols-2 gap-x-8 border-y border-hairline py-3 text-lg"
        data-part="recovery-codes"
      >
        {codes.map((code) => (
          <li key={code} className="py-1 select-all">
            {code}
          </li>
        ))}
      </ul>
      <Button onPress={() => download(codes)}>
        <Icon name="deposit" />
        <Trans>Save as a file</Trans>
      </Button>
      <CheckboxField isSelected={isSaved} onChange={setSaved}>
        <CheckboxButton className="group flex cursor-pointer items-center gap-3">
          <span className="grid size-5 place-items-center rounded-[3px] border border-control group-data-[selected]:border-accent group-data-[selected]:bg-accent group-data-[focus-visible]:outline-2">
            {isSaved && <Icon name="check" className="size-4 stroke-[2.5] text-on-accent" />}
          </span>
          <Trans>I have kept them in a safe place</Trans>
        </CheckboxButton>
      </CheckboxField>
      <Button look="filled" isWide isDisabled={!isSaved} onPress={onDone}>
        <Trans>Go to your account</Trans>
      </Button>
    </Frame>
  )
}
