import { isDeepStrictEqual } from 'node:util'
import { DeployError } from '../errors.ts'
import type { Warning } from '../errors.ts'
import { isObject, PlannedText, resultOf, revisionOf } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { jobPlaceholders } from './effective-job.ts'
import { namedFamily, placeholderOf } from './named-definition.ts'
import type { ReleaseImage } from './rendering.ts'

/** The job variable by which a pool's workers get what flows run on; undefined for a pool whose workers run them in their own process. */
export type ImageVariable = 'task_definition_arn' | 'image' | undefined

/** Where the image is pinned: in each deployment's job variables, or once in the default of their work pool. */
export type Pin = 'deployment' | 'pool'

export type JobImageOptions = {
  readonly config: DeploymentConfig
  readonly pool: LiveWorkPool
  readonly image: ReleaseImage
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  readonly pin?: Pin
}

export type PlacedImage = { readonly jobVariables: PlannedObject; readonly warnings: readonly Warning[] }

/** @throws DeployError `work-pool-missing`. */
export function findWorkPool(config: DeploymentConfig, pools: readonly LiveWorkPool[]): LiveWorkPool {
  const pool = pools.find(({ name }) => name === config.workPool.name)
  if (pool !== undefined) return pool
  const message = `deployment "${config.name}" wants the work pool "${config.workPool.name}", which does not exist`
  throw new DeployError('work-pool-missing', message, {
    hint: 'Create the pool with prefect work-pool create or by the input work-pool-template, or correct its name.', location: config.locationOf('work_pool', 'name'),
  })
}

/**
 * A variable counts only when the pool's template defines it and uses it: older pools lack newer variables, and one
 * that nothing refers to has no effect.
 * @throws DeployError `work-pool-unsupported` for a pool that can get neither.
 */
export function imageVariableOf({ config, pool, families }: Omit<JobImageOptions, 'image'>): ImageVariable {
  const location = config.locationOf('work_pool')
  const refuse = (message: string, hint: string) =>
    new DeployError('work-pool-unsupported', `work pool "${pool.name}" (${pool.type}) ${message}`, { hint, location })
  if (pool.type === 'prefect-agent') throw refuse('is for agents, which run no such deployments', 'Use a pool of type ecs.')
  if (pool.type === 'process') return undefined
  const takes = (variable: string) => isReferenced(pool, variable)
  if (families.length > 0 && takes('task_definition_arn')) return 'task_definition_arn'
  if (takes('image')) return 'image'
  throw takes('task_definition_arn')
    ? refuse('takes a task definition and no image', 'Set the input task-definition.')
    : refuse('takes neither "image" nor "task_definition_arn"', 'Refer to one of them in the job configuration of its base job template.')
}

function isReferenced({ baseJobTemplate }: LiveWorkPool, variable: string): boolean {
  const { variables, job_configuration: job } = baseJobTemplate
  const isDefined = isObject(variables) && isObject(variables.properties) && variable in variables.properties
  return isDefined && isObject(job) && jobPlaceholders(job).some(({ name }) => name === variable)
}

/**
 * What this release makes the default of a job variable in the pool: nothing when each deployment has it, when this one
 * has a task definition of its own beside several, or when the pool's workers run flows in their own process.
 * @throws DeployError as {@link imageVariableOf} and {@link ownRevision}.
 */
export function poolPinOf(options: Omit<JobImageOptions, 'image'>): PlannedObject {
  const variable = options.pin === 'pool' ? imageVariableOf(options) : undefined
  if (variable === 'image') return { image: resultOf('image') }
  const { config: { workPool: { jobVariables } }, families } = options
  const isNamed = families.length === 1 || namedFamily(options.config, families) !== undefined || (jobVariables.task_definition_arn ?? null) === null
  return variable === 'task_definition_arn' && isNamed ? { task_definition_arn: ownRevision(options) } : {}
}

/**
 * The revision of this release that a deployment runs on.
 * @throws DeployError `task-definition-ambiguous` when there are several and the deployment names none.
 */
function ownRevision({ config, families }: Omit<JobImageOptions, 'image'>): Planned {
  const family = namedFamily(config, families)
  if (family !== undefined) return resultOf(revisionOf(family))
  throw new DeployError('task-definition-ambiguous', `deployment "${config.name}" does not say which task definition it runs on: ${families.join(' or ')}`, {
    hint: `Write task_definition_arn: "${placeholderOf(families[0] ?? '')}" into its job variables, with the family that it is to run on.`,
    location: config.locationOf('work_pool', 'job_variables'),
  })
}

/**
 * The job variables with this release's image or task definition in its place, unless the file says otherwise or the
 * pool has it: a value of the deployment's own would beat the pool's.
 * @throws DeployError for a pool without place for them, for several task definitions of which none is named, and for a
 * fixed image beside a task definition, which the worker would ignore.
 */
export function placeImage(given: PlannedObject, options: JobImageOptions): PlacedImage {
  const placed = placeInDeployment(given, options)
  const pinned = poolPinOf(options)
  const own = Object.entries(placed.jobVariables).filter(([name, value]) => !(name in pinned && isDeepStrictEqual(value, pinned[name])))
  return { ...placed, jobVariables: Object.fromEntries(own) }
}

function placeInDeployment(given: PlannedObject, options: JobImageOptions): PlacedImage {
  const { config, image } = options
  const variable = imageVariableOf(options)
  const jobVariables = 'image' in given && isReleaseImage(given.image, image) ? { ...given, image: resultOf('image') } : given
  const ignored = (reason: string, hint: string): Warning => ({
    code: 'image-ignored',
    message: `deployment "${config.name}" ${reason}, so the image of this release is not used`,
    hint,
    location: config.locationOf('work_pool'),
  })
  if (variable === undefined) {
    const hint = 'Roll the worker itself, with the inputs service and service-container-name.'
    return { jobVariables, warnings: [ignored('runs inside its worker', hint)] }
  }
  const arn = jobVariables.task_definition_arn ?? (variable === 'task_definition_arn' ? ownRevision(options) : undefined)
  if (arn !== undefined) {
    const hint = 'Remove task_definition_arn from its job variables.'
    return {
      jobVariables: { ...withoutImage(jobVariables, config), task_definition_arn: arn },
      warnings: isResult(arn) ? [] : [ignored('names its own task definition', hint)],
    }
  }
  const own = jobVariables.image ?? resultOf('image')
  const hint = 'Remove image from its job variables, or write "{{ image }}".'
  return { jobVariables: { ...jobVariables, image: own }, warnings: isResult(own) ? [] : [ignored('names its own image', hint)] }
}

function withoutImage(jobVariables: PlannedObject, config: DeploymentConfig): PlannedObject {
  const { image, ...others } = jobVariables
  if (image === undefined || image === null || isResult(image)) return others
  const message = `deployment "${config.name}" has an image beside a task definition; the worker would ignore it`
  throw new DeployError('job-variables-invalid', message, {
    hint: 'Remove "image" from its job variables: the image is in the task definition.',
    location: config.locationOf('work_pool', 'job_variables', 'image'),
  })
}

/** `repository:tag` is this release's image too, and pinned by its digest like every other place. */
function isReleaseImage(value: Planned | undefined, { name, tag }: ReleaseImage): boolean {
  return value === `${name}:${tag ?? ''}`
}

/** Whether it is, or has in it, what this release makes. */
export function isResult(value: Planned | undefined): boolean {
  return value instanceof PlannedText && value.parts.some((part) => typeof part !== 'string')
}
