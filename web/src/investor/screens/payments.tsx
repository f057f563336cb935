/** The screens that move money, with what they need from the address. */
import { getRouteApi } from '@tanstack/react-router'
import { Convert } from '@/features/payments/Convert'
import { Deposit } from '@/features/payments/Deposit'

const convert = getRouteApi('/signed-in/convert')
const deposit = getRouteApi('/signed-in/deposit')

export function ConvertScreen() {
  const { from, to } = convert.useSearch()
  return <Convert from={from} to={to} />
}

export function DepositScreen() {
  const { asset } = deposit.useSearch()
  const navigate = deposit.useNavigate()
  return (
    <Deposit asset={asset} onAsset={(next) => void navigate({ search: { asset: next }, replace: true })} />
  )
}
