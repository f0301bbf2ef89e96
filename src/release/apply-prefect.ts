import { applyDeployments } from '../deployment/apply.ts'
import type { DeploymentOutcome } from '../deployment/apply.ts'
import { deploymentsNotTaken } from '../deployment/verify.ts'
import { DeployError, throwProblems } from '../errors.ts'
import type { PlannedRelease } from './plan-release.ts'
import type { Results } from '../planned.ts'
import type { Log, Ports } from '../ports.ts'
import type { LiveState } from '../prefect-ports.ts'
import { applyWorkPools } from '../work-pool/apply.ts'
import { poolsNotTaken } from '../work-pool/verify.ts'

/** `results` are what the earlier layers have made. */
export type PrefectContext = { readonly ports: Ports; readonly log: Log; readonly results: Results }

export type PrefectOutcome = {
  readonly deployments: readonly DeploymentOutcome[]
  /** Why what was written could not be read back; it is written all the same. */
  readonly unread: DeployError | undefined
}

/** What was read for the plan counts for this long: no build, no rollout and no pull has come in between. */
const FRESH_MS = 10_000

/**
 * Work pools, then deployments, both planned once more with what the earlier layers have made, and read back in one read;
 * none of it where nothing was planned.
 * @throws DeployError of the write that failed, or `write-not-taken`, after all that was written here has been put back.
 */
export async function applyPrefect(planned: PlannedRelease, context: PrefectContext): Promise<PrefectOutcome> {
  const { layers, replan, replanWorkPools } = planned
  const { ports, log, results } = context
  const isWritten = [...layers.workPools, ...layers.deployments].some(({ action }) => action !== 'unchanged')
  if (!isWritten) return { deployments: await applyDeployments(layers.deployments, { results, ...ports, log }), unread: undefined }
  const live = await currentState(planned, ports)
  const pools = await applyWorkPools(replanWorkPools(live, results), { results, ...ports, log })
  let unread: DeployError | undefined
  const verify = async () => {
    unread = await readBack(planned, context)
  }
  try {
    const deployments = await applyDeployments(replan(live, results), { results, ...ports, log, verify })
    for (const { action, name } of deployments) if (action !== 'unchanged') log.info(`${action}d ${name}`)
    return { deployments, unread }
  } catch (error) {
    await pools.undo()
    throw error
  }
}

/** Somebody may have changed or paused a deployment while the image was built or the service rolled. */
async function currentState({ live, readAt, query }: PlannedRelease, { workspace, clock }: Ports): Promise<LiveState> {
  return clock.now().getTime() - readAt.getTime() < FRESH_MS ? live : workspace.read(query)
}

/**
 * Compares once more: some servers answer a write well and leave out a part of it.
 * @returns why it could not be read, if so.
 * @throws DeployError `write-not-taken`
 */
async function readBack(
  { layers, query, replan, replanWorkPools }: PlannedRelease, { ports: { workspace }, results }: PrefectContext,
): Promise<DeployError | undefined> {
  let live: LiveState
  try {
    live = await workspace.read(query)
  } catch (error) {
    if (error instanceof DeployError) return error
    throw error
  }
  throwProblems([
    ...poolsNotTaken(layers.workPools, replanWorkPools(live, results)),
    ...deploymentsNotTaken(layers.deployments, replan(live, results), { results, workspace }),
  ])
  return undefined
}
