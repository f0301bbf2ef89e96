import { fullName } from '../deployment-name.ts'
import { DeployError, isCancelled, mayBeMade, messageOf } from '../errors.ts'
import { isObject, reveal } from '../planned.ts'
import type { JsonObject, PlannedObject, Results } from '../planned.ts'
import type { Clock, Log } from '../ports.ts'
import type { PrefectSurvey, PrefectWorkspace } from '../prefect-ports.ts'
import type { WorkPoolPlan } from './plan.ts'

export type WorkPoolContext = {
  /** What the earlier layers of the release made. */
  readonly results: Results
  readonly workspace: PrefectWorkspace
  readonly survey: PrefectSurvey
  readonly clock: Clock
  readonly log: Log
}

/** The pools as they were written, which a later failure of the release puts back. */
export type AppliedWorkPools = {
  /** Best effort, in reverse; each pool is a line of the log. Never throws. */
  undo(): Promise<void>
}

/**
 * Writes the pools that differ, one request each, before the deployments that run in them. A pool keeps all scheduled
 * runs, and no deployment is touched.
 * @throws DeployError of the write that failed, also `cancelled`, after what was written has been put back.
 */
export async function applyWorkPools(plans: readonly WorkPoolPlan[], context: WorkPoolContext): Promise<AppliedWorkPools> {
  const { clock, log } = context
  const written: WorkPoolPlan[] = []
  const undo = async () => {
    for (const plan of written.splice(0).reverse()) await putBack(plan, context)
  }
  try {
    for (const plan of plans.filter(({ action }) => action !== 'unchanged')) {
      await clock.sleep(0) // throws once the run is cancelled
      await write(plan, context, () => written.push(plan))
      log.info(`${plan.action}d work pool ${plan.name}`)
    }
  } catch (error) {
    await undo()
    throw error
  }
  return { undo }
}

async function write(plan: WorkPoolPlan, { workspace, results }: WorkPoolContext, note: () => void): Promise<void> {
  const { name, action } = plan
  const body = valuesOf(plan.body, results)
  try {
    await workspace.write(action === 'create' ? { kind: 'create-work-pool', body } : { kind: 'update-work-pool', name, body })
    note()
  } catch (error) {
    if (mayBeMade(error)) note()
    throw explained(error, name)
  }
}

function explained(error: unknown, name: string): unknown {
  if (!(error instanceof DeployError) || isCancelled(error)) return error
  const { code, message, hint, location } = error
  return new DeployError(code, `Work pool ${name} could not be written: ${message}`, { hint, location, cause: error })
}

async function putBack({ name, undoBody }: WorkPoolPlan, context: WorkPoolContext): Promise<void> {
  const { workspace, log } = context
  const what = `work pool ${name}: ${undoBody === undefined ? 'it was new and is deleted' : Object.keys(undoBody).join(', ')}`
  try {
    if (undoBody === undefined) {
      if (!(await isThere(name, context))) return
      await requireUnused(name, context)
    }
    await workspace.write(
      undoBody === undefined ? { kind: 'delete-work-pool', name } : { kind: 'update-work-pool', name, body: valuesOf(undoBody, {}) },
    )
    log.info(`put back ${what}`)
  } catch (error) {
    log.warning(`could not put back ${what}: ${messageOf(error)}`)
  }
}

/** Not after a doubtful create that was not made. */
async function isThere(name: string, { workspace }: WorkPoolContext): Promise<boolean> {
  const { workPools } = await workspace.read({ deploymentNames: [], workPools: [name] })
  return workPools.length > 0
}

/** Deleting a pool takes it away from the deployments that somebody may have put into it meanwhile. */
async function requireUnused(name: string, { survey }: WorkPoolContext): Promise<void> {
  const tenants = await survey.deploymentsOf({ workPools: [name] })
  if (tenants.length > 0) throw new Error(`it has deployments: ${tenants.map(fullName).join(', ')}`)
}

function valuesOf(body: PlannedObject, results: Results): JsonObject {
  const values = reveal(body, results)
  return isObject(values) ? values : {}
}
