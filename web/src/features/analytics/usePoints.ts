/** The chart's points: a day each, and today at this moment's value. */
import { useMemo, useRef } from 'react'
import type { ValuePoint } from '@/api/types'
import type { Point } from '@/ui/chart/draw'
import { useNow } from '@/ui/useNow'

const CALM_MS = 1_000

/** A value that is handed on at most once a second. */
function useCalm(value: string | null): string | null {
  const now = useNow(CALM_MS)
  const kept = useRef({ value, now })
  // eslint-disable-next-line react-hooks/refs -- a throttle must remember what it last let through
  if (kept.current.now !== now || kept.current.value === null) kept.current = { value, now }
  // eslint-disable-next-line react-hooks/refs -- as above
  return kept.current.value
}

export function toPoints(rows: readonly ValuePoint[], live: string | null, today: string): Point[] {
  const points = rows.map(({ on, value, invested }) => ({ on, value, base: invested }))
  const last = points.at(-1)
  if (!last || live === null) return points
  if (last.on >= today) return [...points.slice(0, -1), { ...last, value: live }]
  return [...points, { on: today, value: live, base: last.base }]
}

export function usePoints(rows: readonly ValuePoint[] | undefined, live: string | null): Point[] {
  const calm = useCalm(live)
  const today = new Date().toISOString().slice(0, 10)
  return useMemo(() => toPoints(rows ?? [], calm, today), [rows, calm, today])
}
