/** The one figure of the home screen, what changed since yesterday, and why. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useLocaleTag } from '@/i18n/preferences'
import { percentText } from '@/money'
import { dayText } from '@/time'
import { Amount } from '@/ui/Amount'
import { Change } from '@/ui/Change'
import type { Point } from '@/ui/chart/draw'
import { Skeleton } from '@/ui/Skeleton'
import type { LiveView } from './holdings'

interface Props {
  view: LiveView | undefined
  scale: number
  /** The day that is pointed at in the chart. */
  point: Point | null
}

function Since({
  change,
  base,
  scale,
}: {
  change: NonNullable<LiveView['change']>
  base: string
  scale: number
}) {
  const locale = useLocaleTag()
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <Change by={change.amount} className="font-semibold">
        <Amount amount={change.amount} scale={scale} asset={base} isSigned />
        {change.ratio && ' '}
        {change.ratio && <bdi dir="ltr">({percentText(change.ratio, locale)})</bdi>}
      </Change>
      <span className="text-text-2">
        <Trans>in 24 hours</Trans>
      </span>
    </span>
  )
}

function Why({ view, scale }: { view: LiveView; scale: number }) {
  const { mover, base } = view
  if (!mover) return null
  return (
    <span className="text-text-2">
      <Trans>
        <bdi>{mover.asset}</bdi> moved it most:{' '}
        <Amount amount={mover.amount} scale={scale} asset={base} isSigned />.
      </Trans>
    </span>
  )
}

/** The line below the figure: what changed, or what had been paid in by the day that is pointed at. */
function Below({ view, scale, point }: Props) {
  if (!view) return null
  if (point?.base) {
    return (
      <span className="text-text-2">
        <Trans>
          Paid in until then: <Amount amount={point.base} scale={scale} asset={view.base} />
        </Trans>
      </span>
    )
  }
  if (point) return null
  if (!view.change) {
    return (
      <span className="text-text-3">
        <Trans>The change is shown after the first day.</Trans>
      </span>
    )
  }
  return (
    <>
      <Since change={view.change} base={view.base} scale={scale} />
      <Why view={view} scale={scale} />
    </>
  )
}

function Figure({ view, scale, point }: Props) {
  if (!view) return <Skeleton className="my-2 h-9 w-64 max-w-full" />
  const value = point ? point.value : view.value
  return value ? (
    <Amount amount={value} scale={scale} asset={view.base} isMain />
  ) : (
    <Trans>not known yet</Trans>
  )
}

export function Hero({ view, scale, point }: Props) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  return (
    <div className="grid gap-1" data-part="hero">
      <p className="text-text-2" aria-hidden={point !== null}>
        {point ? dayText(point.on, locale) : t`What you own is worth`}
      </p>
      <p
        className="min-h-[1.15em] font-display text-hero leading-[1.15] font-medium"
        aria-live={point ? 'polite' : 'off'}
      >
        <Figure view={view} scale={scale} point={point} />
      </p>
      <p className="flex min-h-6 flex-wrap items-baseline gap-x-4 gap-y-1">
        <Below view={view} scale={scale} point={point} />
      </p>
    </div>
  )
}
