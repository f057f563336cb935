/** What the licences of others ask us to say. */
import { Trans } from '@lingui/react/macro'
import { ChartCredit } from '@/ui/chart/Credit'

export function Notices() {
  return (
    <footer className="grid gap-1 border-t border-hairline pt-4 text-xs text-text-3">
      <ChartCredit />
      <p>
        <bdi dir="ltr">TradingView Lightweight Charts™ · Copyright (c) 2025 TradingView, Inc.</bdi>
      </p>
      <p>
        <Trans>Prices can fall as well as rise. You may get back less than you put in.</Trans>
      </p>
    </footer>
  )
}
