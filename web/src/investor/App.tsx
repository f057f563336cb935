/** Everything that the whole app stands in: language, cache, routes. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Refused } from '@/api/refused'
import { session } from '@/api/session'
import { I18n } from '@/i18n/i18n'
import { routeTree } from './routes'

const RETRIES = 2

/** A refusal stays one however often it is asked; only what is open-ended is worth another try. */
function shouldRetry(count: number, error: unknown): boolean {
  return count < RETRIES && error instanceof Refused && error.isOpenEnded
}

export function makeCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 10_000, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  })
}

export function makeRouter() {
  return createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}

export function App() {
  const [cache] = useState(makeCache)
  const [router] = useState(makeRouter)

  useEffect(
    () =>
      session.watch(() => {
        // What one investor saw must not be there for the next.
        if (session.now().status === 'out') cache.clear()
        void router.invalidate()
      }),
    [cache, router],
  )

  return (
    <I18n>
      <QueryClientProvider client={cache}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18n>
  )
}
