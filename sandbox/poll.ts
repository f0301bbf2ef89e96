import { setTimeout } from 'node:timers/promises'

/** Asks again and again until there is an answer. @throws Error that names `what` when time is up; a failing question is one unanswered. */
export async function poll<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`)
    await setTimeout(100)
  }
}

/** True once the address answers at all, whatever the status. */
export async function answers(url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  await response.body?.cancel()
  return response.status < 500 ? true : undefined
}
