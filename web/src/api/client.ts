/** The only file that fetches: adds the token, opens the envelope, throws Refused. */
import createClient from 'openapi-fetch'
import { Refused } from './refused'
import type { paths } from './schema'
import { stepUp } from './stepUp'

const DEADLINE_MS = 20_000
const TOKEN_CODES = new Set(['unauthenticated', 'auth.session_over'])
const STEP_UP = 'step_up_needed'

/** Where the token comes from; session.ts puts itself in here. */
export interface Bearer {
  /** A token that is good for a while yet; null when nobody is signed in. */
  token(): Promise<string | null>
  /** Another token than the one that was just turned away. */
  renewed(turnedAway: string): Promise<string | null>
}

let bearer: Bearer = { token: () => Promise.resolve(null), renewed: () => Promise.resolve(null) }

export function setBearer(next: Bearer): void {
  bearer = next
}

function plain(request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(DEADLINE_MS)]) })
}

function bearing(request: Request, token: string | null): Request {
  const copy = request.clone()
  if (token) copy.headers.set('Authorization', `Bearer ${token}`)
  return copy
}

async function codeOf(answer: Response): Promise<string> {
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null)
  return Refused.from(answer, body).code
}

/** 401 is also said of a wrong code or password; then the token is as good as before. */
async function isTokenTurnedAway(answer: Response): Promise<boolean> {
  return answer.status === 401 && TOKEN_CODES.has(await codeOf(answer))
}

async function isStepUpNeeded(answer: Response): Promise<boolean> {
  return answer.status === 403 && (await codeOf(answer)) === STEP_UP
}

async function authorised(request: Request): Promise<Response> {
  const token = await bearer.token()
  let answer = await plain(bearing(request, token))
  if (token && (await isTokenTurnedAway(answer))) {
    const renewed = await bearer.renewed(token)
    if (renewed) answer = await plain(bearing(request, renewed))
  }
  if ((await isStepUpNeeded(answer)) && (await stepUp.ask())) {
    return plain(bearing(request, await bearer.token()))
  }
  return answer
}

const baseUrl = globalThis.location.origin

/** Calls of the signed-in investor. */
export const http = createClient<paths>({ baseUrl, fetch: authorised })
/** Calls that need nobody signed in, among them the one that renews the token. */
export const publicHttp = createClient<paths>({ baseUrl, fetch: plain, credentials: 'same-origin' })

interface Envelope<D, M> {
  data?: { success: true; data: D; meta: M }
  error?: unknown
  response: Response
}

async function settle<D, M>(call: Promise<Envelope<D, M>>): Promise<{ data: D; meta: M }> {
  let answer: Envelope<D, M>
  try {
    answer = await call
  } catch (cause) {
    throw Refused.unreachable(cause)
  }
  if (answer.data) return answer.data
  throw Refused.from(answer.response, answer.error)
}

/** What the answer is about. */
export async function open<D>(call: Promise<Envelope<D, unknown>>): Promise<D> {
  return (await settle(call)).data
}

export interface Page<D> {
  rows: D
  nextCursor: string | null
}

/** One page of a list and where the next one begins. */
export async function openPage<D>(
  call: Promise<Envelope<D, { next_cursor?: string | null }>>,
): Promise<Page<D>> {
  const { data, meta } = await settle(call)
  return { rows: data, nextCursor: meta.next_cursor ?? null }
}

/** Does the edge serve this path at all? */
export async function isServed(path: string): Promise<boolean> {
  try {
    return (await fetch(path, { method: 'HEAD' })).ok
  } catch {
    return false
  }
}
