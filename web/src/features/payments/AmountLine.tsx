/** An amount to type and the asset it is of, in one line. */
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { TextField } from 'react-aria-components/TextField'
import type { Asset } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { useAssetName } from '@/i18n/useAssetName'
import { amountText } from '@/money'
import { Pick } from '@/ui/Pick'

interface Props {
  name: string
  label: string
  assetLabel: string
  text: string
  onText: (text: string) => void
  asset: string
  assets: readonly Asset[]
  onAsset: (asset: string) => void
  /** Worked out from the other line, not typed. */
  isEstimate: boolean
}

export function AmountLine({
  name,
  label,
  assetLabel,
  text,
  onText,
  asset,
  assets,
  onAsset,
  isEstimate,
}: Props) {
  const nameOf = useAssetName()
  const locale = useLocaleTag()
  const known = assets.length ? assets.map(({ code }) => code) : [asset]
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_7.5rem] items-end gap-3 border-b border-text pb-3">
      <TextField
        name={name}
        value={text}
        onChange={onText}
        className="grid gap-1"
        inputMode="decimal"
        autoComplete="off"
      >
        <Label className="text-sm font-medium text-text-2">{label}</Label>
        <Input
          dir="ltr"
          placeholder={amountText('0', 0, locale)}
          className={`h-11 w-full rounded-control bg-transparent font-display text-2xl placeholder:text-text-3 rtl:text-end ${
            isEstimate ? 'text-text-2' : 'text-text'
          }`}
        />
      </TextField>
      <Pick
        label={assetLabel}
        isLabelHidden
        value={asset}
        onChange={onAsset}
        options={known.map((code) => ({ value: code, label: code, detail: nameOf(code) }))}
      />
    </div>
  )
}
