/** The whole parity check, and its last line. */
import type { Arena } from './arena.ts'
import type { ParityCase } from './cases.ts'
import { checkCase } from './parity.ts'
import type { CaseResult } from './parity.ts'
import { randomPairs, walkOurs, walkTheirs } from './walk.ts'
import type { PairResult } from './walk.ts'

export type ParityReport = { readonly cases: readonly CaseResult[]; readonly pairs: readonly PairResult[] }

export type CheckOptions = {
  /** How many releases go from the state of one case to another, on each of the two servers. */
  readonly pairs: number
  readonly seed: number
  /** Told of each result as it comes. */
  readonly say: (line: string) => void
}

export async function checkParity(arena: Arena, cases: readonly ParityCase[], { pairs, seed, say }: CheckOptions): Promise<ParityReport> {
  await buildImage(arena, cases)
  const results: CaseResult[] = []
  for (const parityCase of cases) {
    const result = await checkCase(arena, parityCase)
    results.push(result)
    say(lineOf(result))
  }
  const states = new Map(results.flatMap(({ name, state }) => (state === undefined ? [] : [[name, state] as const])))
  const walkable = cases.filter(({ name }) => states.has(name))
  const walked = (await Promise.all([
    walkOurs(arena, randomPairs(walkable, pairs, seed), states),
    walkTheirs(arena, randomPairs(walkable, pairs, seed + 1), states),
  ])).flat()
  for (const result of walked) say(lineOf(result))
  return { cases: results, pairs: walked }
}

/** One release before the others, which `prefect deploy` has the image's name from; what is wrong with it, the case's own check tells. */
async function buildImage({ programs, ours }: Arena, [first]: readonly ParityCase[]): Promise<void> {
  if (first === undefined) throw new Error('There is no case to check')
  await programs.release(first, ours).catch(() => undefined)
}

/** `cases 99, equal 99, documented deviations 5` */
export function summaryOf({ cases }: ParityReport): string {
  const deviations = new Set(cases.flatMap((result) => result.deviations))
  return `cases ${cases.length}, equal ${cases.filter(isRight).length}, documented deviations ${deviations.size}`
}

export function isRight({ problems }: { readonly problems: readonly string[] }): boolean {
  return problems.length === 0
}

function lineOf({ name, problems }: { readonly name: string; readonly problems: readonly string[] }): string {
  return [`${problems.length === 0 ? '✓' : '✗'} ${name}`, ...problems.map((problem) => `  ${problem}`)].join('\n')
}
