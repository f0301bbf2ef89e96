import type { Location } from '../errors.ts'
import { isFields, isItems, PlannedText, revisionOf } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { effectiveJob, isEmpty } from './effective-job.ts'
import type { EffectiveJob, Setting } from './effective-job.ts'

/** The task definition of this release as it is registered, and its container that gets the image. */
export type FlowTaskDefinition = { readonly family: string; readonly definition: PlannedObject; readonly container: string }

/** What a run of a deployment runs on. */
export type RunDefinition =
  | ({ readonly origin: 'release' } & FlowTaskDefinition)
  /** The worker registers one of the pool's template, as it stands here. */
  | { readonly origin: 'worker'; readonly definition: PlannedObject }
  /** A revision that is not of this release, whose content is not known here. */
  | { readonly origin: 'elsewhere'; readonly arn: Setting }

/** A deployment of an ECS pool, as its worker sees it. */
export type Judged = {
  readonly config: DeploymentConfig
  readonly pool: LiveWorkPool
  readonly job: EffectiveJob
  readonly run: RunDefinition
}

/** The part of the job configuration that RunTask gets. */
export const REQUEST = 'task_run_request'

export type JudgeOptions = Pick<Judged, 'config' | 'pool'> & {
  readonly taskDefinitions: readonly FlowTaskDefinition[]
  /** What the release makes the defaults of the pool. */
  readonly pinned?: PlannedObject
}

export function judge(jobVariables: PlannedObject, { config, pool, taskDefinitions, pinned }: JudgeOptions): Judged {
  const job = effectiveJob(jobVariables, pool, pinned)
  return { config, pool, job, run: runDefinitionOf(job, taskDefinitions) }
}

/**
 * Whose setting it is and where a user mends it. What a pool says is told of the pool alone, in the same words for every
 * deployment, so that it is told once.
 */
export function ownerOf(setting: Setting | undefined, { config, pool }: Judged): { readonly owner: string; readonly location: Location } {
  return setting?.origin === 'deployment' && setting.variable !== undefined
    ? { owner: `deployment "${config.name}"`, location: config.locationOf('work_pool', 'job_variables', setting.variable) }
    : { owner: `work pool "${pool.name}"`, location: config.locationOf('work_pool') }
}

/** The launch type of a run's request; undefined while it stands open or is not known here. */
export function launchTypeOf({ job }: Judged): { readonly isKnown: boolean; readonly launchType: string | undefined } {
  const value = job.setting(REQUEST, 'launchType')?.value
  const isKnown = value === undefined || (typeof value === 'string' && !value.includes('{{'))
  return { isKnown, launchType: isKnown ? value : undefined }
}

/** The containers of a task definition, as far as they are such. */
export function containersOf(definition: Planned | undefined): readonly PlannedObject[] {
  const containers = isFields(definition) ? definition.containerDefinitions : undefined
  return isItems(containers) ? containers.filter(isFields) : []
}

/** A family without revision is its newest one, which is this release's once that is registered. */
function runDefinitionOf(job: EffectiveJob, taskDefinitions: readonly FlowTaskDefinition[]): RunDefinition {
  const arn = job.setting(REQUEST, 'taskDefinition')
  if (arn === undefined) return { origin: 'worker', definition: completed(job) }
  const ours = taskDefinitions.find(({ family }) => isRevision(arn.value, family) || arn.value === family)
  return ours === undefined ? { origin: 'elsewhere', arn } : { origin: 'release', ...ours }
}

/** As the worker completes the pool's template for Fargate (`_prepare_task_definition`). */
function completed({ configuration, setting }: EffectiveJob): PlannedObject {
  const template = isFields(configuration.task_definition) ? configuration.task_definition : {}
  const definition = Object.fromEntries(Object.entries(template).filter(([, value]) => !isEmpty(value)))
  const launchType = setting(REQUEST, 'launchType')?.value
  if (launchType !== 'FARGATE' && launchType !== 'FARGATE_SPOT') return definition
  const { requiresCompatibilities: given = [], networkMode = 'awsvpc', cpu = '1024', memory = '2048' } = definition
  const compatibilities = isItems(given) ? given : []
  return { ...definition, networkMode, cpu, memory, requiresCompatibilities: [...new Set([...compatibilities, 'FARGATE'])] }
}

function isRevision(value: Planned, family: string): boolean {
  return value instanceof PlannedText && value.parts.some((part) => typeof part !== 'string' && part.result === revisionOf(family))
}
