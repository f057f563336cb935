/** Home: what it is worth, how it came there, what it consists of. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { Empty, Page, Section } from '@/ui/Page'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { HoldingsTable } from './HoldingsTable'
import { LatestMovements } from './LatestMovements'
import { useLiveView } from './useLiveView'
import { ValueSection } from './ValueSection'

const ACTION =
  'inline-flex h-11 items-center rounded-control bg-accent px-5 font-semibold text-on-accent hover:bg-accent-hover'

function NothingYet() {
  return (
    <Empty
      action={
        <Link to="/deposit" className={ACTION}>
          <Trans>Make a deposit</Trans>
        </Link>
      }
    >
      <p className="pb-1 font-semibold text-text">
        <Trans>Your account is open and empty.</Trans>
      </p>
      <p>
        <Trans>Send a first amount. From then on you see here what it is worth, minute by minute.</Trans>
      </p>
    </Empty>
  )
}

export function Home() {
  const { t } = useLingui()
  const { view, scale, error, retry } = useLiveView()
  const isEmpty = view?.holdings.length === 0

  return (
    <Page title={t`Home`} isTitleHidden>
      {error && !view && (
        <Problem
          error={error}
          money={<Trans>Your money is where it was; only this view is missing.</Trans>}
          onRetry={() => void retry()}
        />
      )}
      {!isEmpty && !(error && !view) && <ValueSection view={view} scale={scale} />}
      <div className="grid gap-x-14 gap-y-10 lg:grid-cols-[7fr_5fr]">
        <Section title={t`Holdings`}>
          {!view && !error && <SkeletonRows rows={4} />}
          {isEmpty && <NothingYet />}
          {view && !isEmpty && <HoldingsTable view={view} scale={scale} />}
        </Section>
        <LatestMovements />
      </div>
    </Page>
  )
}
