/** A value over days. The readout is the caller's; pointer and arrow keys move the same point. */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useLocaleTag, usePreferences } from '@/i18n/preferences'
import { dayText } from '@/time'
import type { Drawing, Point } from './draw'

interface Props {
  points: readonly Point[]
  label: string
  /** The point under the finger or the arrow keys; null: none. */
  at: number | null
  onPoint: (index: number | null) => void
}

const LEAPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageDown: -30, PageUp: 30 }

function useDrawing(onPoint: Props['onPoint']) {
  const element = useRef<HTMLDivElement>(null)
  const [drawing, setDrawing] = useState<Drawing | null>(null)
  const locale = useLocaleTag()
  const tell = useRef(onPoint)
  useEffect(() => {
    tell.current = onPoint
  })

  useEffect(() => {
    let made: Drawing | null = null
    let isGone = false
    void import('./draw').then(({ draw }) => {
      if (isGone || !element.current) return
      made = draw({ element: element.current, locale, onPoint: (index) => tell.current(index) })
      setDrawing(made)
    })
    return () => {
      isGone = true
      made?.remove()
      setDrawing(null)
    }
  }, [locale])
  return { element, drawing }
}

/** Paint again when the light changes, by choice or with the system. */
function useLight(drawing: Drawing | null): void {
  const { theme } = usePreferences()
  useEffect(() => {
    const dark = globalThis.matchMedia('(prefers-color-scheme: dark)')
    const paint = () => drawing?.paint()
    paint()
    dark.addEventListener('change', paint)
    return () => dark.removeEventListener('change', paint)
  }, [drawing, theme])
}

export function ValueChart({ points, label, at, onPoint }: Props) {
  const locale = useLocaleTag()
  const { element, drawing } = useDrawing(onPoint)
  useLight(drawing)
  useEffect(() => drawing?.show(points), [drawing, points])

  const last = points.length - 1
  const move = (event: KeyboardEvent) => {
    const leap = LEAPS[event.key]
    const target = event.key === 'Home' ? 0 : event.key === 'End' ? last : leap && (at ?? last) + leap
    if (target === undefined) return
    event.preventDefault()
    const index = Math.min(Math.max(target, 0), last)
    drawing?.point(index)
    onPoint(index)
  }
  const day = points[at ?? last]?.on

  return (
    <div
      role="slider"
      tabIndex={0}
      dir="ltr"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at ?? last}
      aria-valuetext={day ? dayText(day, locale) : ''}
      onKeyDown={move}
      onBlur={() => {
        drawing?.point(null)
        onPoint(null)
      }}
      className="h-full touch-pan-y"
    >
      <div ref={element} className="h-full" aria-hidden="true" />
    </div>
  )
}
