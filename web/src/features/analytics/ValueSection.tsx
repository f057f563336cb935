/** The value and how it came there: one figure, one sentence, one line over time. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { RANGES, type Range, valueHistoryQuery } from '@/api/analytics'
import { Button } from '@/ui/Button'
import { ChartCredit } from '@/ui/chart/Credit'
import { ValueChart } from '@/ui/chart/ValueChart'
import { Choice } from '@/ui/Choice'
import { Problem } from '@/ui/Problem'
import { Skeleton } from '@/ui/Skeleton'
import { Hero } from './Hero'
import { HistoryTable } from './HistoryTable'
import type { LiveView } from './holdings'
import { usePoints } from './usePoints'

function useRangeOptions(): { value: Range; label: string }[] {
  const { t } = useLingui()
  const labels: Record<Range, string> = { '1m': t`1 month`, '3m': t`3 months`, '1y': t`1 year`, all: t`All` }
  return RANGES.map((value) => ({ value, label: labels[value] }))
}

function Legend({ hasTable, onTable }: { hasTable: boolean; onTable: () => void }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 text-xs text-text-2">
      <p className="flex flex-wrap items-center gap-x-5 gap-y-1">
        <span className="inline-flex items-center gap-2">
          <span aria-hidden="true" className="w-5 border-t-2 border-accent" />
          <Trans>Value</Trans>
        </span>
        <span className="inline-flex items-center gap-2">
          <span aria-hidden="true" className="w-5 border-t border-dashed border-text-3" />
          <Trans>Paid in, less what was taken out</Trans>
        </span>
      </p>
      <div className="flex items-center gap-5">
        <ChartCredit />
        <Button look="text" className="text-xs" onPress={onTable}>
          {hasTable ? <Trans>Hide the table</Trans> : <Trans>View as a table</Trans>}
        </Button>
      </div>
    </div>
  )
}

export function ValueSection({ view, scale }: { view: LiveView | undefined; scale: number }) {
  const { t } = useLingui()
  const [range, setRange] = useState<Range>('3m')
  const [at, setAt] = useState<number | null>(null)
  const [hasTable, setTable] = useState(false)
  const history = useQuery(valueHistoryQuery(range))
  const points = usePoints(history.data, view?.value ?? null)
  const options = useRangeOptions()

  return (
    <section aria-label={t`Value`} className="grid gap-4">
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
        <Hero view={view} scale={scale} point={at === null ? null : (points[at] ?? null)} />
        <Choice label={t`Time shown`} isLabelHidden value={range} options={options} onChange={setRange} />
      </div>
      <div className="h-60 md:h-72">
        {history.error && !history.data && (
          <Problem error={history.error} onRetry={() => void history.refetch()} />
        )}
        {history.isPending && <Skeleton className="h-full w-full" />}
        {points.length > 1 && (
          <ValueChart
            points={points}
            at={at}
            onPoint={setAt}
            label={t`Value over time, arrow keys move by a day`}
          />
        )}
        {history.data && points.length < 2 && (
          <p className="grid h-full place-items-center border-y border-hairline text-text-3">
            <Trans>The line begins tomorrow: it has one point a day.</Trans>
          </p>
        )}
      </div>
      <Legend hasTable={hasTable} onTable={() => setTable(!hasTable)} />
      {hasTable && <HistoryTable points={points} base={view?.base ?? ''} />}
    </section>
  )
}
