/** Passkeys: what the server asks of the browser, and what the browser says to it. */
import { queryOptions } from '@tanstack/react-query'
import { http, open, publicHttp } from './client'
import { session } from './session'
import type { SessionAnswer } from './types'

interface Ceremony {
  ceremony: string
  options: Record<string, unknown>
}

type Shown = Record<string, unknown>

/** Only in a secure context, and not in every browser. */
export const hasPasskeys = (): boolean =>
  'PublicKeyCredential' in globalThis && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** The investor closed the browser's own question: nothing went wrong. */
export const isCalledOff = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')

async function made(begun: Ceremony): Promise<Shown> {
  const asked = begun.options as unknown as PublicKeyCredentialCreationOptionsJSON
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked)
  return spelled(await navigator.credentials.create({ publicKey }))
}

async function shown(begun: Ceremony): Promise<Shown> {
  const asked = begun.options as unknown as PublicKeyCredentialRequestOptionsJSON
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked)
  return spelled(await navigator.credentials.get({ publicKey }))
}

function spelled(credential: Credential | null): Shown {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('none was given', 'AbortError')
  return credential.toJSON() as Shown
}

/** Sign in with nothing but a passkey. */
export async function signInWithPasskey(): Promise<SessionAnswer> {
  const begun = await open(publicHttp.POST('/api/v1/sessions/passkeys/options', {}))
  const body = { ceremony: begun.ceremony, credential: await shown(begun) }
  return adopted(await open(publicHttp.POST('/api/v1/sessions/passkeys', { body })))
}

/** Answer the challenge with a passkey instead of a code. */
export async function giveSecondPasskey(challenge: string): Promise<SessionAnswer> {
  const asked = { body: { challenge } }
  const begun = await open(publicHttp.POST('/api/v1/sessions/second-factors/passkey-options', asked))
  const body = { challenge, ceremony: begun.ceremony, credential: await shown(begun) }
  return adopted(await open(publicHttp.POST('/api/v1/sessions/second-factors/passkeys', { body })))
}

export async function stepUpWithPasskey(): Promise<SessionAnswer> {
  const begun = await open(http.POST('/api/v1/sessions/step-ups/passkey-options', {}))
  const body = { ceremony: begun.ceremony, credential: await shown(begun) }
  return adopted(await open(http.POST('/api/v1/sessions/step-ups', { body })))
}

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: () => open(http.GET('/api/v1/passkeys', {})),
})

export async function addPasskey(name: string) {
  const begun = await open(http.POST('/api/v1/passkey-options', {}))
  const body = { ceremony: begun.ceremony, name, credential: await made(begun) }
  return open(http.POST('/api/v1/passkeys', { body }))
}

export const renamePasskey = (passkey_id: string, name: string) =>
  open(http.PATCH('/api/v1/passkeys/{passkey_id}', { params: { path: { passkey_id } }, body: { name } }))

export const removePasskey = (passkey_id: string) =>
  open(http.DELETE('/api/v1/passkeys/{passkey_id}', { params: { path: { passkey_id } } }))

function adopted(answer: SessionAnswer): SessionAnswer {
  session.adopt(answer)
  return answer
}
