/** Every movement, newest first, page after page by position. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { transactionsQuery } from '@/api/analytics'
import { Button } from '@/ui/Button'
import { Empty, Page } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { MovementRow } from './MovementRow'

const PAGE = 50

export function Transactions() {
  const { t } = useLingui()
  const movements = useInfiniteQuery(transactionsQuery(PAGE))
  const rows = movements.data?.pages.flatMap((page) => page.rows)
  return (
    <Page
      title={t`Movements`}
      lead={<Trans>Everything that changed what you own, as the books have it.</Trans>}
      width="reading"
    >
      <div>
        {movements.isPending && <SkeletonRows rows={8} />}
        {movements.error && <Problem error={movements.error} onRetry={() => void movements.refetch()} />}
        {rows?.length === 0 && (
          <Empty>
            <Trans>Nothing has moved yet. Your first deposit will stand here.</Trans>
          </Empty>
        )}
        <ul className="border-t border-text" data-part="movements">
          {rows?.map((row) => (
            <MovementRow key={row.transaction_id} movement={row} hasFee />
          ))}
        </ul>
        {movements.hasNextPage && (
          <div className="pt-6">
            <Button onPress={() => void movements.fetchNextPage()} isPending={movements.isFetchingNextPage}>
              <Trans>Show older ones</Trans>
            </Button>
          </div>
        )}
      </div>
    </Page>
  )
}
