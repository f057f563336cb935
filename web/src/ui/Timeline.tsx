/** How far something has come: done, going on, still to come, or ended badly. */
import { Trans } from '@lingui/react/macro'
import { classes } from './classes'
import { Icon } from './Icon'

export type StepState = 'done' | 'now' | 'next' | 'failed'

export interface Step {
  name: string
  label: string
  state: StepState
  detail?: string | null
}

const MARKS: Record<StepState, string> = {
  done: 'border-accent bg-accent text-on-accent',
  now: 'border-accent text-accent',
  next: 'border-hairline text-text-3',
  failed: 'border-loss text-loss',
}

function Mark({ state }: { state: StepState }) {
  return (
    <span className={classes('grid size-6 shrink-0 place-items-center rounded-full border-2', MARKS[state])}>
      {state === 'done' && <Icon name="check" className="size-3.5 stroke-[2.5]" />}
      {state === 'failed' && <Icon name="cross" className="size-3.5 stroke-[2.5]" />}
      {state === 'now' && <span className="size-2 rounded-full bg-accent" />}
    </span>
  )
}

export function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="grid" aria-live="polite">
      {steps.map((step, index) => (
        <li
          key={step.name}
          data-step={step.name}
          data-state={step.state}
          {...(step.state === 'now' && { 'aria-current': 'step' as const })}
          className="relative flex gap-4 pb-6 last:pb-0"
        >
          {index < steps.length - 1 && (
            <span
              className={classes(
                'absolute start-[11px] top-6 bottom-0 w-0.5',
                step.state === 'done' ? 'bg-accent' : 'bg-hairline',
              )}
            />
          )}
          <Mark state={step.state} />
          <div className="flex min-h-6 grow flex-wrap items-baseline justify-between gap-x-4">
            <span className={step.state === 'next' ? 'text-text-3' : 'font-medium'}>
              {step.label}
              {step.state === 'done' && (
                <span className="sr-only">
                  {' '}
                  <Trans>done</Trans>
                </span>
              )}
            </span>
            {step.detail && <span className="text-sm text-text-3">{step.detail}</span>}
          </div>
        </li>
      ))}
    </ol>
  )
}
