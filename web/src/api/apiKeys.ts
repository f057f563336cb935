/** API keys: pairs of which the private half is made here and never leaves this page. */
import { queryOptions } from '@tanstack/react-query'
import { http, open } from './client'
import type { ApiKeyWish } from './types'

const SEED_BYTES = 32

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: () => open(http.GET('/api/v1/api-keys', {})),
})

export const revokeApiKey = (key_id: string) =>
  open(http.DELETE('/api/v1/api-keys/{key_id}', { params: { path: { key_id } } }))

/** The new key and its private half; made by the server where this browser cannot. */
export async function makeApiKey(wish: Omit<ApiKeyWish, 'public_key'>) {
  const pair = await newPair()
  const body = pair ? { ...wish, public_key: pair.publicKey } : wish
  const { key, private_key } = await open(http.POST('/api/v1/api-keys', { body }))
  return { key, privateKey: pair?.privateKey ?? private_key ?? '' }
}

async function newPair(): Promise<{ publicKey: string; privateKey: string } | null> {
  try {
    const made = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
    if (!('privateKey' in made)) return null
    const publicKey = spelled(await crypto.subtle.exportKey('raw', made.publicKey))
    const wrapped = await crypto.subtle.exportKey('pkcs8', made.privateKey)
    return { publicKey, privateKey: spelled(wrapped.slice(wrapped.byteLength - SEED_BYTES)) }
  } catch {
    return null // An older browser, or a page without TLS.
  }
}

/** Base64url, without filling. */
function spelled(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
