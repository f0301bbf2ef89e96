import { codeOf } from './prefect-failure.ts'
import { retry } from '../retry.ts'
import type { Clock, Log } from '../ports.ts'

export type Send = (request: Request) => Promise<Response>

/** What stands for the lost answer of a request that has done its work; undefined when it has not. */
export type FindAnswer = () => Promise<Response | undefined>

export type Repeating = {
  /** For requests that are not idempotent: it is asked before each further try. */
  readonly findAnswer?: FindAnswer | undefined
  /** Whether an error of the server's own, 500, is worth further tries: for what carries a key that makes them safe. */
  readonly isKeyed?: boolean | undefined
}

export type Resend = (request: Request, repeating?: Repeating) => Promise<Response>

const TRIES = 10
/** SQLite answers 503 while its one writer is busy, which passes in no time. */
const BASE_MS = 100
const CAP_MS = 16_000
/** A server that asks for more patience than this is down, for a release. */
const LONGEST_RETRY_AFTER_MS = 120_000

/** As Prefect's own client, and 504: a load balancer in front of a server says that where Prefect would say 503. */
const TRANSIENT_STATUSES = [408, 429, 502, 503, 504]
const LOST_CONNECTION = ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'UND_ERR_SOCKET']
const NO_CONNECTION = [
  'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT', 'TimeoutError',
]

/**
 * Sends again what got no answer or one that passes, after `Retry-After` and a growing wait. A server that was never
 * reached is not waited for: the URL is wrong or the network is private.
 * @returns the last answer, whatever its status.
 */
export function resending(send: Send, { clock, log }: { clock: Clock; log: Log }): Resend {
  let wasReached = false
  const attempt = async (request: Request, isKeyed: boolean): Promise<Response> => {
    const response = await send(request.clone())
    wasReached = true
    if (TRANSIENT_STATUSES.includes(response.status) || (isKeyed && response.status >= 500)) throw new TransientAnswer(response)
    return response
  }
  const isTransient = (error: unknown) =>
    error instanceof TransientAnswer || LOST_CONNECTION.includes(codeOf(error)) || (wasReached && NO_CONNECTION.includes(codeOf(error)))

  return async (request, { findAnswer, isKeyed = false } = {}) => {
    let lost: unknown
    const work = async () => {
      if (lost === undefined) return attempt(request, isKeyed)
      if (lost instanceof TransientAnswer) await clock.sleep(retryAfter(lost.response, clock))
      return (await findAnswer?.()) ?? attempt(request, isKeyed)
    }
    const onRetry = (error: unknown) => {
      lost = error
      log.debug(`${request.method} ${request.url}: ${error instanceof TransientAnswer ? error.message : codeOf(error)}, trying again`)
    }
    try {
      return await retry(work, { clock, tries: TRIES, baseMs: BASE_MS, capMs: CAP_MS, isTransient, onRetry })
    } catch (error) {
      if (error instanceof TransientAnswer) return error.response
      throw error
    }
  }
}

class TransientAnswer extends Error {
  readonly response: Response

  constructor(response: Response) {
    super(`HTTP ${response.status}`)
    this.response = response
  }
}

/** Milliseconds; the header holds seconds or a date (RFC 9110, 10.2.3). */
function retryAfter({ headers }: Response, clock: Clock): number {
  const value = headers.get('Retry-After') ?? ''
  const milliseconds = /^[\d.]+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.now().getTime()
  return Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, milliseconds || 0))
}
