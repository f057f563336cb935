/** An amount set in type: sign, whole part, lighter decimals, then the asset. Isolated from the text around it. */
import { useLocaleTag } from '@/i18n/preferences'
import { amountParts, decimalsOf, shownScale } from '@/money'
import { classes } from './classes'

interface Props {
  amount: string
  /** How many decimals; left out, as many as the amount brings. */
  scale?: number
  asset?: string
  isSigned?: boolean
  className?: string
  /** A figure in the first colour: its decimals step back into the second. */
  isMain?: boolean
  /** Leaves room for the longest code, so that amounts stand below each other. */
  hasColumn?: boolean
}

export function Amount({ amount, scale, asset, isSigned = false, isMain, className, hasColumn }: Props) {
  const decimals = shownScale(scale ?? decimalsOf(amount))
  const { sign, whole, fraction } = amountParts(amount, decimals, useLocaleTag(), isSigned)
  return (
    <span className={classes('isolate-text whitespace-nowrap', className)}>
      <bdi dir="ltr">
        {sign}
        {whole}
        <span className={classes('text-[0.86em]', isMain && 'text-text-2')}>{fraction}</span>
      </bdi>
      {asset && (
        <>
          {' '}
          <bdi
            className={classes(
              'text-[0.78em] text-text-3',
              hasColumn && 'inline-block w-[2.75em] text-start',
            )}
          >
            {asset}
          </bdi>
        </>
      )}
    </span>
  )
}
