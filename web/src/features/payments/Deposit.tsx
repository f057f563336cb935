/** Deposit: which asset, where to send it, and what has arrived. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { assetsQuery } from '@/api/market'
import { depositAddress } from '@/api/payments'
import { useAssetName } from '@/i18n/useAssetName'
import { Page } from '@/ui/Page'
import { Pick } from '@/ui/Pick'
import { Problem } from '@/ui/Problem'
import { SkeletonRows } from '@/ui/Skeleton'
import { Address } from './Address'
import { Arrivals } from './Arrivals'

interface Props {
  asset: string | undefined
  onAsset: (asset: string) => void
}

function Where({ asset }: { asset: string }) {
  const address = useQuery(depositAddress(asset))
  if (address.error) return <Problem error={address.error} onRetry={() => void address.refetch()} />
  if (!address.data) return <SkeletonRows rows={4} />
  return (
    <>
      <Address address={address.data} />
      <Arrivals asset={asset} />
    </>
  )
}

export function Deposit({ asset, onAsset }: Props) {
  const { t } = useLingui()
  const nameOf = useAssetName()
  const assets = useQuery(assetsQuery)
  const crypto = assets.data?.filter(({ kind }) => kind === 'crypto') ?? []
  const chosen = asset ?? crypto[0]?.code

  return (
    <Page
      title={t`What do you want to send?`}
      width="ask"
      lead={<Trans>Every asset has an address of its own. It stays yours and can be used again.</Trans>}
    >
      {chosen && (
        <Pick
          label={t`Asset`}
          value={chosen}
          onChange={onAsset}
          options={crypto.map(({ code }) => ({ value: code, label: nameOf(code), detail: code }))}
        />
      )}
      {assets.isPending && <SkeletonRows rows={4} />}
      {assets.error && <Problem error={assets.error} onRetry={() => void assets.refetch()} />}
      {chosen && <Where asset={chosen} />}
    </Page>
  )
}
