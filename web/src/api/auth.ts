/** Registering, signing in and out, the second factor. */
import { queryOptions } from '@tanstack/react-query'
import { http, open, publicHttp } from './client'
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

export const beginTotp = () => open(http.POST('/api/v1/totp', {}))

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

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => open(http.GET('/api/v1/sessions', {})),
})

export const closeSession = (session_id: string) =>
  open(http.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id } } }))
