import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../__fixtures__/fake-clock.ts'
import { retry } from '../src/retry.ts'

function arrange(failures: number) {
  const clock = createFakeClock()
  const retried: unknown[] = []
  let calls = 0
  const work = () => (++calls > failures ? Promise.resolve(calls) : Promise.reject(new Error(`failure ${calls}`)))
  const options = {
    clock,
    tries: 6,
    baseMs: 1000,
    capMs: 4000,
    isTransient: () => true,
    onRetry: (error: unknown) => {
      retried.push(error)
    },
  }
  return { clock, retried, work, options }
}

describe('retrying', () => {
  it('does the work once when it succeeds', async () => {
    const { work, options, clock } = arrange(0)

    await expect(retry(work, options)).resolves.toBe(1)
    expect(clock.waits).toEqual([])
  })

  it('waits a random part of a time that doubles up to its cap', async () => {
    const { work, options, clock, retried } = arrange(5)

    await expect(retry(work, options)).resolves.toBe(6)
    expect([1000, 2000, 4000, 4000, 4000].every((longest, index) => (clock.waits[index] ?? Infinity) <= longest)).toBe(true)
    expect(new Set(clock.waits).size).toBe(5)
    expect(retried).toHaveLength(5)
  })

  it('fails with the last error after the last try', async () => {
    const { work, options, clock } = arrange(6)

    await expect(retry(work, options)).rejects.toThrow('failure 6')
    expect(clock.waits).toHaveLength(5)
  })

  it('fails at once for a reason that does not pass', async () => {
    const { work, options } = arrange(1)

    await expect(retry(work, { ...options, isTransient: () => false })).rejects.toThrow('failure 1')
  })
})
