/** One movement: what it was, when, what left and what came. */
import { useLingui } from '@lingui/react/macro'
import type { Transaction } from '@/api/types'
import { useLocaleTag } from '@/i18n/preferences'
import { momentText } from '@/time'
import { Amount } from '@/ui/Amount'
import { Icon, type IconName } from '@/ui/Icon'

const ICONS: Record<string, IconName> = { deposit: 'deposit', conversion: 'convert', withdrawal: 'up' }

export function useKindName(): (kind: string) => string {
  const { t } = useLingui()
  const names: Record<string, string> = {
    deposit: t`Deposit`,
    withdrawal: t`Withdrawal`,
    conversion: t`Conversion`,
    fee: t`Fee`,
    reversal: t`Reversal`,
  }
  return (kind) => names[kind] ?? kind
}

function minusOf(amount: string): string {
  return amount.startsWith('-') ? amount : `-${amount}`
}

export function MovementRow({ movement, hasFee = false }: { movement: Transaction; hasFee?: boolean }) {
  const { t } = useLingui()
  const locale = useLocaleTag()
  const kind = useKindName()(movement.kind)
  const { from, to, fee } = movement
  return (
    <li className="flex min-h-16 items-center gap-4 border-b border-hairline py-2" data-kind={movement.kind}>
      <Icon name={ICONS[movement.kind] ?? 'list'} className="text-text-3" />
      <div className="min-w-0 grow">
        <p className="font-semibold">{kind}</p>
        <p className="text-sm text-text-3">{momentText(movement.at, locale)}</p>
      </div>
      <div className="text-end">
        {to && (
          <p>
            <Amount amount={to.amount} asset={to.asset} isSigned isMain hasColumn />
          </p>
        )}
        {from && (
          <p className={to ? 'text-sm text-text-2' : undefined}>
            <Amount amount={minusOf(from.amount)} asset={from.asset} isMain={!to} hasColumn />
          </p>
        )}
        {hasFee && fee && (
          <p className="text-sm text-text-3">
            {t`Fee`} <Amount amount={fee.amount} asset={fee.asset} hasColumn />
          </p>
        )}
      </div>
    </li>
  )
}
