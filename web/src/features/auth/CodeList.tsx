/** Recovery codes, seen this once, with ways to keep them. */
import { Trans } from '@lingui/react/macro'
import { Button } from '@/ui/Button'
import { Icon } from '@/ui/Icon'

function download(codes: readonly string[]): void {
  const url = URL.createObjectURL(new Blob([codes.join('\n') + '\n'], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'capitalino-recovery-codes.txt'
  link.click()
  URL.revokeObjectURL(url)
}

export function CodeList({ codes }: { codes: readonly string[] }) {
  return (
    <>
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
      <div className="flex flex-wrap gap-3">
        <Button onPress={() => download(codes)}>
          <Icon name="deposit" />
          <Trans>Save as a file</Trans>
        </Button>
        <Button onPress={() => globalThis.print()}>
          <Trans>Print</Trans>
        </Button>
      </div>
    </>
  )
}
