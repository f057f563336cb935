/** Settings: one screen made of parts from several nouns. */
import { useLingui } from '@lingui/react/macro'
import { Devices } from '@/features/auth/Devices'
import { Profile } from '@/features/users/Profile'
import { Reading } from '@/features/users/Reading'
import { Page } from '@/ui/Page'
import { SignOut } from '../SignOut'
import { Notices } from '../Notices'

export function SettingsScreen() {
  const { t } = useLingui()
  return (
    <Page title={t`Settings`} width="reading">
      <Reading />
      <Profile />
      <Devices />
      <SignOut />
      <Notices />
    </Page>
  )
}
