import { beforeEach, expect, test, vi } from 'vitest'
import { colours, tinted } from './colours'
import { draw } from './draw'

const chart = vi.hoisted(() => {
  const series = () => ({ setData: vi.fn(), applyOptions: vi.fn() })
  const made: {
    series: ReturnType<typeof series>[]
    markers: { setMarkers: ReturnType<typeof vi.fn> }
    options: unknown
  } = { series: [], markers: { setMarkers: vi.fn() }, options: null }
  return {
    ...made,
    move: undefined as unknown as (event: { time?: string }) => void,
    fit: vi.fn(),
    applyOptions: vi.fn(),
    setCrosshairPosition: vi.fn(),
    clearCrosshairPosition: vi.fn(),
    remove: vi.fn(),
    makeSeries() {
      made.series.push(series())
      return made.series.at(-1)
    },
  }
})

vi.mock('lightweight-charts', async (original) => ({
  ...(await original<object>()),
  createSeriesMarkers: () => chart.markers,
  createChart: (_: HTMLElement, options: unknown) => {
    chart.options = options
    return {
      addSeries: () => chart.makeSeries(),
      subscribeCrosshairMove: (move: typeof chart.move) => (chart.move = move),
      timeScale: () => ({ fitContent: chart.fit }),
      applyOptions: chart.applyOptions,
      setCrosshairPosition: chart.setCrosshairPosition,
      clearCrosshairPosition: chart.clearCrosshairPosition,
      remove: chart.remove,
    }
  },
}))

const POINTS = [
  { on: '2026-11-20', value: '10.50', base: '5' },
  { on: '2026-11-21', value: '11.50', base: '6' },
  { on: '2026-11-22', value: '12.50', base: null },
]
const onPoint = vi.fn()
const drawing = (locale = 'en-GB') => draw({ element: document.createElement('div'), locale, onPoint })

beforeEach(() => {
  chart.series.length = 0
  vi.clearAllMocks()
})

test('draws the value and what was paid in, and marks where money came', () => {
  drawing().show(POINTS)
  const [value, base] = chart.series
  expect(value?.setData.mock.calls[0]?.[0]).toHaveLength(3)
  expect(base?.setData.mock.calls[0]?.[0]).toHaveLength(2)
  const marks: unknown = chart.markers.setMarkers.mock.calls.at(-1)?.[0]
  expect(marks).toMatchObject([{ time: '2026-11-21', shape: 'circle' }])
  expect(chart.fit).toHaveBeenCalledOnce()
})

test('a new value of today does not move the picture', () => {
  const made = drawing()
  made.show(POINTS)
  made.show(POINTS.map((point) => ({ ...point, value: '13' })))
  expect(chart.fit).toHaveBeenCalledOnce()
})

test('too many marks are none', () => {
  const day = (index: number) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
  drawing().show(Array.from({ length: 50 }, (_, i) => ({ on: day(i), value: '1', base: String(i) })))
  expect(chart.markers.setMarkers.mock.calls.at(-1)?.[0]).toEqual([])
})

test('says which day the pointer is on', () => {
  drawing().show(POINTS)
  chart.move({ time: '2026-11-21' })
  expect(onPoint).toHaveBeenLastCalledWith(1)
  chart.move({})
  expect(onPoint).toHaveBeenLastCalledWith(null)
})

test('puts the cross where it is told', () => {
  const made = drawing()
  made.show(POINTS)
  made.point(0)
  expect(chart.setCrosshairPosition).toHaveBeenCalledWith(10.5, '2026-11-20', expect.anything())
  made.point(null)
  expect(chart.clearCrosshairPosition).toHaveBeenCalledOnce()
  made.remove()
  expect(chart.remove).toHaveBeenCalledOnce()
})

test("writes days and sizes in the reader's calendar and digits", () => {
  drawing('fa-IR-u-ca-persian-nu-arabext')
  const options = chart.options as {
    localization: { priceFormatter: (price: number) => string }
    timeScale: { tickMarkFormatter: (time: unknown, type: number) => string }
  }
  const { tickMarkFormatter } = options.timeScale
  expect(options.localization.priceFormatter(32_000)).toContain('۳۲')
  expect(tickMarkFormatter('2026-11-22', 0)).toContain('۱۴۰۵')
  expect(tickMarkFormatter({ year: 2026, month: 11, day: 22 }, 1)).toBe('۱ آذر')
  expect(tickMarkFormatter(Date.UTC(2026, 10, 22) / 1000, 2)).toContain('آذر')
})

test('a month of the Gregorian calendar begins where its tick stands', () => {
  drawing()
  const options = chart.options as {
    timeScale: { tickMarkFormatter: (time: unknown, type: number) => string }
  }
  expect(options.timeScale.tickMarkFormatter('2026-11-01', 1)).toBe('Nov')
  expect(options.timeScale.tickMarkFormatter('2026-01-01', 0)).toBe('2026')
})

test('a colour is tinted when it can be read', () => {
  expect(tinted('rgb(15, 92, 86)', 0.08)).toBe('rgba(15, 92, 86, 0.08)')
  expect(tinted('teal', 0.08)).toBe('teal')
  expect(Object.keys(colours(document.body))).toEqual(['accent', 'text2', 'text3', 'hairline'])
})
