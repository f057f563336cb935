/** An asset's name in the reader's language; its code where there is none. */
import { useLingui } from '@lingui/react/macro'

export function useAssetName(): (code: string) => string {
  const { t } = useLingui()
  const names: Record<string, string> = {
    EUR: t`Euro`,
    USD: t`US dollar`,
    GBP: t`Pound sterling`,
    IRR: t`Iranian rial`,
    BTC: t`Bitcoin`,
    ETH: t`Ether`,
    LTC: t`Litecoin`,
    USDT: t`Tether`,
  }
  return (code) => names[code] ?? code
}
