/** Registering, signing in and out, the second factor. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { http, open, openPage, publicHttp } from './client'
import { session } from './session'
import type { SessionAnswer } from './types'

export const register = (body: { email: string; password: string; language: 'en' | 'fa' }) =>
  open(publicHttp.POST('/api/v1/registrations', { body }))

export const verifyEmail = (token: string) =>
  open(publicHttp.POST('/api/v1/email-verifications', { body: { token } }))

export async function signIn(email: string, password: string): Promise<SessionAnswer> {
  const answer = await open(publicHttp.POST('/api/v1/sessions', { body: { email, password } }))
  session.adopt(answer)
  return answer
}

export async function giveSecondFactor(challenge: string, code: string): Promise<SessionAnswer> {
  const answer = await open(publicHttp.POST('/api/v1/sessions/second-factors', { body: { challenge, code } }))
  session.adopt(answer)
  return answer
}

/** Where a factor stands already, one of its codes is needed. */
export const beginTotp = (code?: string) =>
  open(http.POST('/api/v1/totp', code === undefined ? {} : { body: { code } }))

/** The session that comes with it is adopted by the screen, after the recovery codes have been seen. */
export const confirmTotp = (code: string) => open(http.POST('/api/v1/totp/confirmations', { body: { code } }))

/** Ends the session here even when the server cannot be told. */
export async function signOut(): Promise<void> {
  try {
    await open(http.DELETE('/api/v1/sessions/current', {}))
  } finally {
    session.close(true)
  }
}

export const askForReset = (email: string) =>
  open(publicHttp.POST('/api/v1/password-resets', { body: { email } }))

export const resetPassword = (token: string, password: string) =>
  open(publicHttp.POST('/api/v1/password-resets/completions', { body: { token, password } }))

/** Other sessions end; this one goes on with another token. */
export async function changePassword(old_password: string, new_password: string): Promise<void> {
  const body = { old_password, new_password }
  session.adopt(await open(http.POST('/api/v1/password-changes', { body })))
}

/** A code of the authenticator, or a recovery code, once more. */
export async function stepUpWithCode(code: string): Promise<void> {
  session.adopt(await open(http.POST('/api/v1/sessions/step-ups', { body: { code } })))
}

export const recoveryCodesQuery = queryOptions({
  queryKey: ['recovery-codes'],
  queryFn: () => open(http.GET('/api/v1/recovery-codes', {})),
})

export const renewRecoveryCodes = () => open(http.POST('/api/v1/recovery-codes', {}))

const ACTIVITY_ROWS = 10

export const activityQuery = infiniteQueryOptions({
  queryKey: ['security-activity'],
  queryFn: ({ pageParam }) =>
    openPage(
      http.GET('/api/v1/security-activity', {
        params: { query: { limit: ACTIVITY_ROWS, ...(pageParam && { cursor: pageParam }) } },
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.nextCursor,
})

export const closeOtherSessions = () => open(http.DELETE('/api/v1/sessions/others', {}))

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => open(http.GET('/api/v1/sessions', {})),
})

export const closeSession = (session_id: string) =>
  open(http.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id } } }))
