import type { JsonObject, PlannedObject, Results } from '../planned.ts'
import { isList, isObject, reveal } from '../planned.ts'
import type { Clock, Log } from '../ports.ts'
import type { LateRun, PrefectSurvey, PrefectWorkspace, PrefectWrite } from '../prefect-ports.ts'
import type { DeploymentPlan } from './plan.ts'
import type { PlannedRequest, PlannedWrite } from './planned-writes.ts'

export type ApplyContext = {
  /** What the earlier layers of the release made. */
  readonly results: Results
  readonly workspace: PrefectWorkspace
  readonly survey: Pick<PrefectSurvey, 'waitingRuns'>
  readonly clock: Clock
  readonly log: Log
}

/** A write that was made, and what undoes it. */
export type MadeWrite = Pick<PlannedWrite, 'phase' | 'reschedules' | 'undo'>

/** A deployment while its plan is applied. */
export type Target = {
  readonly plan: DeploymentPlan
  /** Of a live deployment, or once it is created. */
  id: string | undefined
  readonly made: MadeWrite[]
  /** Its last write, when nobody knows whether the server has made it: its answer never came. */
  doubtful: PlannedWrite | undefined
  /** Late runs that went with their schedule: they are made again when all is put back. */
  readonly dropped: LateRun[]
  /** Just before the first write: runs due from then on have to be scheduled again when all is put back. */
  writtenFrom: Date | undefined
}

export type SendContext = Pick<ApplyContext, 'results' | 'workspace'> & { readonly flowId?: string | undefined }

/**
 * Sends one request of a plan, its values in clear; `flowId` is of a deployment to create.
 * @returns the id of what was created.
 */
export async function send(request: PlannedRequest, target: Target, context: SendContext): Promise<string | undefined> {
  const [first, ...others] = toWrites(request, target, context)
  const id = first === undefined ? undefined : await context.workspace.write(first)
  for (const write of others) await context.workspace.write(write)
  return id
}

/** The same write as several ones that each create one thing, so that each can be undone by its id. */
export function single(write: PlannedWrite): readonly PlannedWrite[] {
  const { request } = write
  if (request.kind !== 'create-automations') return [write]
  return request.bodies.map((body) => ({ ...write, request: { ...request, bodies: [body] } }))
}

/** Only the server knows the id of what an undo deletes. */
export function undoOf({ request, undo }: PlannedWrite, createdId: string | undefined): PlannedWrite['undo'] {
  const creates = request.kind === 'create-schedule' || request.kind === 'create-automations'
  const { kind } = undo.request
  return creates && (kind === 'delete-schedule' || kind === 'delete-automation') ? { ...undo, request: { kind, id: createdId } } : undo
}

export function idOf({ id }: Target): string {
  return known(id)
}

function toWrites(request: PlannedRequest, target: Target, context: SendContext): PrefectWrite[] {
  if (request.kind !== 'create-automations') return [toWrite(request, target, context)]
  return request.bodies.map((body) => toWrite({ kind: 'create-automations', bodies: [body] }, target, context))
}

/** Only the server knows the ids of the deployment, and of those that it creates. */
function automationOf(body: JsonObject, deployment: string): JsonObject {
  const actions = isList(body.actions) ? body.actions.filter(isObject) : []
  const own = actions.map((action) => (action.type === 'run-deployment' && !('deployment_id' in action) ? { ...action, deployment_id: deployment } : action))
  return { ...body, actions: own }
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
    case 'create-automations': {
      const [first = {}] = request.bodies
      const owner = { owner_resource: `prefect.deployment.${known(target.id)}` }
      return { kind: 'create-automation', body: { ...automationOf(body(first), known(target.id)), ...owner } }
    }
    case 'update-automation':
      return { kind: 'update-automation', id: request.id, body: automationOf(body(request.body), known(target.id)) }
    case 'delete-automation':
      return { kind: 'delete-automation', id: known(request.id) }
    case 'delete-owned-automations':
      return { kind: 'delete-owned-automations', deployment: known(target.id) }
    case 'apply-slas':
      return { kind: 'apply-slas', deployment: known(target.id), body: request.bodies.map(body) }
  }
}

function known(id: string | undefined): string {
  if (id === undefined) throw new Error('A write needs the id of what an earlier one creates')
  return id
}
