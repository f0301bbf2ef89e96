import { DeployError, isCancelled, mayBeMade } from '../errors.ts'
import { concurrently } from './concurrently.ts'
import { watchPauses } from './pause-watch.ts'
import type { IsPaused } from './pause-watch.ts'
import { PHASES } from './planned-writes.ts'
import type { DeploymentPlan } from './plan.ts'
import type { PlannedWrite } from './planned-writes.ts'
import { endangeredRuns, justBefore, restoreRuns, scheduleRuns } from './runs.ts'
import { cancelledError, undoneError } from './undo.ts'
import { send, single, undoOf } from './write.ts'
import type { ApplyContext, Target } from './write.ts'

export type DeploymentOutcome = {
  /** `flow/deployment` */
  readonly name: string
  readonly id: string
  readonly action: DeploymentPlan['action']
  /** Web page of the deployment. */
  readonly url: string
}

export type Applying = ApplyContext & {
  /** Looks whether the server holds what was written: what it throws as `write-not-taken` puts everything back. */
  readonly verify?: (outcomes: readonly DeploymentOutcome[]) => Promise<void>
}

/**
 * Makes all writes of the plans: phase by phase over all deployments, so that what cannot be put back comes last, and
 * within a phase the deployments concurrently. Runs that a write dropped are scheduled again at once.
 * @throws DeployError of the write that failed, or `write-not-taken`, after all that was written has been put back;
 * `cancelled` without that, it says what was written; any other error of `verify` as it is.
 */
export async function applyDeployments(plans: readonly DeploymentPlan[], context: Applying): Promise<readonly DeploymentOutcome[]> {
  const targets = plans.map((plan): Target => ({ plan, id: plan.id, made: [], doubtful: undefined, dropped: [], writtenFrom: undefined }))
  try {
    await makeAll(targets, context)
  } catch (error) {
    throw await (isCancelled(error) ? cancelledError : undoneError)(error, targets, context)
  }
  const outcomes = targets.map(({ plan: { name, action }, id = '' }) => ({ name, id, action, url: context.workspace.pageOf(id) }))
  try {
    await context.verify?.(outcomes)
  } catch (error) {
    throw error instanceof DeployError && error.code === 'write-not-taken' ? await undoneError(error, targets, context) : error
  }
  return outcomes
}

async function makeAll(targets: readonly Target[], context: ApplyContext): Promise<void> {
  const flowIds = await createFlows(targets, context)
  const limit = () => context.workspace.writeConcurrency()
  const isPaused = watchPauses(rescheduledIds(targets), context)
  for (const phase of PHASES) {
    const writesOf = ({ plan }: Target) => plan.writes.filter((write) => write.phase === phase).flatMap(single)
    const batches = targets.map((target) => ({ target, writes: writesOf(target) }))
    const stop = new AbortController()
    await concurrently(batches.filter(({ writes }) => writes.length > 0), limit, async ({ target, writes }) => {
      try {
        await makeBatch(target, writes, { ...context, flowId: flowIds.get(target.plan.flowName), stop: stop.signal, isPaused })
      } catch (error) {
        stop.abort()
        throw explained(error, target.plan)
      }
    })
  }
}

function rescheduledIds(targets: readonly Target[]): string[] {
  return targets.flatMap(({ id, plan }) => (id !== undefined && plan.writes.some(({ reschedules }) => reschedules) ? [id] : []))
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

type BatchContext = ApplyContext & { readonly flowId: string | undefined; readonly stop: AbortSignal; readonly isPaused: IsPaused }

/** The writes of one deployment and phase, then its runs; these also when the others are stopped or cancelled, lest any is lost. */
async function makeBatch(target: Target, writes: readonly PlannedWrite[], context: BatchContext): Promise<void> {
  const late = await endangeredRuns(writes.map(({ request }) => request), target, context)
  target.dropped.push(...late.dropped)
  const start = justBefore(context.clock)
  target.writtenFrom ??= start
  const made: PlannedWrite[] = []
  const reschedule = async () => {
    const after = made.map(({ request }) => request)
    if (made.at(-1)?.reschedules === true) await scheduleRuns(target, { start, after, isPaused: context.isPaused }, context)
  }
  try {
    for (const write of writes) {
      await context.clock.sleep(0) // throws once the run is cancelled
      if (context.stop.aborted) break
      await make(target, write, context)
      made.push(write)
    }
  } catch (error) {
    if (isCancelled(error)) await reschedule()
    throw error
  } finally {
    await restoreRuns(late.kept, target, context)
  }
  await reschedule()
}

async function make(target: Target, write: PlannedWrite, context: BatchContext): Promise<void> {
  try {
    const createdId = await send(write.request, target, context)
    if (write.request.kind === 'create-deployment') target.id = createdId
    target.made.push({ ...write, undo: undoOf(write, createdId) })
  } catch (error) {
    if (mayBeMade(error)) target.doubtful = write
    throw error
  }
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
