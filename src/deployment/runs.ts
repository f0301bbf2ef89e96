import { messageOf } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { LateRun } from '../prefect-ports.ts'
import type { PlannedRequest } from './planned-writes.ts'
import type { IsPaused } from './pause-watch.ts'
import { idOf } from './write.ts'
import type { ApplyContext, Target } from './write.ts'

/** Runs due up to this long before a write are scheduled again, too: the server's clock may differ a little. */
const MARGIN_MS = 2000

export function justBefore(clock: Clock): Date {
  return new Date(clock.now().getTime() - MARGIN_MS)
}

/** From when on runs are made again, after which requests. */
export type Rescheduled = { readonly start: Date; readonly after: readonly PlannedRequest[]; readonly isPaused: IsPaused }

/**
 * Makes the runs that were dropped since `start`. Only for a deployment that is not paused: the server would start it,
 * also when somebody has paused it only now. One that these very requests have unpaused is not asked for: the answer may
 * be older.
 */
export async function scheduleRuns(
  target: Target, { start, after, isPaused }: Rescheduled, { workspace, log }: ApplyContext,
): Promise<void> {
  const deployment = idOf(target)
  const isUnpaused = after.some((request) => request.kind === 'update-deployment' && request.body.paused === false)
  if (!isUnpaused && (await isPaused(deployment))) {
    log.notice(`${target.plan.name} was paused meanwhile: it gets no runs until it is resumed`)
    return
  }
  await workspace.write({ kind: 'schedule-runs', deployment, start })
}

/** Late runs that requests delete: those that should not go, and those of the schedules that are deleted. */
export type EndangeredRuns = { readonly kept: readonly LateRun[]; readonly dropped: readonly LateRun[] }

/**
 * Deleting a schedule deletes the late runs of all schedules. To be asked before, and made again one by one after:
 * scheduling from an earlier start would invent runs for new schedules.
 */
export async function endangeredRuns(
  requests: readonly PlannedRequest[], target: Target, { workspace }: ApplyContext,
): Promise<EndangeredRuns> {
  const deleted = requests.filter((request) => request.kind === 'delete-schedule')
  if (deleted.length === 0) return { kept: [], dropped: [] }
  const late = await workspace.lateRuns(idOf(target))
  const isDropped = (run: LateRun) => deleted.some(({ id }) => id === run.schedule)
  return { kept: late.filter((run) => !isDropped(run)), dropped: late.filter(isDropped) }
}

/** Best effort, each failure is logged. */
export async function restoreRuns(runs: readonly LateRun[], target: Target, { workspace, log }: ApplyContext): Promise<void> {
  for (const run of runs) {
    try {
      await workspace.write({ kind: 'restore-run', deployment: idOf(target), run })
    } catch (error) {
      const what = `the late run of ${run.due.toISOString()} was deleted with a schedule and could not be made again`
      log.warning(`${target.plan.name}: ${what}: ${messageOf(error)}`)
    }
  }
}

/** Runs of a new deployment that have not started, before it is deleted: it would leave one that a worker has behind. */
export async function deleteWaitingRuns(target: Target, { workspace, survey }: ApplyContext): Promise<void> {
  const { earliest } = await survey.waitingRuns([idOf(target)])
  for (const { id } of earliest) await workspace.write({ kind: 'delete-run', id })
}
