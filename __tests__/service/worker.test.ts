import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { DeployError } from '../../src/errors.ts'
import type { LiveWorker } from '../../src/prefect-ports.ts'
import { watchWorker } from '../../src/service/worker.ts'
import type { ExpectedWorker } from '../../src/service/worker.ts'

const TOLD: ExpectedWorker = { pools: ['etl'], isTold: true, name: undefined }
const GUESSED: ExpectedWorker = { ...TOLD, isTold: false }
const NAMED: ExpectedWorker = { ...TOLD, name: 'etl-worker' }

/** Workers by the second at which they send their first heartbeat, then one every 30 seconds until the second `until`. */
type Beat = { readonly name: string; readonly from: number; readonly until?: number }

/** A pool whose workers beat by the clock; the rollout lasts from second 0 to 40. */
function arrange(beats: readonly Beat[], failures: readonly DeployError[] = []) {
  const clock = createFakeClock()
  const log = createFakeLog()
  const start = clock.now().getTime()
  const seconds = () => (clock.now().getTime() - start) / 1000
  const left = [...failures]
  const workersOf = (): Promise<readonly LiveWorker[]> => {
    const failure = left.shift()
    if (failure !== undefined) return Promise.reject(failure)
    return Promise.resolve(beats.filter(({ from }) => from <= seconds()).map(({ name, from, until = Infinity }) => {
      const last = from + Math.floor((Math.min(seconds(), until) - from) / 30) * 30
      return { id: name, name, isOnline: seconds() - last <= 90, lastHeartbeat: new Date(start + last * 1000) }
    }))
  }
  const watch = async (expected: ExpectedWorker, wasTold = false) => {
    const arrived = await watchWorker(expected, { workspace: { workersOf }, clock, log })
    await clock.sleep(40_000)
    return arrived(wasTold)
  }
  return { watch, seconds, log }
}

const OLD: Beat = { name: 'old', from: -300, until: 40 }
const ELSEWHERE: Beat = { name: 'elsewhere', from: -310 }

describe('the worker after a rollout', () => {
  it('is online when the server did not know it before', async () => {
    const { watch, seconds } = arrange([OLD, { name: 'new', from: 38 }])

    await expect(watch(TOLD)).resolves.toEqual({ status: 'online', seen: 'new' })
    expect(seconds()).toBe(40)
  })

  it('is waited for, for 90 seconds', async () => {
    const { watch, seconds } = arrange([OLD, { name: 'new', from: 100 }])

    await expect(watch(TOLD)).resolves.toEqual({ status: 'online', seen: 'new' })
    expect(seconds()).toBe(100)
  })

  it.each([
    ['the old one still heartbeats', [{ ...OLD, until: Infinity }], /newest there is old/],
    ['the old one is still taken for online', [OLD], /newest there is old, its last heartbeat at 2026-11-24T10:00:30.000Z/],
    ['none was ever there', [], /no worker was ever there/],
    ['it comes too late', [{ name: 'late', from: 131 }], /no worker was ever there/],
  ])('is offline when %s', async (_, beats, seen) => {
    const { watch, seconds } = arrange(beats)

    await expect(watch(TOLD)).resolves.toEqual({ status: 'offline', seen: expect.stringMatching(seen) })
    expect(seconds()).toBe(130)
  })

  it('that keeps its name is the one that is heard of after the old tasks are gone', async () => {
    const { watch } = arrange([{ name: 'etl-worker', from: -300 }])

    await expect(watch(NAMED)).resolves.toEqual({ status: 'online', seen: 'etl-worker' })
  })

  it('that keeps its name is offline when it is not heard of again', async () => {
    const { watch } = arrange([{ name: 'etl-worker', from: -300, until: 40 }])

    await expect(watch(NAMED)).resolves.toMatchObject({ status: 'offline' })
  })

  it('of a rollout that began before is any that is heard of after it', async () => {
    const { watch, seconds } = arrange([{ name: 'new', from: -10 }])

    await expect(watch(TOLD, true)).resolves.toEqual({ status: 'online', seen: 'new' })
    expect(seconds()).toBe(50)
  })

  it('is asked for again while the server does not answer', async () => {
    const down = new DeployError('prefect-unreachable', 'no answer')
    const { watch } = arrange([{ name: 'new', from: 38 }], [down, down, down])

    await expect(watch(TOLD)).resolves.toEqual({ status: 'online', seen: 'new' })
  })

  it('cannot be told with a key that may not see workers', async () => {
    const { watch } = arrange([], [new DeployError('prefect-unauthorized', 'Prefect refuses the key')])

    await expect(watch(TOLD)).resolves.toEqual({ status: 'unknown', seen: 'Prefect refuses the key' })
  })
})

describe('the worker in a pool that is only guessed', () => {
  it('is offline when the rollout lost the worker that was there', async () => {
    const { watch } = arrange([OLD])

    await expect(watch(GUESSED)).resolves.toMatchObject({ status: 'offline' })
  })

  it('is online when a new one comes', async () => {
    const { watch } = arrange([OLD, { name: 'new', from: 45 }])

    await expect(watch(GUESSED)).resolves.toEqual({ status: 'online', seen: 'new' })
  })

  it('cannot be told from one that runs elsewhere', async () => {
    const { watch } = arrange([OLD, ELSEWHERE])

    await expect(watch(GUESSED)).resolves.toMatchObject({ status: 'unknown', seen: expect.stringMatching(/only worker elsewhere is heard of/) })
  })

  it('is not waited for where none was before', async () => {
    const { watch, seconds } = arrange([])

    await expect(watch(GUESSED)).resolves.toMatchObject({ status: 'unknown', seen: expect.stringMatching(/no worker of work pool etl was online before/) })
    expect(seconds()).toBe(40)
  })
})
