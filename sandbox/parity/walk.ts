/** Releases from any state to any other: one must reach what the same release makes of an empty server. */
import type { Arena } from './arena.ts'
import type { ParityCase } from './cases.ts'
import { judgeKept } from './deviations.ts'
import { differencesOf } from './differences.ts'
import { normalise } from './normalise.ts'
import type { Normalised } from './normalise.ts'
import { inWords } from './parity.ts'
import type { Side } from './side.ts'

export type Pair = { readonly from: ParityCase; readonly to: ParityCase }
export type PairResult = { readonly name: string; readonly problems: readonly string[] }

/** What each case is on an empty server, by its name. */
export type States = ReadonlyMap<string, Normalised>

/** Pairs of which each begins with the case that the one before ended with. @param seed the same one gives the same pairs. */
export function randomPairs(cases: readonly ParityCase[], count: number, seed: number): readonly Pair[] {
  const random = generator(seed)
  const walk = Array.from({ length: count + 1 }, () => cases[Math.floor(random() * cases.length)]).filter((each) => each !== undefined)
  return walk.slice(1).map((to, index) => ({ from: walk[index] ?? to, to }))
}

/** On the side of this action, each release over what all those before have left. */
export async function walkOurs({ programs, ours }: Arena, pairs: readonly Pair[], states: States): Promise<readonly PairResult[]> {
  const results: PairResult[] = []
  await ours.empty()
  for (const [index, { from, to }] of pairs.entries()) {
    if (index === 0) await programs.release(from, ours)
    results.push(await release(programs, ours, { from, to }, states))
  }
  return results
}

/** On the other side, each release over what `prefect deploy` makes of the pair's first case. */
export async function walkTheirs({ programs, theirs }: Arena, pairs: readonly Pair[], states: States): Promise<readonly PairResult[]> {
  const results: PairResult[] = []
  for (const pair of pairs) {
    await theirs.empty()
    await programs.deploy(pair.from)
    results.push(await release(programs, theirs, pair, states))
  }
  return results
}

/** What a case does not name is left alone, and not compared. */
async function release(programs: Arena['programs'], side: Side, { from, to }: Pair, states: States): Promise<PairResult> {
  const name = `${from.name} → ${to.name}`
  const since = new Date()
  try {
    await programs.release(to, side)
  } catch (error) {
    return { name, problems: [(error as Error).message] }
  }
  const wanted = states.get(to.name)?.deployments ?? {}
  const { deployments } = normalise(await side.read(), since)
  const reached = Object.fromEntries(Object.keys(wanted).map((key) => [key, deployments[key]]))
  return { name, problems: judgeKept(differencesOf(reached, wanted), to.file).map(inWords) }
}

/** Mulberry32: small, and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
