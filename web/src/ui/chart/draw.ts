/** The one place that knows lightweight-charts: makes a chart in an element and keeps it up to date. */
import {
  AreaSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  LineType,
  type SeriesMarker,
  TickMarkType,
  type Time,
} from 'lightweight-charts'
import { colours, tinted } from './colours'

export interface Point {
  /** A day, `2026-11-22`. */
  on: string
  /** Decimal texts; only here, to be drawn, do they become numbers. */
  value: string
  base: string | null
}

export interface Drawing {
  show(points: readonly Point[]): void
  paint(): void
  point(index: number | null): void
  remove(): void
}

interface Options {
  element: HTMLElement
  locale: string
  onPoint: (index: number | null) => void
}

const MARKS_MAX = 12

function dayOf(time: Time): Date {
  if (typeof time === 'string') return new Date(`${time}T00:00:00Z`)
  if (typeof time === 'number') return new Date(time * 1000)
  return new Date(Date.UTC(time.year, time.month - 1, time.day))
}

function tick(locale: string) {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
  const year = format({ year: 'numeric' })
  const month = format({ month: 'short' })
  const day = format({ day: 'numeric', month: 'short' })
  // Its ticks stand where Gregorian months and years begin: in another calendar those are days like any other.
  const isGregorian = day.resolvedOptions().calendar === 'gregory'
  const long = format({ day: 'numeric', month: 'short', year: 'numeric' })
  return (time: Time, type: TickMarkType) => {
    const at = dayOf(time)
    if (type === TickMarkType.Year) return (isGregorian ? year : long).format(at)
    return (type === TickMarkType.Month && isGregorian ? month : day).format(at)
  }
}

function begin({ element, locale }: Options): IChartApi {
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  return createChart(element, {
    autoSize: true,
    handleScroll: false,
    handleScale: false,
    // The logo would bring an inline style; the credit stands below the chart as a link instead.
    layout: { attributionLogo: false, fontFamily: getComputedStyle(element).fontFamily, fontSize: 12 },
    localization: { locale, priceFormatter: (price: number) => compact.format(price) },
    grid: { vertLines: { visible: false } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.04 } },
    timeScale: {
      borderVisible: false,
      tickMarkFormatter: tick(locale),
      fixLeftEdge: true,
      fixRightEdge: true,
    },
    crosshair: { mode: CrosshairMode.Magnet, horzLine: { visible: false, labelVisible: false } },
  })
}

/** Where money came in or went out: the base line steps there. */
function marks(points: readonly Point[], colour: string): SeriesMarker<Time>[] {
  const steps = points.filter((point, index) => {
    const before = points[index - 1]
    return before && point.base !== null && before.base !== null && point.base !== before.base
  })
  if (steps.length > MARKS_MAX) return []
  return steps.map(({ on }) => ({ time: on, position: 'inBar', shape: 'circle', color: colour, size: 0.6 }))
}

export function draw(options: Options): Drawing {
  const chart = begin(options)
  const quiet = { priceLineVisible: false, lastValueVisible: false } as const
  const value = chart.addSeries(AreaSeries, { ...quiet, lineWidth: 2 })
  const base: ISeriesApi<'Line'> = chart.addSeries(LineSeries, {
    ...quiet,
    lineWidth: 1,
    lineStyle: LineStyle.Dashed,
    lineType: LineType.WithSteps,
    crosshairMarkerVisible: false,
  })
  const markers = createSeriesMarkers(value, [])
  let shown: readonly Point[] = []

  const paint = () => {
    const { accent, text2, text3, hairline } = colours(options.element)
    chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: 'transparent' }, textColor: text3 },
      grid: { horzLines: { color: hairline } },
      crosshair: { vertLine: { color: text3, labelVisible: false } },
    })
    const tint = tinted(accent, 0.08)
    value.applyOptions({ lineColor: accent, topColor: tint, bottomColor: tint })
    base.applyOptions({ color: text3 })
    markers.setMarkers(marks(shown, text2))
  }

  chart.subscribeCrosshairMove(({ time }) => {
    const index = time === undefined ? -1 : shown.findIndex(({ on }) => on === time)
    options.onPoint(index < 0 ? null : index)
  })

  return {
    show(points) {
      const isLonger = points.length !== shown.length
      shown = points
      value.setData(points.map(({ on, value: text }) => ({ time: on, value: Number(text) })))
      base.setData(
        points.flatMap(({ on, base: text }) => (text === null ? [] : [{ time: on, value: Number(text) }])),
      )
      if (isLonger) chart.timeScale().fitContent()
      paint()
    },
    paint,
    point(index) {
      const at = index === null ? undefined : shown[index]
      if (at) chart.setCrosshairPosition(Number(at.value), at.on, value)
      else chart.clearCrosshairPosition()
    },
    remove: () => chart.remove(),
  }
}
