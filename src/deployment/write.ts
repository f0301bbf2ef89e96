import type { JsonObject, Results } from '../planned.ts'
import { reveal } from '../planned.ts'
import type { Clock, Log, PrefectWorkspace, PrefectWrite } from '../ports.ts'
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
  /** Runs due from then on may have to be scheduled again when all is put back. */
  runsFrom: Date | undefined
}

/** Runs due this long before a write are scheduled again after it: the server drops them, and its clock may differ a little. */
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

/**
 * From when on runs must be scheduled again after these requests: from just before them; where a schedule is deleted,
 * from the earliest late run, because that deletes the late runs of all schedules. To be asked before they are made.
 */
export async function runsFrom(requests: readonly PlannedRequest[], { id }: Target, { workspace, clock }: ApplyContext): Promise<Date> {
  const deletes = requests.some(({ kind }) => kind === 'delete-schedule')
  const late = deletes && id !== undefined ? await workspace.earliestLateRun(id) : undefined
  return earlier(late, new Date(clock.now().getTime() - MARGIN_MS))
}

export function earlier(one: Date | undefined, other: Date): Date {
  return one !== undefined && one < other ? one : other
}

/** Only for a deployment that is not paused: the server would start it. */
export async function scheduleRuns({ id }: Target, start: Date, { workspace }: ApplyContext): Promise<void> {
  await workspace.write({ kind: 'schedule-runs', deployment: known(id), start })
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
