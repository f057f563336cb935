/** Gain or loss: arrow, sign and colour together, never colour alone. */
import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { compare } from '@/money'
import { classes } from './classes'
import { Icon } from './Icon'

/** `by` decides the direction; what is shown is up to the caller. */
export function Change({ by, children, className }: { by: string; children: ReactNode; className?: string }) {
  const direction = compare(by, '0')
  return (
    <span
      className={classes(
        'inline-flex items-baseline gap-1 whitespace-nowrap',
        direction > 0 && 'text-gain',
        direction < 0 && 'text-loss',
        direction === 0 && 'text-text-2',
        className,
      )}
    >
      <Icon
        name={direction > 0 ? 'up' : direction < 0 ? 'down' : 'level'}
        className="size-[1.1em] self-center"
      />
      <span className="sr-only">
        {direction > 0 ? <Trans>up</Trans> : direction < 0 ? <Trans>down</Trans> : <Trans>unchanged</Trans>}
      </span>
      <span>{children}</span>
    </span>
  )
}
