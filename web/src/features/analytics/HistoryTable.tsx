/** The chart again, as a table: for eyes that cannot use the line, and for copying. */
import { Trans } from '@lingui/react/macro'
import { useLocaleTag } from '@/i18n/preferences'
import { dayText } from '@/time'
import { Amount } from '@/ui/Amount'
import type { Point } from '@/ui/chart/draw'

export function HistoryTable({ points, base }: { points: readonly Point[]; base: string }) {
  const locale = useLocaleTag()
  return (
    <div className="max-h-80 overflow-auto border-y border-hairline">
      <table className="w-full">
        <thead className="sticky top-0 bg-canvas text-sm text-text-2">
          <tr className="h-9 border-b border-hairline">
            <th scope="col" className="text-start font-medium">
              <Trans>Day</Trans>
            </th>
            <th scope="col" className="text-end font-medium">
              <Trans>Value</Trans> <bdi>({base})</bdi>
            </th>
            <th scope="col" className="text-end font-medium">
              <Trans>Paid in</Trans> <bdi>({base})</bdi>
            </th>
          </tr>
        </thead>
        <tbody>
          {[...points].reverse().map(({ on, value, base: paid }) => (
            <tr key={on} className="h-9 border-b border-hairline last:border-0">
              <td>{dayText(on, locale)}</td>
              <td className="text-end">
                <Amount amount={value} scale={2} />
              </td>
              <td className="text-end">{paid !== null && <Amount amount={paid} scale={2} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
