/** The live connection of a signed-in page: starts, stops, and says how fresh the figures are. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { socketTicket } from '@/api/notifications'
import { Patches } from './patches'
import { LiveSocket, type LiveStatus } from './socket'

export interface Freshness {
  status: LiveStatus
  /** When the last price was made; null before the first. */
  priceAt: string | null
}

let freshness: Freshness = { status: 'delayed', priceAt: null }
const watchers = new Set<() => void>()

export function setFreshness(change: Partial<Freshness>): void {
  const next = { ...freshness, ...change }
  if (next.status === freshness.status && next.priceAt === freshness.priceAt) return
  freshness = next
  watchers.forEach((watcher) => watcher())
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function useFreshness(): Freshness {
  return useSyncExternalStore(watch, () => freshness)
}

/** Mount once, in the signed-in shell. */
export function useLive(): void {
  const cache = useQueryClient()
  useEffect(() => {
    const patches = new Patches(cache)
    const socket = new LiveSocket({
      ticket: async () => (await socketTicket()).ticket,
      onStatus: (status) => setFreshness({ status }),
      onMessage: (message) => {
        if (message.type === 'price') setFreshness({ priceAt: message.data.at })
        patches.apply(message)
      },
    })
    socket.start()
    return () => socket.stop()
  }, [cache])
}
