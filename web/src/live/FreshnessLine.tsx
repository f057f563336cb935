/** Live, delayed or offline, in words, and how old the prices are. */
import { Trans } from '@lingui/react/macro'
import { useLocaleTag } from '@/i18n/preferences'
import { agoText, clockText } from '@/time'
import { classes } from '@/ui/classes'
import { useNow } from '@/ui/useNow'
import { useFreshness } from './live'
import type { LiveStatus } from './socket'

const DOTS: Record<LiveStatus, string> = {
  live: 'bg-gain',
  delayed: 'border-2 border-warning',
  offline: 'border-2 border-loss',
}

export function FreshnessLine({ isShort = false }: { isShort?: boolean }) {
  const { status, priceAt } = useFreshness()
  const locale = useLocaleTag()
  const now = useNow(1_000)
  return (
    <p data-live={status} className="flex items-center gap-2 text-xs text-text-2">
      <span aria-hidden="true" className={classes('size-2 shrink-0 rounded-full', DOTS[status])} />
      <span>
        <span role="status" className="font-semibold">
          {status === 'live' && <Trans>Live</Trans>}
          {status === 'delayed' && <Trans>Delayed</Trans>}
          {status === 'offline' && <Trans>Offline</Trans>}
        </span>
        {priceAt && (status !== 'live' || !isShort) && (
          <span className="text-text-3">
            {' · '}
            {status === 'live' ? (
              clockText(priceAt, locale)
            ) : (
              <Trans>prices of {agoText(priceAt, now, locale)}</Trans>
            )}
          </span>
        )}
      </span>
    </p>
  )
}
