/** The place of something that is on its way, in its final size. */
import { Trans } from '@lingui/react/macro'
import { classes } from './classes'

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={classes('skeleton block', className)} />
}

/** `rows` lines of a table to come. */
export function SkeletonRows({ rows }: { rows: number }) {
  return (
    <div role="status">
      <span className="sr-only">
        <Trans>Loading</Trans>
      </span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-14 items-center justify-between border-b border-hairline">
          <Skeleton className="h-3.5 w-28" />
          <Skeleton className="h-3.5 w-20" />
        </div>
      ))}
    </div>
  )
}
