/** Releases that fail or are killed at one of their writes, each from the same state, and what the server holds after. */
import type { Fault } from '../recording-proxy.ts'
import { isPrefectWrite } from '../prefect-recorder.ts'
import type { StepResult } from '../runner.ts'
import type { WorkspaceState } from '../workspace-state.ts'
import { comparable, idsOf } from './comparable.ts'
import { differences } from './differences.ts'
import type { Lane } from './lane.ts'
import { forgivesAll, forgivesAllBut, forgivesLateRuns, LOSSES } from './losses.ts'
import type { Forgives, Loss } from './losses.ts'

/** How a write fails, or at which moment the release is killed; `lost` is a write that was made and whose answer never came. */
export type Trial = { readonly write: number; readonly how: 'error' | 'refusal' | 'lost' | 'kill before' | 'kill after' }

export type TrialResult = Trial & {
  /**
   * `without late runs`: else as it was to be. `not reached`: the release ended whole before it came to that write, for the
   * one that was counted had more to do: a slow machine has more late runs to make again.
   */
  readonly outcome: 'restored' | 'converged' | 'without late runs' | 'not reached' | 'wrong'
  /** What differs from the state that it had to be in; empty when nothing does. */
  readonly problems: readonly string[]
}

/** What an undisturbed release makes of the state. */
export type Undisturbed = { readonly writes: number; readonly desired: WorkspaceState }

const FAULTS: Readonly<Record<Trial['how'], Fault>> = {
  error: { status: 500 },
  refusal: { status: 422, body: { detail: 'refused by the sandbox' } },
  lost: { reset: true, answerOnly: true },
  'kill before': { hold: true },
  'kill after': { hold: true, answerOnly: true },
}

/** Exit code of a process that a signal ended. */
const KILLED = 128

/** @throws Error when the release fails. */
export async function releaseUndisturbed(lane: Lane): Promise<Undisturbed> {
  await lane.restore()
  const { exitCode, log } = await lane.release()
  if (exitCode !== 0) throw new Error(`The release that nothing disturbs failed:\n${log}`)
  const written = (await lane.prefect.journal()).filter((exchange) => isPrefectWrite(exchange) && exchange.status !== 503)
  await lane.letSchedulerRun()
  return { writes: written.length, desired: await lane.read() }
}

export async function attempt(lane: Lane, trial: Trial, { desired }: Undisturbed): Promise<TrialResult> {
  await lane.restore()
  await lane.prefect.fault({ write: true, from: trial.write, ...FAULTS[trial.how] })
  const isKilled = trial.how.startsWith('kill')
  const release = await lane.release(isKilled ? { killAfter: () => lane.prefect.held() } : {})
  await lane.prefect.clearFaults()
  return { ...trial, ...(await (isKilled ? judgeKilled(release, lane, desired) : judgeFailed(release, lane, { desired, how: trial.how }))) }
}

type Judgement = Pick<TrialResult, 'outcome' | 'problems'>

/** A rerun of a killed release ends as one that nothing disturbed. */
async function judgeKilled(killed: StepResult, lane: Lane, desired: WorkspaceState): Promise<Judgement> {
  const rerun = await lane.release()
  if (killed.exitCode !== KILLED && killed.exitCode !== 0) return wrong(`the release ended by itself with ${killed.exitCode}:\n${killed.log}`)
  if (rerun.exitCode !== 0) return wrong(`the rerun failed:\n${rerun.log}`)
  await lane.letSchedulerRun()
  const found = await lane.read()
  const [strict, lenient] = [forgivesAll, forgivesLateRuns].map((forgives) => compared(lane, { expected: desired, found, forgives }))
  if (strict?.length === 0) return { outcome: killed.exitCode === 0 ? 'not reached' : 'converged', problems: [] }
  return lenient?.length === 0 ? { outcome: 'without late runs', problems: [] } : wrong(...(strict ?? []))
}

type Failed = { readonly desired: WorkspaceState; readonly how: Trial['how'] }

/** All is as before, or else the release was whole; only late runs that the server refuses may be missing, when the log says so. */
async function judgeFailed({ exitCode, log }: StepResult, lane: Lane, { desired, how }: Failed): Promise<Judgement> {
  const isWhole = exitCode === 0
  if (isWhole) await lane.letSchedulerRun()
  const found = await lane.read()
  const [strict = [], lenient = []] = [forgivesAll, forgivesLateRuns].map((forgives) => compared(lane, { expected: isWhole ? desired : lane.before, found, forgives }))
  if (strict.length === 0) return { outcome: isWhole ? 'converged' : 'restored', problems: [] }
  const isTold = how === 'refusal' && log.includes('could not be made again')
  return lenient.length === 0 && isTold ? { outcome: 'without late runs', problems: [] } : wrong(...strict)
}

function wrong(...problems: readonly string[]): Judgement {
  return { outcome: 'wrong', problems }
}

type Compared = { readonly expected: WorkspaceState; readonly found: WorkspaceState; readonly forgives: Forgives }

function compared({ before }: Lane, { expected, found, forgives }: Compared): string[] {
  const comparing = { known: idsOf(before), forgives }
  return differences(comparable(expected, comparing), comparable(found, comparing))
}

/**
 * Fails at the last write of all, when everything has been done that can be lost.
 * @returns what is really lost: what differs from the state before when it is not forgiven.
 */
export async function lossesSeen(lane: Lane, { writes }: Undisturbed): Promise<Loss[]> {
  await lane.restore()
  await lane.prefect.fault({ write: true, from: writes, ...FAULTS.error })
  await lane.release()
  await lane.prefect.clearFaults()
  const found = await lane.read()
  return (Object.keys(LOSSES) as Loss[]).filter((loss) => compared(lane, { expected: lane.before, found, forgives: forgivesAllBut(loss) }).length > 0)
}
