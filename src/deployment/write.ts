import { messageOf } from '../errors.ts'
import type { JsonObject, Results } from '../planned.ts'
import { reveal } from '../planned.ts'
import type { Clock, LateRun, Log, PrefectWorkspace, PrefectWrite } from '../ports.ts'
import type { DeploymentPlan, PlannedObject, PlannedRequest, PlannedWrite } from './plan.ts'

export type ApplyContext = {
  /** What the earlier layers of the release made. */
  readonly results: Results
  readonly workspace: PrefectWorkspace
  readonly clock: Clock
  readonly log: Log
}

/** A write that was made, or that may have been: its answer never came. */
export type MadeWrite = { readonly write: PlannedWrite; readonly createdId: string | undefined }

/** A deployment while its plan is applied. */
export type Target = {
  readonly plan: DeploymentPlan
  /** Of a live deployment, or once it is created. */
  id: string | undefined
  readonly made: MadeWrite[]
  /** Just before the first write: runs due from then on have to be scheduled again when all is put back. */
  writtenFrom: Date | undefined
}

/** Runs due up to this long before a write are scheduled again, too: the server's clock may differ a little. */
const MARGIN_MS = 2000

/**
 * Sends one request of a plan, its values in clear.
 * @param ids the flow of a deployment to create; the schedule that an undo deletes.
 * @returns the id of what was created.
 */
export async function send(
  request: PlannedRequest,
  target: Target,
  context: ApplyContext & { readonly flowId?: string | undefined; readonly createdId?: string | undefined },
): Promise<string | undefined> {
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
 * Does work that makes these requests. Deleting a schedule deletes the late runs of all schedules: those of the others
 * are made again, one by one, since scheduling from an earlier start would also invent runs for schedules that are new.
 */
export async function keepingLateRuns(requests: readonly PlannedRequest[], target: Target, context: ApplyContext, work: () => Promise<void>): Promise<void> {
  const deleted = requests.filter((request) => request.kind === 'delete-schedule')
  if (deleted.length === 0) return work()
  const late = await context.workspace.lateRuns(known(target.id))
  try {
    await work()
  } finally {
    for (const run of late) if (deleted.every(({ id }) => id !== run.schedule)) await restore(run, target, context)
  }
}

async function restore(run: LateRun, { id, plan }: Target, { workspace, log }: ApplyContext): Promise<void> {
  try {
    await workspace.write({ kind: 'restore-run', deployment: known(id), run })
  } catch (error) {
    log.warning(`${plan.name}: the late run of ${run.due.toISOString()} was deleted with a schedule and could not be made again: ${messageOf(error)}`)
  }
}

function toWrite(
  request: PlannedRequest,
  target: Target,
  { results, flowId, createdId }: { results: Results; flowId?: string | undefined; createdId?: string | undefined },
): PrefectWrite {
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
      return { kind: 'delete-schedule', deployment: known(target.id), id: known(request.id ?? createdId) }
  }
}

function known(id: string | undefined): string {
  if (id === undefined) throw new Error('A write needs the id of what an earlier one creates')
  return id
}
