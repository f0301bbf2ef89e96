import { DeployError, isCancelled } from '../errors.ts'
import { concurrently } from './concurrently.ts'
import { PHASES } from './plan.ts'
import type { DeploymentPlan, PlannedWrite } from './plan.ts'
import { cancelledError, undoneError } from './undo.ts'
import { endangeredRuns, justBefore, restoreRuns, scheduleRuns, send } from './write.ts'
import type { ApplyContext, Target } from './write.ts'

export type DeploymentOutcome = {
  /** `flow/deployment` */
  readonly name: string
  readonly id: string
  readonly action: DeploymentPlan['action']
  /** Web page of the deployment. */
  readonly url: string
}

/**
 * Makes all writes of the plans: phase by phase over all deployments, so that what cannot be put back comes last, and
 * within a phase the deployments concurrently. Runs that a write dropped are scheduled again at once.
 * @throws DeployError of the write that failed, after all that was written has been put back; `cancelled` without
 * that, it says what was written.
 */
export async function applyDeployments(plans: readonly DeploymentPlan[], context: ApplyContext): Promise<DeploymentOutcome[]> {
  const targets = plans.map((plan): Target => ({ plan, id: plan.id, made: [], writtenFrom: undefined }))
  try {
    await makeAll(targets, context)
  } catch (error) {
    throw await (isCancelled(error) ? cancelledError : undoneError)(error, targets, context)
  }
  return targets.map(({ plan: { name, action }, id = '' }) => ({ name, id, action, url: context.workspace.pageOf(id) }))
}

async function makeAll(targets: readonly Target[], context: ApplyContext): Promise<void> {
  const flowIds = await createFlows(targets, context)
  const limit = () => context.workspace.writeConcurrency()
  for (const phase of PHASES) {
    const batches = targets.map((target) => ({ target, writes: target.plan.writes.filter((write) => write.phase === phase) }))
    const stop = new AbortController()
    await concurrently(batches.filter(({ writes }) => writes.length > 0), limit, async ({ target, writes }) => {
      try {
        await makeBatch(target, writes, { ...context, flowId: flowIds.get(target.plan.flowName), stop: stop.signal })
      } catch (error) {
        stop.abort()
        throw explained(error, target.plan)
      }
    })
  }
}

/** Flow ids by name. Creating a flow that exists changes nothing, and a flow without deployments does no harm: it stays. */
async function createFlows(targets: readonly Target[], { workspace }: ApplyContext): Promise<ReadonlyMap<string, string | undefined>> {
  const ids = new Map<string, string | undefined>()
  const names = new Set(targets.filter(({ plan }) => plan.action === 'create').map(({ plan }) => plan.flowName))
  await concurrently(names, () => workspace.writeConcurrency(), async (name) => {
    ids.set(name, await workspace.write({ kind: 'create-flow', name }))
  })
  return ids
}

type BatchContext = ApplyContext & { readonly flowId: string | undefined; readonly stop: AbortSignal }

/** The writes of one deployment and phase, then its runs; these also when the others are stopped or cancelled, lest any is lost. */
async function makeBatch(target: Target, writes: readonly PlannedWrite[], context: BatchContext): Promise<void> {
  const late = await endangeredRuns(writes.map(({ request }) => request), target, context)
  const start = justBefore(context.clock)
  target.writtenFrom ??= start
  const before = target.made.length
  const reschedule = async () => {
    if (target.made.length > before && target.made.at(-1)?.reschedules === true) await scheduleRuns(target, start, context)
  }
  try {
    for (const write of writes) {
      await context.clock.sleep(0) // throws once the run is cancelled
      if (context.stop.aborted) break
      await make(target, write, context)
    }
  } catch (error) {
    if (isCancelled(error)) await reschedule()
    throw error
  } finally {
    await restoreRuns(late, target, context)
  }
  await reschedule()
}

async function make(target: Target, write: PlannedWrite, context: BatchContext): Promise<void> {
  const { request, reschedules, undo } = write
  try {
    const createdId = await send(request, target, context)
    if (request.kind === 'create-deployment') target.id = createdId
    target.made.push({ reschedules, undo: request.kind === 'create-schedule' ? deleting(createdId, undo) : undo })
  } catch (error) {
    // The server may have made the write whose answer was lost.
    const isUpdate = request.kind === 'update-deployment' || request.kind === 'update-schedule'
    if (isUpdate && isLost(error)) target.made.push({ reschedules, undo })
    throw error
  }
}

/** Only the server knows the id of the schedule that an undo deletes. */
function deleting(id: string | undefined, undo: PlannedWrite['undo']): PlannedWrite['undo'] {
  return undo.request.kind === 'delete-schedule' ? { ...undo, request: { kind: 'delete-schedule', id } } : undo
}

function isLost(error: unknown): boolean {
  return isCancelled(error) || (error instanceof DeployError && error.code === 'prefect-unreachable')
}


function explained(error: unknown, { name, location }: DeploymentPlan): unknown {
  if (!(error instanceof DeployError) || isCancelled(error)) return error
  const { code, message, hint } = error
  return new DeployError(code, `Deployment ${name} could not be written: ${message}`, {
    location: error.location ?? location,
    hint,
    cause: error,
  })
}
