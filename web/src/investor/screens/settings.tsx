/** Settings: one screen made of parts from several nouns. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import { Profile } from '@/features/users/Profile'
import { Reading } from '@/features/users/Reading'
import { Icon } from '@/ui/Icon'
import { Page, Section } from '@/ui/Page'
import { SignOut } from '../SignOut'
import { Notices } from '../Notices'

function SecurityLink() {
  const { t } = useLingui()
  return (
    <Section title={t`Security`}>
      <Link
        to="/security"
        className="flex min-h-14 items-center justify-between gap-4 border-b border-hairline py-2 hover:text-accent"
      >
        <Trans>Password, passkeys, recovery codes, devices, API keys and recent activity</Trans>
        <Icon name="forward" className="text-text-3" />
      </Link>
    </Section>
  )
}

export function SettingsScreen() {
  const { t } = useLingui()
  return (
    <Page title={t`Settings`} width="reading">
      <Reading />
      <Profile />
      <SecurityLink />
      <SignOut />
      <Notices />
    </Page>
  )
}
