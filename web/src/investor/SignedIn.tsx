/** Behind the sign-in: the shell, or an honest word when the server cannot be asked who this is. */
import { useSyncExternalStore } from 'react'
import { session } from '@/api/session'
import { Shell } from './Shell'
import { Unreachable } from './Unreachable'

export function SignedIn() {
  const { status } = useSyncExternalStore(session.watch, session.now)
  if (status === 'unreachable' || status === 'starting') return <Unreachable />
  if (status !== 'open') return null
  return <Shell />
}
