/** One case of the parity check: the same Prefect file deployed by both programs, and what their servers then hold. */
import type { WorkspaceState } from '../workspace-state.ts'
import type { Arena } from './arena.ts'
import type { ParityCase } from './cases.ts'
import { judge, judgeKept } from './deviations.ts'
import type { Judgement } from './deviations.ts'
import type { Difference } from './differences.ts'
import { differencesOf } from './differences.ts'
import { lostIdentities } from './identity.ts'
import { normalise } from './normalise.ts'
import type { Normalised } from './normalise.ts'

export type CaseResult = {
  readonly name: string
  /** What is wrong, in sentences; none when all is as it is documented. */
  readonly problems: readonly string[]
  /** Names of the documented deviations that occurred. */
  readonly deviations: readonly string[]
  /** What this action made of it on an empty server; undefined when it did not come so far. */
  readonly state: Normalised | undefined
}

/**
 * Deploys a case with both programs, each to its empty server. Then this action releases it again where it did, which
 * writes nothing, and over what `prefect deploy` made, which leads to the same state and keeps what stays.
 */
export async function checkCase(arena: Arena, parityCase: ParityCase): Promise<CaseResult> {
  const { name, file, deviations: documented } = parityCase
  const since = new Date()
  try {
    const [{ released, again }, { deployed, after }] = await Promise.all([releaseTwice(arena, parityCase), takeOver(arena, parityCase)])
    const state = normalise(released, since)
    const judgement = judge(differencesOf(state, normalise(deployed, since)), documented)
    const problems = [
      ...problemsOf(judgement, documented ?? []),
      ...again.map((write) => `a second release writes: ${write}`),
      ...takeoverProblems({ deployed, after }, state, { since, file }),
    ]
    return { name, state, deviations: judgement.seen, problems }
  } catch (error) {
    return { name, state: undefined, deviations: [], problems: [(error as Error).message] }
  }
}

async function releaseTwice({ programs, ours }: Arena, parityCase: ParityCase) {
  await ours.empty()
  await programs.release(parityCase, ours)
  const released = await ours.read()
  return { released, again: await ours.writesDuring(() => programs.release(parityCase, ours)) }
}

async function takeOver({ programs, theirs }: Arena, parityCase: ParityCase) {
  await theirs.empty()
  await programs.deploy(parityCase)
  const deployed = await theirs.read()
  await programs.release(parityCase, theirs)
  return { deployed, after: await theirs.read() }
}

export function inWords({ path, ours, theirs }: Difference): string {
  return `${path} is ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`
}

function problemsOf({ seen, undocumented }: Judgement, documented: readonly string[]): string[] {
  return [
    ...undocumented.map((difference) => `not as prefect deploy has it: ${inWords(difference)}`),
    ...documented.filter((name) => !seen.includes(name)).map((name) => `the deviation "${name}" does not occur`),
  ]
}

function takeoverProblems(
  { deployed, after }: Readonly<Record<'deployed' | 'after', WorkspaceState>>,
  state: Normalised,
  { since, file }: { readonly since: Date; readonly file: string },
): string[] {
  return [
    ...judgeKept(differencesOf(normalise(after, since), state), file)
      .map((difference) => `a takeover ends otherwise: ${inWords(difference)}`),
    ...lostIdentities(deployed, after).map((what) => `a takeover makes anew: ${what}`),
  ]
}
