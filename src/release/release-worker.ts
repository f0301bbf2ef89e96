import { needsWorker } from '../deployment/pool-traps.ts'
import type { Log, Ports } from '../ports.ts'
import type { RolloutOptions } from '../service/rollout.ts'
import { startedWorker } from '../service/worker-command.ts'

/**
 * The worker that a service's revision starts: in the pool that its command names, otherwise in one of the release's own.
 * Undefined when that cannot be told, or when the pools need none: Prefect Cloud itself runs what comes to push and
 * managed pools.
 */
export async function expectWorker(
  targetArn: string, workPools: readonly string[], { taskDefinitions, workspace, log }: Pick<Ports, 'taskDefinitions' | 'workspace'> & { readonly log: Log },
): Promise<RolloutOptions['worker']> {
  const revision = await taskDefinitions.describe(targetArn)
  const started = revision && startedWorker(revision.definition)
  if (started?.pool !== undefined) return { pools: [started.pool], isTold: true, name: started.name, workspace }
  const live = workPools.length === 0 ? [] : (await workspace.read({ deploymentNames: [], workPools })).workPools
  const pools = live.filter(needsWorker).map(({ name }) => name)
  if (pools.length > 0) return { pools, isTold: false, name: started?.name, workspace }
  log.info('Whether a new worker comes online is not looked at: no work pool is known that it polls')
  return undefined
}
