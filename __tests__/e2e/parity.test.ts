import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { openArena } from '../../sandbox/parity/arena.ts'
import { readCases } from '../../sandbox/parity/cases.ts'
import { checkParity, isRight, summaryOf } from '../../sandbox/parity/check.ts'
import type { ParityReport } from '../../sandbox/parity/check.ts'

jest.setTimeout(1_800_000)

/** `npm run check:parity` does all cases and pairs, in some seven minutes; a share of them is looked at here. */
const SHARE = 8
const PAIRS = 3
const cases = readCases().filter((_, index) => index % SHARE === 0)

describe(`${cases.length} Prefect files, deployed by prefect deploy and by this action`, () => {
  let sandbox: Sandbox
  let report: ParityReport

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
    const arena = await openArena(sandbox, cases)
    try {
      report = await checkParity(arena, cases, { pairs: PAIRS, seed: 2026, say: () => undefined })
    } finally {
      await arena.stop()
    }
  })

  afterAll(async () => { await sandbox.reset() })

  it('lead to the same state but for the documented deviations, twice to no write, and from the one to the other with the ids of what stays', () => {
    expect(report.cases.filter((result) => !isRight(result)).map(({ name, problems }) => ({ name, problems }))).toEqual([])
    expect(summaryOf(report)).toContain(`cases ${cases.length}, equal ${cases.length}, documented deviations `)
  })

  it('lead to the same state from that of any other, whoever made it', () => {
    expect(report.pairs).toHaveLength(2 * PAIRS)
    expect(report.pairs.filter((result) => !isRight(result))).toEqual([])
  })
})
