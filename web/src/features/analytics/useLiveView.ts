/** The dashboard's snapshot joined with live prices and balances. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { dashboardQuery } from '@/api/analytics'
import { balancesQuery } from '@/api/ledger'
import { pricesQuery, useScale } from '@/api/market'
import { liveView } from './holdings'

export function useLiveView() {
  const dashboard = useQuery(dashboardQuery)
  const base = dashboard.data?.base_asset
  const prices = useQuery({ ...pricesQuery(base ?? ''), enabled: base !== undefined })
  const balances = useQuery(balancesQuery)
  const scale = useScale()(base ?? 'EUR')

  const view = useMemo(
    () =>
      dashboard.data &&
      liveView({
        dashboard: dashboard.data,
        prices: prices.data ?? [],
        balances: balances.data ?? [],
        scale,
      }),
    [dashboard.data, prices.data, balances.data, scale],
  )
  return { view, scale, asOf: dashboard.data?.as_of, error: dashboard.error, retry: dashboard.refetch }
}
