/** An error: first what happened to the money, then what went wrong, then what to do and the request id. */
import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { explain } from '@/i18n/refusals'
import { Button } from './Button'
import { Icon } from './Icon'

interface Props {
  error: unknown
  /** What became of the money; left out where none could have moved. */
  money?: ReactNode
  onRetry?: (() => void) | undefined
}

export function Problem({ error, money, onRetry }: Props) {
  const { t } = useLingui()
  const { what, next, requestId, code } = explain(error)
  return (
    <div role="alert" data-code={code} className="grid gap-1 border-s-2 border-loss ps-4 text-base">
      {money && <p className="font-semibold">{money}</p>}
      <p className={money ? 'text-text-2' : 'font-semibold'}>
        {t(what)} {next && <span className="font-normal text-text-2">{t(next)}</span>}
      </p>
      {requestId && (
        <p className="text-xs text-text-3">
          <Trans>
            Request id <bdi className="isolate-text select-all">{requestId}</bdi>
          </Trans>
        </p>
      )}
      {onRetry && (
        <p className="pt-1">
          <Button look="text" onPress={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        </p>
      )}
    </div>
  )
}

/** Good news or a hint, in the same form. */
export function Note({ children, isWarning = false }: { children: ReactNode; isWarning?: boolean }) {
  return (
    <div className={`flex gap-3 border-s-2 ps-4 ${isWarning ? 'border-warning' : 'border-accent'}`}>
      {isWarning && <Icon name="warning" className="mt-0.5 text-warning" />}
      <div className="grid gap-1">{children}</div>
    </div>
  )
}
