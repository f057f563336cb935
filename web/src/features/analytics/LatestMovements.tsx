/** The newest movements, for the home screen. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { transactionsQuery } from '@/api/analytics'
import { Empty, Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { MovementRow } from './MovementRow'

const SHOWN = 5

export function LatestMovements() {
  const { t } = useLingui()
  const movements = useInfiniteQuery(transactionsQuery(SHOWN))
  const rows = movements.data?.pages[0]?.rows
  return (
    <Section
      title={t`Latest movements`}
      aside={
        <Link to="/transactions" className="text-sm text-accent underline underline-offset-4">
          <Trans>All</Trans>
        </Link>
      }
    >
      {movements.isPending && <SkeletonRows rows={SHOWN} />}
      {movements.error && !rows && (
        <div className="pt-5">
          <Problem error={movements.error} onRetry={() => void movements.refetch()} />
        </div>
      )}
      {rows?.length === 0 && (
        <Empty>
          <Trans>Deposits, conversions and withdrawals appear here as soon as they are on the books.</Trans>
        </Empty>
      )}
      <ul data-part="movements">
        {rows?.map((row) => (
          <MovementRow key={row.transaction_id} movement={row} />
        ))}
      </ul>
    </Section>
  )
}
