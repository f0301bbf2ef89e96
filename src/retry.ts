import type { Clock } from './ports.ts'

export type Retry = {
  readonly clock: Clock
  readonly tries: number
  /** The longest first wait; it doubles from try to try, up to `capMs`. */
  readonly baseMs: number
  readonly capMs: number
  readonly isTransient: (error: unknown) => boolean
  readonly onRetry?: (error: unknown) => void
}

/**
 * Does the work again while it fails for a reason that passes. Waits with full jitter: a random part of the longest
 * wait, so that runs which collided do not collide again.
 */
export async function retry<T>(work: () => Promise<T>, options: Retry): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= options.tries || !options.isTransient(error)) throw error
      options.onRetry?.(error)
      await options.clock.sleep(Math.random() * Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1)))
    }
  }
}
