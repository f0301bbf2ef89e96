import type { Problem, Warning } from '../errors.ts'
import { isFields } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import { containerTraps } from './container-traps.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { poolPinOf } from './job-image.ts'
import type { Pin } from './job-image.ts'
import { judge } from './judged.ts'
import type { FlowTaskDefinition } from './judged.ts'
import { nameTraps } from './name-traps.ts'
import { poolTraps } from './pool-traps.ts'
import { scheduleTraps } from './schedule-traps.ts'
import { secretTraps, unusedSecrets } from './secret-traps.ts'
import { sizeTraps } from './size-traps.ts'
import { variableTraps } from './variable-traps.ts'
import { refusals } from './worker-traps.ts'

/** What a release would do and nobody wants: problems stop it, warnings do not. */
export type Traps = { readonly problems: readonly Problem[]; readonly warnings: readonly Warning[] }

export type TrappedDeployment = { readonly desired: DesiredDeployment; readonly config: DeploymentConfig; readonly pool: LiveWorkPool }

/**
 * Judges all deployments of a release by what their workers will really use, in pools as they will be. What is wrong
 * with a pool is said once, where the first of its deployments is.
 * @param taskDefinitions of this release, as they will be registered, and their containers that get the image.
 */
export function trapsOf(
  deployments: readonly TrappedDeployment[], taskDefinitions: readonly FlowTaskDefinition[], pin: Pin = 'deployment',
): Traps {
  const found = deployments.map((each) => deploymentTraps(each, { taskDefinitions, pin }))
  return {
    problems: distinct(found.flatMap(({ problems }) => problems)),
    warnings: distinct([...found.flatMap(({ warnings }) => warnings), ...nameTraps(deployments.map(({ desired }) => desired))]),
  }
}

type TrapOptions = { readonly taskDefinitions: readonly FlowTaskDefinition[]; readonly pin: Pin }

function deploymentTraps({ desired, config, pool }: TrappedDeployment, { taskDefinitions, pin }: TrapOptions): Traps {
  const warnings = [...scheduleTraps(desired, config), ...poolTraps(pool, config.locationOf('work_pool'))]
  if (!isEcs(pool)) return { problems: [], warnings }
  const jobVariables = desired.fields.job_variables
  const pinned = poolPinOf({ config, pool, families: taskDefinitions.map(({ family }) => family), pin })
  const judged = judge(isFields(jobVariables) ? jobVariables : {}, { config, pool, taskDefinitions, pinned })
  return {
    // What runs a push pool is not open: that it refuses the same is not known.
    problems: pool.type === 'ecs' ? [...refusals(judged), ...containerTraps(judged), ...secretTraps(judged)] : [],
    warnings: [...variableTraps(judged), ...sizeTraps(judged), ...unusedSecrets(judged), ...warnings],
  }
}

/** A worker in the account, or Prefect Cloud in its place. */
function isEcs({ type }: LiveWorkPool): boolean {
  return type === 'ecs' || type === 'ecs:push'
}

function distinct<T extends Problem | Warning>(found: readonly T[]): T[] {
  return [...new Map(found.toReversed().map((each) => [`${each.code} ${each.message}`, each])).values()].toReversed()
}
