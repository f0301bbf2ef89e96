import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { checkAtomicity, describe as describeResult, summarize } from '../../sandbox/atomicity/check.ts'
import type { AtomicityReport } from '../../sandbox/atomicity/check.ts'
import { LOSSES } from '../../sandbox/atomicity/losses.ts'
import type { Loss } from '../../sandbox/atomicity/losses.ts'
import { connectSandbox } from '../../sandbox/connect.ts'

jest.setTimeout(1_800_000)

/** `npm run check:atomicity` does all; each kind of trial meets each sixth write here. */
const STEP = 6
const KINDS = ['error', 'refusal', 'lost', 'kill before', 'kill after'] as const

/** The deletion of a schedule and the three runs that are made again after it; a write that is tried again counts, too, and moves them. */
const WRITES_AT_RISK = 6

describe('a release of twelve deployments', () => {
  let report: AtomicityReport

  beforeAll(async () => {
    const isWanted = ({ write, how }: { readonly write: number; readonly how: (typeof KINDS)[number] }) =>
      how === 'refusal' || how === 'lost' ? write % (2 * STEP) < STEP / 2 : write % STEP === KINDS.indexOf(how)
    report = await checkAtomicity(connectSandbox().endpoints, { isWanted })
    console.log(summarize(report))
  })

  const wrong = (...kinds: (typeof KINDS)[number][]) => report.results.filter(({ how, outcome }) => kinds.includes(how) && outcome === 'wrong').map(describeResult)
  const count = (...kinds: (typeof KINDS)[number][]) => report.results.filter(({ how, outcome }) => kinds.includes(how) && outcome !== 'not reached').length

  it('leaves the server as it was when one of its writes fails', () => {
    expect(wrong('error', 'refusal')).toEqual([])
    expect(count('error', 'refusal')).toBeGreaterThan(report.writes / STEP)
  })

  it('loses, of what was there, exactly what is documented', () => {
    const happening = (Object.keys(LOSSES) as Loss[]).filter((loss) => LOSSES[loss].length > 0)
    expect(report.losses).toEqual(happening)
  })

  it('ends whole or leaves the server as it was when the answer to one of its writes is lost', () => {
    expect(wrong('lost')).toEqual([])
    expect(count('lost')).toBeGreaterThan(0)
  })

  it('loses late runs, when it is killed or they are refused, only while it makes those again that were deleted with a schedule', () => {
    const writes = report.results.filter(({ outcome }) => outcome === 'without late runs').map(({ write }) => write)
    expect(new Set(writes).size).toBeLessThanOrEqual(WRITES_AT_RISK)
  })

  it('reaches the same state when it is killed at one of its writes and run again', () => {
    expect(wrong('kill before', 'kill after')).toEqual([])
    expect(count('kill before', 'kill after')).toBeGreaterThan(report.writes / STEP)
  })
})
