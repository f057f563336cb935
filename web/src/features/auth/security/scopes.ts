/** What an API key may be given, in words. */
import { useLingui } from '@lingui/react/macro'
import type { ApiKeyWish } from '@/api/types'

export type Scope = ApiKeyWish['scopes'][number]
export const SCOPES: readonly Scope[] = ['read', 'trade', 'withdraw']

export function useScopeNames(): Record<Scope, string> {
  const { t } = useLingui()
  return { read: t`read`, trade: t`convert`, withdraw: t`withdraw` }
}
