import createClient from 'openapi-fetch'
import type { Client } from 'openapi-fetch'
import type { Clock, Log } from '../ports.ts'
import { readAddress } from './prefect-address.ts'
import type { PrefectAddress } from './prefect-address.ts'
import type { paths } from './prefect-api.d.ts'
import { signing } from './prefect-csrf.ts'
import { failureOf, unreachable } from './prefect-failure.ts'
import type { Credential } from './prefect-failure.ts'
import { createWriteLimit } from './prefect-overload.ts'
import type { WriteLimit } from './prefect-overload.ts'
import { resending } from './prefect-retry.ts'
import type { FindAnswer, Resend, Send } from './prefect-retry.ts'
import { checkVersion } from './prefect-version.ts'
import { proxyOf } from './proxy.ts'

export type PrefectOptions = {
  readonly apiUrl: string
  readonly apiKey?: string | undefined
  /** `user:password`; wins over the key, as in Prefect. */
  readonly authString?: string | undefined
  /** For an access proxy before a self-hosted server. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: typeof fetch
  /** Of one request. */
  readonly timeoutMs?: number
  readonly clock: Clock
  readonly log: Log
}

/** What one request may need beyond the usual. */
export type Sending = {
  /** For a request that must not be repeated blindly: looks whether one whose answer was lost has done its work. */
  readonly findAnswer?: FindAnswer
  /** For a request with a key that makes one thing of all its repetitions: an error of the server's own is tried again, too. */
  readonly isKeyed?: boolean
  /** Statuses that are an answer and not a failure. */
  readonly accept?: readonly number[]
}

/** The typed routes of one Prefect API, over a connection that authenticates, retries and explains its failures. */
export type PrefectApi = {
  readonly address: PrefectAddress
  readonly routes: Client<paths>
  readonly writeLimit: WriteLimit
  /** Of a self-hosted server that was asked something. */
  version(): string | undefined
  /** The `fetch` of a request to {@link routes}. */
  sending(sending: Sending): Send
}

const API_VERSION = '0.8.4'
const TIMEOUT_MS = 60_000
/** Responses that must not have a body (Fetch standard). */
const NULL_BODY = [204, 205, 304]

/** Makes no request yet: a self-hosted server's version is asked before the first one, its CSRF token before the first that needs it. */
export function connect(options: PrefectOptions): PrefectApi {
  const { apiUrl, clock, log } = options
  const address = readAddress(apiUrl)
  const writeLimit = createWriteLimit(address.isCloud)
  const resend = resending(noting(delivering(address, options), writeLimit), { clock, log })
  const settle = settling(address.base, credentialOf(address, options))
  const server: Server = { version: undefined }
  const prepare = address.isCloud ? (send: Send) => send : greeting(address.base, { settle, resend, server, ...options })
  const sending = ({ accept, ...repeating }: Sending) => settle(prepare((request) => resend(request, repeating)), accept)
  return { address, routes: createClient<paths>({ baseUrl: address.base, fetch: sending({}) }), writeLimit, version: () => server.version, sending }
}

/** The content of an answer; every failure was thrown before. */
export async function contentOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer
  if (data === undefined) throw new Error('Prefect answered without content')
  return data
}

/** The `fetch` of a deletion: what is not there is no failure, for the first of two tries may have done it. */
export function gone(api: PrefectApi): Send {
  return api.sending({ accept: [404] })
}

/** Sends one request: headers, proxy, time limit. The body is read here, so that a reset within it is a lost answer, too. */
function delivering(address: PrefectAddress, options: PrefectOptions): Send {
  const { fetch: send = fetch, timeoutMs = TIMEOUT_MS } = options
  const headers = Object.entries(headersOf(address, options))
  const dispatcher = proxyOf(address.base)
  return async (request) => {
    for (const [name, value] of headers) request.headers.set(name, value)
    const response = await send(request, { ...dispatcher, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const body = await response.text()
    return new Response(NULL_BODY.includes(response.status) ? null : body, { status: response.status, headers: response.headers })
  }
}

function headersOf({ userInfo }: PrefectAddress, { apiKey, authString = userInfo, headers = {} }: PrefectOptions): Record<string, string> {
  return {
    ...headers,
    'User-Agent': 'prefect-ecs-deploy',
    'X-PREFECT-API-VERSION': API_VERSION,
    ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
    ...(authString !== undefined && { Authorization: `Basic ${Buffer.from(authString).toString('base64')}` }),
  }
}

function credentialOf({ userInfo }: PrefectAddress, { apiKey, authString = userInfo }: PrefectOptions): Credential {
  if (authString !== undefined) return 'prefect-api-auth-string (PREFECT_API_AUTH_STRING)'
  return apiKey === undefined ? undefined : 'prefect-api-key (PREFECT_API_KEY)'
}

function noting(send: Send, writeLimit: WriteLimit): Send {
  return async (request) => {
    const isWrite = request.method !== 'GET' && !/\/(filter|paginate)$/.test(request.url)
    const response = await send(request)
    if (isWrite) writeLimit.note(response.status)
    return response
  }
}

type Settle = (send: Send, accept?: readonly number[]) => Send

/** Lets through what the caller can use: JSON, nothing at all, and the statuses it accepts. */
function settling(base: string, credential: Credential): Settle {
  return (send, accept = []) => async (request) => {
    const response = await send(request).catch((error: unknown) => {
      throw unreachable(error, { request, base })
    })
    if (accept.includes(response.status) || (response.ok && (await isJson(response)))) return response
    throw await failureOf(response, { request, base, credential })
  }
}

/** A wrong URL is often answered with a web page and 200. */
async function isJson(response: Response): Promise<boolean> {
  if (response.headers.get('content-type')?.includes('json') === true) return true
  return (await response.clone().text()) === ''
}

/** What the server said of itself. */
type Server = { version: string | undefined }
type Greeting = { readonly settle: Settle; readonly resend: Resend; readonly server: Server; readonly clock: Clock; readonly log: Log }

/** What a self-hosted server needs before and with each request. */
function greeting(base: string, { settle, resend, server, clock, log }: Greeting): (send: Send) => Send {
  const routes = createClient<paths>({ baseUrl: base, fetch: settle(resend) })
  let version: Promise<void> | undefined
  // 422 says that the protection is off, 404 that the server has none.
  const askToken = async (client: string) => {
    const { data } = await routes.GET('/csrf-token', { params: { query: { client } }, fetch: settle(resend, [404, 422]) })
    return data
  }
  const sign = signing({ askToken, clock })
  return (send) => async (request) => {
    await (version ??= contentOf(routes.GET('/admin/version')).then((text) => {
      server.version = text
      checkVersion(text, { base, log })
    }))
    return sign(request, send)
  }
}
