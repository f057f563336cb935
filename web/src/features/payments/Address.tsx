/** Where to send: address, tag, QR code, and what goes wrong when the tag is left out. */
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { sandboxQuery } from '@/api/surroundings'
import type { DepositAddress } from '@/api/types'
import { useAssetName } from '@/i18n/useAssetName'
import { Copy } from '@/ui/Copy'
import { Note } from '@/ui/Problem'
import { QrCode } from '@/ui/QrCode'

const SAMPLE: Record<string, string> = { BTC: '0.05', ETH: '0.8', LTC: '5', USDT: '500' }

function SandboxLink({ address: { asset, address, tag } }: { address: DepositAddress }) {
  const query = new URLSearchParams({ asset, address, amount: SAMPLE[asset] ?? '1', ...(tag && { tag }) })
  return (
    <p>
      <a
        className="text-accent underline underline-offset-4"
        href={`/sandbox/?${query.toString()}`}
        target="_blank"
        rel="noreferrer"
        data-part="sandbox"
      >
        <Trans>Send a sandbox deposit</Trans>
      </a>
    </p>
  )
}

export function Address({ address }: { address: DepositAddress }) {
  const { t } = useLingui()
  const name = useAssetName()(address.asset)
  const sandbox = useQuery(sandboxQuery)
  return (
    <div className="grid gap-6">
      <QrCode text={address.address} label={t`QR code of the address`} />
      <Copy label={t`Address`} text={address.address} name="address" />
      {address.tag && <Copy label={t`Tag, always to be given`} text={address.tag} name="tag" />}
      <Note isWarning>
        <p>
          <Trans>
            Send only <bdi className="font-semibold">{name}</bdi> over the network{' '}
            <bdi className="font-semibold">{address.network}</bdi>.
          </Trans>
        </p>
        {address.tag && (
          <p className="text-text-2">
            <Trans>Without the tag we cannot see that it is yours, and people have to look for it.</Trans>
          </p>
        )}
      </Note>
      {sandbox.data && <SandboxLink address={address} />}
    </div>
  )
}
