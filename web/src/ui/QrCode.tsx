/** A QR code, drawn here: what it holds goes to no other machine. */
import qrcode from 'qrcode-generator'
import { useMemo } from 'react'

const QUIET_ZONE = 4

function path(text: string): { d: string; size: number } {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  const count = code.getModuleCount()
  let d = ''
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) d += `M${column + QUIET_ZONE} ${row + QUIET_ZONE}h1v1h-1z`
    }
  }
  return { d, size: count + 2 * QUIET_ZONE }
}

/** Dark on white in both themes: many phones cannot read it the other way round. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { d, size } = useMemo(() => path(text), [text])
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 rounded-control border border-hairline bg-paper fill-ink"
    >
      <path d={d} />
    </svg>
  )
}
