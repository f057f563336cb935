/** The credit that the charting library's licence asks for. */
import { Trans } from '@lingui/react/macro'

export function ChartCredit() {
  return (
    <p className="text-xs text-text-3">
      <Trans>
        Charts by{' '}
        <a
          className="underline underline-offset-2 hover:text-text"
          href="https://www.tradingview.com/"
          target="_blank"
          rel="noreferrer"
        >
          TradingView
        </a>
      </Trans>
    </p>
  )
}
