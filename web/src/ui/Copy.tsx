/** A text to take along exactly: an address, a secret. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { Button } from './Button'
import { Icon } from './Icon'

const SHOWN_MS = 2_000

/** The clipboard is only there on https and localhost; elsewhere the text is selected, ready to be copied. */
async function toClipboard(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (shown) globalThis.getSelection()?.selectAllChildren(shown)
    return false
  }
}

interface Props {
  label: string
  /** What is copied. */
  text: string
  /** What is shown, when that is easier to read. */
  shown?: string
  name: string
}

export function Copy({ label, text, shown = text, name }: Props) {
  const { t } = useLingui()
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    if (!(await toClipboard(text, document.getElementById(`copy-${name}`)))) return
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <div className="grid gap-1.5">
      <span className="text-sm font-medium text-text-2">{label}</span>
      <div className="flex items-start justify-between gap-3 border-b border-hairline pb-3">
        <bdi
          id={`copy-${name}`}
          dir="ltr"
          data-copy={name}
          className="min-w-0 text-lg wrap-anywhere select-all"
        >
          {shown}
        </bdi>
        <Button look="text" onPress={() => void copy()} aria-label={t`Copy: ${label}`} className="shrink-0">
          <Icon name={isCopied ? 'check' : 'copy'} className="size-4" />
          <span aria-live="polite">{isCopied ? <Trans>Copied</Trans> : <Trans>Copy</Trans>}</span>
        </Button>
      </div>
    </div>
  )
}
