import { messageOf } from '../errors.ts'
import type { JsonObject, PlannedObject, Results } from '../planned.ts'
import { reveal } from '../planned.ts'
import type { Clock, LateRun, Log, PrefectWorkspace, PrefectWrite } from '../ports.ts'
import type { DeploymentPlan, PlannedRequest, PlannedWrite } from './plan.ts'

export type ApplyContext = {
  /** What the earlier layers of the release made. */
  readonly results: Results
  readonly workspace: PrefectWorkspace
  readonly clock: Clock
  readonly log: Log
}

/** A write that was made, or that may have been (its answer never came), and what undoes it. */
export type MadeWrite = Pick<PlannedWrite, 'reschedules' | 'undo'>

/** A deployment while its plan is applied. */
export type Target = {
  readonly plan: DeploymentPlan
  /** Of a live deployment, or once it is created. */
  id: string | undefined
  readonly made: MadeWrite[]
  /** Just before the first write: runs due from then on have to be scheduled again when all is put back. */
  writtenFrom: Date | undefined
}

export type SendContext = Pick<ApplyContext, 'results' | 'workspace'> & { readonly flowId?: string | undefined }

/** Runs due up to this long before a write are scheduled again, too: the server's clock may differ a little. */
const MARGIN_MS = 2000

/**
 * Sends one request of a plan, its values in clear; `flowId` is of a deployment to create.
 * @returns the id of what was created.
 */
export async function send(request: PlannedRequest, target: Target, context: SendContext): Promise<string | undefined> {
  return context.workspace.write(toWrite(request, target, context))
}

export function justBefore(clock: Clock): Date {
  return new Date(clock.now().getTime() - MARGIN_MS)
}

/** Makes the runs that were dropped since `start`. Only for a deployment that is not paused: the server would start it. */
export async function scheduleRuns({ id }: Target, start: Date, { workspace }: ApplyContext): Promise<void> {
  await workspace.write({ kind: 'schedule-runs', deployment: known(id), start })
}

/**
 * The late runs that these requests delete and should not: deleting a schedule deletes those of all schedules. To be
 * asked before, and made again one by one after: scheduling from an earlier start would invent runs for new schedules.
 */
export async function endangeredRuns(
  requests: readonly PlannedRequest[],
  { id }: Target,
  { workspace }: ApplyContext,
): Promise<readonly LateRun[]> {
  const deleted = requests.filter((request) => request.kind === 'delete-schedule')
  if (deleted.length === 0) return []
  return (await workspace.lateRuns(known(id))).filter((run) => deleted.every((schedule) => schedule.id !== run.schedule))
}

/** Best effort, each failure is logged. */
export async function restoreRuns(runs: readonly LateRun[], { id, plan }: Target, { workspace, log }: ApplyContext): Promise<void> {
  for (const run of runs) {
    try {
      await workspace.write({ kind: 'restore-run', deployment: known(id), run })
    } catch (error) {
      const what = `the late run of ${run.due.toISOString()} was deleted with a schedule and could not be made again`
      log.warning(`${plan.name}: ${what}: ${messageOf(error)}`)
    }
  }
}

function toWrite(request: PlannedRequest, target: Target, { results, flowId }: SendContext): PrefectWrite {
  const body = (planned: PlannedObject) => reveal(planned, results) as JsonObject // an object stays one
  switch (request.kind) {
    case 'create-deployment':
      return { kind: 'create-deployment', body: { ...body(request.body), flow_id: known(flowId) } }
    case 'update-deployment':
      return { kind: 'update-deployment', id: known(target.id), body: body(request.body) }
    case 'delete-deployment':
      return { kind: 'delete-deployment', id: known(target.id) }
    case 'create-schedule':
      return { kind: 'create-schedule', deployment: known(target.id), body: body(request.body) }
    case 'update-schedule':
      return { kind: 'update-schedule', deployment: known(target.id), id: request.id, body: body(request.body) }
    case 'delete-schedule':
      return { kind: 'delete-schedule', deployment: known(target.id), id: known(request.id) }
  }
}

function known(id: string | undefined): string {
  if (id === undefined) throw new Error('A write needs the id of what an earlier one creates')
  return id
}
