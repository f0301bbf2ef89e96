import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { compareDeployments } from '../../bench/deployments.ts'
import { summarize } from '../../bench/results.ts'
import type { Summary } from '../../bench/results.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'

jest.setTimeout(300_000)

const SIZE = 6

describe(`the benchmark with ${SIZE} deployments`, () => {
  let sandbox: Sandbox
  let summary: Summary[string] | undefined
  const lines: string[] = []

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
    const comparisons = await compareDeployments(sandbox, { sizes: [SIZE], rounds: 1, say: ({ case: kind }) => lines.push(kind) })
    summary = summarize(comparisons)[SIZE]
  })

  afterAll(() => sandbox.reset())

  it('says of each case the ratio, the requests and the writes', () => {
    const measured = { ratio: expect.any(Number), requests: expect.any(Number), writes: expect.any(Number) }

    expect(lines).toEqual(['new', 'changed', 'unchanged'])
    expect(summary).toMatchObject({ new: measured, changed: measured, unchanged: measured })
  })

  it('finds that nothing is written when nothing has changed, after a few questions', () => {
    expect(summary?.unchanged.writes).toBe(0)
    expect(summary?.unchanged.requests).toBeGreaterThan(0)
    expect(summary?.unchanged.requests).toBeLessThanOrEqual(6)
  })

  it('finds that something of each deployment is written when all are new or changed', () => {
    expect(summary?.new.writes).toBeGreaterThanOrEqual(2 * SIZE) // created, then unpaused
    expect(summary?.changed.writes).toBeGreaterThanOrEqual(SIZE)
    expect(summary?.changed.writes).toBeLessThanOrEqual(2 * SIZE) // a schedule's runs are made again
  })

  it('finds that `prefect deploy` writes all deployments each time, and is slower', () => {
    expect(summary?.unchanged.cli?.writes).toBeGreaterThanOrEqual(2 * SIZE)
    expect(summary?.unchanged.ratio).toBeGreaterThan(1)
    expect(summary?.changed.ratio).toBeGreaterThan(1)
  })
})
