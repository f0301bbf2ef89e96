/** All trials, on two servers at once: a machine with two cores is then busy. */
import type { Endpoints } from '../stack.ts'
import { openLane } from './lane.ts'
import type { Lane } from './lane.ts'
import type { Loss } from './losses.ts'
import { attempt, lossesSeen, releaseUndisturbed } from './trials.ts'
import type { Trial, TrialResult } from './trials.ts'

export type AtomicityReport = {
  /** Of a release that nothing disturbs. */
  readonly writes: number
  readonly results: readonly TrialResult[]
  /** What a failure at the last write really loses. */
  readonly losses: readonly Loss[]
}

export type CheckOptions = {
  /** Those of them that are to be tried; all unless given. */
  readonly isWanted?: (trial: Trial) => boolean
  readonly say?: (line: string) => void
}

const LANES = 2

/** @param endpoints of a sandbox. */
export async function checkAtomicity(endpoints: Endpoints, { isWanted = () => true, say = () => undefined }: CheckOptions = {}): Promise<AtomicityReport> {
  const lanes = await openLanes(endpoints)
  try {
    const prepared = await Promise.all(lanes.map(async (lane) => ({ lane, known: await releaseUndisturbed(lane) })))
    const writes = Math.max(...prepared.map(({ known }) => known.writes))
    const waiting = trialsOf(writes).filter(isWanted)
    const losses = await Promise.all(prepared.slice(0, 1).map(({ lane, known }) => lossesSeen(lane, known)))
    const results: TrialResult[] = []
    await Promise.all(prepared.map(async ({ lane, known }) => {
      for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
        const result = await attempt(lane, trial, known)
        say(describe(result))
        results.push(result)
      }
    }))
    return { writes, results, losses: losses.flat() }
  } finally {
    for (const lane of lanes) await lane.stop()
  }
}

/** `writes 44; errors 44, restored 44; refusals 14, restored 13, without late runs, as the log says, 1; …`; a success counts as restored. */
export function summarize({ writes, results }: AtomicityReport): string {
  const part = ([name, good, without]: readonly [string, string, string?], ...hows: readonly Trial['how'][]) => {
    const those = results.filter(({ how, outcome }) => hows.includes(how) && outcome !== 'not reached')
    const count = (...outcomes: readonly TrialResult['outcome'][]) => those.filter(({ outcome }) => outcomes.includes(outcome)).length
    const counts = [`${name} ${those.length}`, `${good} ${count('restored', 'converged')}`]
    return [...counts, ...(without === undefined ? [] : [`${without} ${count('without late runs')}`])].join(', ')
  }
  return [
    `writes ${writes}`,
    part(['errors', 'restored'], 'error'),
    part(['refusals', 'restored', 'without late runs, as the log says,'], 'refusal'),
    part(['lost answers', 'resolved'], 'lost'),
    part(['kills', 'converged', 'without late runs, as documented,'], 'kill before', 'kill after'),
  ].join('; ')
}

export function describe({ write, how, outcome, problems }: TrialResult): string {
  return [`${how} at write ${write}: ${outcome}`, ...problems.map((problem) => `  ${problem}`)].join('\n')
}

/** Every write fails once and the release is killed at every write; refusals and lost answers take other paths at some. */
function trialsOf(writes: number): Trial[] {
  const every = Array.from({ length: writes }, (_, index) => index + 1)
  return every.flatMap((write): Trial[] => [
    { write, how: 'error' },
    { write, how: 'kill before' },
    { write, how: 'kill after' },
    ...(write % 3 === 0 ? [{ write, how: 'refusal' } as const] : []),
    ...(write % 3 === 1 ? [{ write, how: 'lost' } as const] : []),
  ])
}

async function openLanes(endpoints: Endpoints): Promise<Lane[]> {
  const opening = await Promise.allSettled(Array.from({ length: LANES }, () => openLane(endpoints)))
  const lanes = opening.filter((each) => each.status === 'fulfilled').map(({ value }) => value)
  const failed = opening.find((each) => each.status === 'rejected')
  if (failed === undefined) return lanes
  for (const lane of lanes) await lane.stop()
  throw failed.reason
}
