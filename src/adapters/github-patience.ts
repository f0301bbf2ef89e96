import type { Clock, Log } from '../ports.ts'
import { retry } from '../retry.ts'
import { answerOf, isLimited, isTransient } from './github-failure.ts'

/** Sends a request, again where that is right; `method` is the HTTP method. */
export type Resend = <T>(send: () => Promise<T>, method: string) => Promise<T>

const TRIES = 3
const BASE_MS = 500
const CAP_MS = 4_000
/** Of all waits for rate limits together: a plan is worth no more. */
const PATIENCE_MS = 60_000
/** For a secondary limit that does not say how long; GitHub's "Rate limits for the REST API" asks for a minute. */
const UNTOLD_MS = 60_000

/**
 * A request that was refused for a rate limit has done nothing: it is sent again when the wait is short. What got no
 * answer or one that passes is sent again too, but not a POST, which may have done its work.
 */
export function resending({ clock, log }: { readonly clock: Clock; readonly log: Log }): Resend {
  let patience = PATIENCE_MS
  const sendInTime = async <T>(send: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await send()
      } catch (error) {
        const wait = isLimited(error) ? waitOf(error, clock) : Infinity
        if (wait > patience) throw error
        patience -= wait
        log.info(`GitHub's rate limit is reached, going on in ${Math.ceil(wait / 1000)} s`)
        await clock.sleep(wait)
      }
    }
  }
  return (send, method) =>
    retry(() => sendInTime(send), {
      clock, tries: method === 'POST' ? 1 : TRIES, baseMs: BASE_MS, capMs: CAP_MS, isTransient,
      onRetry: (error) => { log.debug(`GitHub, trying again: ${String(error)}`) },
    })
}

/**
 * Milliseconds until GitHub takes requests again, at least a second: `retry-after` in seconds, else `x-ratelimit-reset` in
 * seconds since 1970 when nothing remains.
 */
export function waitOf(error: unknown, clock: Clock): number {
  const { 'retry-after': after, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset } = answerOf(error)?.headers ?? {}
  const told = after !== undefined ? Number(after) * 1000 : remaining === '0' ? Number(reset) * 1000 - clock.now().getTime() : UNTOLD_MS
  return Math.max(1000, Number.isNaN(told) ? UNTOLD_MS : told)
}
