import { DeployError } from '../errors.ts'
import { apiUrlOfPage } from './prefect-address.ts'

/** Which of the two ways to authenticate was used, for the messages; never the credential. */
export type Credential = 'prefect-api-key (PREFECT_API_KEY)' | 'prefect-api-auth-string (PREFECT_API_AUTH_STRING)' | undefined

export type Asked = { readonly request: Request; readonly base: string; readonly credential: Credential }

/** Routes that every Prefect API has: a 404 there means that there is no API at that URL. */
const ALWAYS_THERE = /\/(filter|paginate|version|flows\/)$/
const LONGEST_REASON = 800

/** What an answer that is not the wanted one means to the user. */
export async function failureOf(response: Response, { request, base, credential }: Asked): Promise<DeployError> {
  const text = await response.text()
  const { status } = response
  const call = `${request.method} ${new URL(request.url).pathname}`
  if (status >= 300 && status < 400) return notTheApi(base, `${call} is redirected to ${originOf(response, request)}`)
  if (status === 401 || (status === 403 && !text.includes('CSRF token'))) return unauthorized(base, credential, `${status}${reason(text)}`)
  const type = response.headers.get('content-type') ?? 'something'
  if (status < 300) return notTheApi(base, `${call} answered ${status} with ${type} instead of JSON`)
  const isMissing = status === 404 || status === 405
  if (isMissing && ALWAYS_THERE.test(request.url)) return notTheApi(base, `${call} answered ${status}${reason(text)}`)
  return new DeployError('prefect-request-failed', `Prefect at ${base} answered ${call} with ${status}${reason(text)}`, {
    hint: hintFor(status),
    mayBeDone: status >= 500, // a proxy's answer perhaps, while the server behind it went on
  })
}

function hintFor(status: number): string {
  if (status === 429 || status === 503) return 'The server is overloaded, also after several tries: wait a little, then run again.'
  if (status >= 500) return 'The server failed: its log says why.'
  return 'The server refused the request for that reason: mend it in the Prefect file or on the server, then run again.'
}

/** What a request without any answer means to the user; `error` is what fetch threw. Other errors come back as they are. */
export function unreachable(error: unknown, { request, base }: Omit<Asked, 'credential'>): unknown {
  const code = codeOf(error)
  // fetch throws a TypeError for everything that keeps a request from being sent, a forbidden port for one.
  if (error instanceof DeployError || (code === '' && !(error instanceof TypeError))) return error
  const because = CAUSES[code] ?? (code === '' ? String(rootOf(error).message) : isTls(code) ? `its certificate is not trusted (${code})` : `${code} ${String(rootOf(error).message)}`)
  const call = `${request.method} ${new URL(request.url).pathname}`
  return new DeployError('prefect-unreachable', `Prefect at ${base} was not reached by ${call}: ${because}`, {
    hint: isTls(code)
      ? 'Give Node.js the certificate authority through NODE_EXTRA_CA_CERTS.'
      : 'Is prefect-api-url right, with /api at its end? A private network needs a self-hosted runner in it, or a proxy (HTTPS_PROXY).',
    cause: error,
  })
}

/** The code of what went wrong below fetch (`ECONNREFUSED`), `TimeoutError` for its time limit, else ''. */
export function codeOf(error: unknown): string {
  const { name, code } = rootOf(error)
  if (name === 'TimeoutError') return name
  return typeof code === 'string' ? code : ''
}

const CAUSES: Record<string, string | undefined> = {
  ECONNREFUSED: 'the connection was refused (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset, again and again (ECONNRESET)',
  UND_ERR_SOCKET: 'the connection was closed, again and again (UND_ERR_SOCKET)',
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the name server does not answer (EAI_AGAIN)',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out (UND_ERR_CONNECT_TIMEOUT)',
  ETIMEDOUT: 'the connection timed out (ETIMEDOUT)',
  TimeoutError: 'no answer came in time',
}

type Thrown = { readonly name?: unknown; readonly code?: unknown; readonly message?: unknown; readonly cause?: unknown }

/** fetch hides what happened in the causes of its "fetch failed". */
function rootOf(error: unknown): Thrown {
  if (typeof error !== 'object' || error === null) return {}
  const thrown: Thrown = error
  return typeof thrown.cause === 'object' && thrown.cause !== null ? rootOf(thrown.cause) : thrown
}

function isTls(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^ERR_TLS|^ERR_SSL/.test(code)
}

function notTheApi(base: string, what: string): DeployError {
  const apiUrl = apiUrlOfPage(base)
  return new DeployError('prefect-unreachable', `There is no Prefect API at ${base}: ${what}`, {
    hint: apiUrl === undefined
      ? 'prefect-api-url ends in /api, or /api/accounts/<id>/workspaces/<id> for Prefect Cloud; an access proxy needs prefect-headers.'
      : `That is the address of the web page; set prefect-api-url to ${apiUrl}.`,
  })
}

function unauthorized(base: string, credential: Credential, what: string): DeployError {
  const used = credential === undefined ? 'a request without credentials' : `the credentials in ${credential}`
  return new DeployError('prefect-unauthorized', `Prefect at ${base} refused ${used}: ${what}`, {
    hint: credential === undefined
      ? 'Set prefect-api-key for Prefect Cloud, prefect-api-auth-string for a server with a password.'
      : 'Is it valid, not expired, and of an account that may deploy to this very workspace?',
  })
}

function originOf(response: Response, request: Request): string {
  return URL.parse(response.headers.get('location') ?? '', request.url)?.origin ?? 'nowhere'
}

/**
 * The server's reason in words, with a colon before it. FastAPI puts text or a list into `detail`, Prefect's own handlers
 * `exception_message` and `exception_detail`. What was sent is echoed there too (`input`, `request_body`) and left out.
 */
function reason(text: string): string {
  const { exception_message: message, exception_detail, detail = exception_detail } = parse(text)
  const details = wordsOf(detail)
  const words = details.length === 0 ? wordsOf(message) : details
  return words.length === 0 ? '' : `: ${words.join('; ').slice(0, LONGEST_REASON)}`
}

function parse(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A union (the three kinds of schedule) complains for each of its members; what a value itself is blamed for comes first. */
function wordsOf(detail: unknown): string[] {
  if (typeof detail === 'string') return [detail]
  const items = Array.isArray(detail) ? detail.filter(isViolation) : []
  const [blamed, others] = [items.filter(({ type }) => type === 'value_error'), items.filter(({ type }) => type !== 'value_error')]
  return [...blamed, ...others].map(({ loc, msg }) => {
    const path = loc.filter((part) => part !== 'body' && !String(part).includes('[')).join('.')
    return path === '' ? msg : `${path}: ${msg}`
  })
}

type Violation = { readonly type: string; readonly loc: readonly (string | number)[]; readonly msg: string }

function isViolation(item: unknown): item is Violation {
  return typeof item === 'object' && item !== null && 'msg' in item && 'loc' in item && Array.isArray(item.loc)
}
