/** Everything that keeps others out: password, factors, devices, keys, and what happened lately. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Devices } from '@/features/auth/Devices'
import { Page } from '@/ui/Page'
import { Activities } from './Activities'
import { ApiKeys } from './ApiKeys'
import { Authenticator } from './Authenticator'
import { Passkeys } from './Passkeys'
import { Password } from './Password'
import { RecoveryCodesLeft } from './RecoveryCodesLeft'

export function Security() {
  const { t } = useLingui()
  return (
    <Page
      title={t`Security`}
      lead={<Trans>What opens your account, and where it is open now.</Trans>}
      width="reading"
    >
      <Passkeys />
      <Authenticator />
      <RecoveryCodesLeft />
      <Password />
      <Devices />
      <ApiKeys />
      <Activities />
    </Page>
  )
}
