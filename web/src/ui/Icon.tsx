/** The few line drawings that the apps use. Each stands beside a word, so none is read aloud. */
import { classes } from './classes'

const PATHS = {
  home: 'M3.5 9.5 10 4l6.5 5.5V16a.5.5 0 0 1-.5.5h-4v-4.5H8v4.5H4a.5.5 0 0 1-.5-.5Z',
  convert: 'M4 7.5h11.5L12.5 4.5M16 12.5H4.5l3 3',
  deposit: 'M10 3.5v9M6.5 9.5l3.5 3.5 3.5-3.5M4 16.5h12',
  list: 'M4 5.5h12M4 10h12M4 14.5h8',
  settings:
    'M4 6h6.5M14.5 6H16M4 14h1.5M9.5 14H16M12.5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7.5 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  leave: 'M8 4H5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h3M8.5 10H16M13 7l3 3-3 3',
  copy: 'M7.5 7.5V5a1 1 0 0 1 1-1H15a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-2.5M5 7.5h6.5a1 1 0 0 1 1 1V15a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V8.5a1 1 0 0 1 1-1Z',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  cross: 'm5.5 5.5 9 9M14.5 5.5l-9 9',
  up: 'M10 15.5v-11M5.5 9 10 4.5 14.5 9',
  down: 'M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5',
  level: 'M4.5 10h11',
  swap: 'M6.5 15.5v-11M3.5 7.5l3-3 3 3M13.5 4.5v11M10.5 12.5l3 3 3-3',
  clock: 'M10 6v4.2l2.8 1.8M16.5 10a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z',
  warning:
    'M10 7.5v3.8M10 13.8v.2M8.9 3.9 2.9 14.4a1.2 1.2 0 0 0 1.1 1.9h12a1.2 1.2 0 0 0 1.1-1.9L11.1 3.9a1.3 1.3 0 0 0-2.2 0Z',
  chevron: 'm6 8 4 4 4-4',
  forward: 'M4 10h11.5M11 5.5l4.5 4.5-4.5 4.5',
} as const

export type IconName = keyof typeof PATHS

/** Drawings that point along the text turn round with it. */
const MIRRORED = new Set<IconName>(['leave', 'list', 'forward'])

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 20 20"
      aria-hidden="true"
      className={classes(
        'size-5 shrink-0 fill-none stroke-current stroke-[1.5]',
        MIRRORED.has(name) && 'rtl:-scale-x-100',
        className,
      )}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
