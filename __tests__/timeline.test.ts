import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../__fixtures__/fake-log.ts'
import { timing } from '../src/timeline.ts'

describe('the timeline', () => {
  it('has a phase for each group, with how long it took', async () => {
    const clock = createFakeClock()
    const { log, phases } = timing(createFakeLog(), clock)

    await log.group('Read', () => clock.sleep(1500))
    await log.group('Apply', () => clock.sleep(250))

    expect(phases).toEqual([{ title: 'Read', milliseconds: 1500 }, { title: 'Apply', milliseconds: 250 }])
  })

  it('counts a group within another as part of that one', async () => {
    const clock = createFakeClock()
    const { log, phases } = timing(createFakeLog(), clock)

    await log.group('Read', async () => { await log.group('Build', () => clock.sleep(100)) })

    expect(phases).toEqual([{ title: 'Read', milliseconds: 100 }])
  })

  it('has the phase that failed too, and goes on after it', async () => {
    const clock = createFakeClock()
    const { log, phases } = timing(createFakeLog(), clock)

    await expect(log.group('Build', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(log.group('Report', () => Promise.resolve(1))).resolves.toBe(1)

    expect(phases.map(({ title }) => title)).toEqual(['Build', 'Report'])
  })
})
