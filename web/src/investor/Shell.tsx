/** The frame of every signed-in screen: a rail on the desktop, a bar below on the phone. */
import { Trans, useLingui } from '@lingui/react/macro'
import { Link, Outlet } from '@tanstack/react-router'
import { StepUp } from '@/features/auth/security/StepUp'
import { useProfileReading } from '@/features/users/useProfileReading'
import { FreshnessLine } from '@/live/FreshnessLine'
import { useLive } from '@/live/live'
import { classes } from '@/ui/classes'
import { Icon, type IconName } from '@/ui/Icon'
import { LanguageSwitch, ThemeSwitch } from '@/ui/ReadingSwitch'
import { Wordmark } from '@/ui/Wordmark'

interface Place {
  to: '/' | '/convert' | '/deposit' | '/transactions' | '/settings'
  icon: IconName
  label: string
}

function usePlaces(): Place[] {
  const { t } = useLingui()
  return [
    { to: '/', icon: 'home', label: t`Home` },
    { to: '/convert', icon: 'convert', label: t`Convert` },
    { to: '/deposit', icon: 'deposit', label: t`Deposit` },
    { to: '/transactions', icon: 'list', label: t`Movements` },
    { to: '/settings', icon: 'settings', label: t`Settings` },
  ]
}

function PlaceLink({ place, className }: { place: Place; className: string }) {
  return (
    <Link
      to={place.to}
      activeOptions={{ exact: place.to === '/', includeSearch: false }}
      className={classes('group', className)}
      activeProps={{ 'aria-current': 'page', className: 'text-text' }}
      inactiveProps={{ className: 'text-text-2 hover:text-text' }}
    >
      <Icon name={place.icon} className="group-aria-[current]:text-accent" />
      <span className="group-aria-[current]:font-semibold">{place.label}</span>
    </Link>
  )
}

function Rail({ places }: { places: Place[] }) {
  const { t } = useLingui()
  return (
    <aside className="hidden border-e border-hairline md:block">
      <div className="sticky top-0 flex h-dvh w-20 flex-col py-6 lg:w-52">
        <div className="hidden px-6 lg:block">
          <Wordmark />
        </div>
        <nav aria-label={t`Main`} className="grid gap-1 lg:mt-10 lg:px-3">
          {places.map((place) => (
            <PlaceLink
              key={place.to}
              place={place}
              className={classes(
                'flex flex-col items-center gap-1 py-2 text-xs',
                'rounded-control lg:h-11 lg:flex-row lg:gap-3 lg:px-3 lg:text-base lg:hover:bg-sunken',
              )}
            />
          ))}
        </nav>
        <div className="mt-auto grid justify-items-center gap-3 px-2 text-center lg:justify-items-start lg:px-6 lg:text-start">
          <div className="hidden lg:block">
            <FreshnessLine />
          </div>
          <div className="flex flex-col gap-x-4 gap-y-1 lg:flex-row">
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
      </div>
    </aside>
  )
}

function Bar({ places }: { places: Place[] }) {
  const { t } = useLingui()
  return (
    <nav
      aria-label={t`Main`}
      className="fixed inset-x-0 bottom-0 z-10 border-t border-hairline bg-canvas pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <div className="grid grid-cols-5">
        {places.map((place) => (
          <PlaceLink
            key={place.to}
            place={place}
            className="flex h-15 flex-col items-center justify-center gap-0.5 text-xs"
          />
        ))}
      </div>
    </nav>
  )
}

export function Shell() {
  useLive()
  useProfileReading()
  const places = usePlaces()
  return (
    <div className="md:grid md:grid-cols-[auto_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-4 focus:top-4 focus:z-20 focus:bg-surface focus:p-3"
      >
        <Trans>Skip to the content</Trans>
      </a>
      <Rail places={places} />
      <div className="min-w-0 pb-20 md:pb-0">
        <header className="flex items-center justify-between gap-4 border-b border-hairline px-4 py-3 lg:hidden">
          <Wordmark />
          <FreshnessLine isShort />
        </header>
        <Outlet />
      </div>
      <Bar places={places} />
      <StepUp />
    </div>
  )
}
