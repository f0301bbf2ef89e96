import { throwProblems } from '../errors.ts'
import type { Problem, Warning } from '../errors.ts'
import type { Flow } from '../flow.ts'
import { isItems, isObject } from '../planned.ts'
import type { Json, Planned, PlannedObject } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import { jobVariableProblems, parameterProblems } from './conformance.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Concurrency, DesiredDeployment, DesiredFields, KeptField } from './desired-deployment.ts'
import { placeImage } from './job-image.ts'
import type { Pin } from './job-image.ts'
import { pullStepsOf } from './pull-steps.ts'
import { Rendering } from './rendering.ts'
import type { ReleaseImage, Sources, StepOutputs } from './rendering.ts'
import { readSchedule } from './schedule.ts'
import type { DesiredSchedule } from './schedule.ts'
import { readSlas } from './slas.ts'
import { readTriggers } from './triggers.ts'
import { versionOf } from './version.ts'

export type DesireOptions = Sources & {
  /** With its names resolved: `resolveNames`. */
  readonly config: DeploymentConfig
  readonly flow: Flow
  readonly pool: LiveWorkPool
  readonly image: ReleaseImage & { readonly workingDirectory: string }
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
  /** Where the image goes; to the deployment by default. */
  readonly pin?: Pin
  readonly stepOutputs?: StepOutputs
  readonly keep?: readonly KeptField[]
  /** Whether the workspace is Prefect Cloud's; undefined when that is not known. */
  readonly isCloud?: boolean | undefined
}

/**
 * What a deployment is to be: its part of the file, rendered, with Prefect's defaults, the flow's metadata and this
 * release's image.
 * @throws DeployError with all that is wrong with it: placeholders, schedules, parameters, job variables, work pool.
 */
export function desireDeployment(options: DesireOptions): { readonly desired: DesiredDeployment; readonly warnings: readonly Warning[] } {
  const { config, flow, pool, image } = options
  const rendering = new Rendering(config, options, options)
  const { problems } = rendering
  const parameters = fieldsOf(rendering.render(config.parameters, 'here', ['parameters']))
  const given = fieldsOf(rendering.render(config.workPool.jobVariables, 'job', ['work_pool', 'job_variables']))
  const { jobVariables, warnings } = placeImage(given, options)
  const schedules = renderSchedules(config, rendering)
  const triggers = readTriggers(config, rendering, options)
  const slas = readSlas(config, rendering, options.isCloud)
  const pullSteps = pullStepsOf(config, rendering, image.workingDirectory)
  const fields: DesiredFields = {
    description: textOr(rendering.render(config.description ?? null, 'here', ['description']), flow.description),
    tags: tagsOf(rendering.render(config.tags, 'here', ['tags']), config, problems),
    entrypoint: config.entrypoint,
    pull_steps: pullSteps.steps,
    work_pool_name: config.workPool.name,
    work_queue_name: config.workPool.queue ?? null,
    job_variables: jobVariables,
    parameters,
    parameter_openapi_schema: flow.parameterSchema,
  }
  problems.push(...jobVariableProblems(jobVariables, pool, { config, path: ['work_pool', 'job_variables'] }))
  if (config.enforceParameterSchema !== false) problems.push(...allParameterProblems(config, { flow, parameters, schedules }))
  const version = versionOf(config, rendering, { flow, environment: options.environment })
  throwProblems(problems)
  return {
    desired: {
      name: config.name,
      flowName: flow.name,
      location: config.location,
      paused: config.paused,
      schedules,
      hasScheduleKey: config.schedules !== undefined,
      concurrency: concurrencyOf(config.concurrencyLimit),
      enforceParameterSchema: config.enforceParameterSchema,
      triggers,
      hasTriggersKey: config.hasTriggersKey,
      slas,
      keep: options.keep ?? [],
      version,
      fields,
    },
    warnings: [...rendering.warnings, ...warnings, ...pullSteps.warnings],
  }
}

function renderSchedules(config: DeploymentConfig, rendering: Rendering): DesiredSchedule[] {
  return (config.schedules ?? []).flatMap((schedule, index) => {
    const path = config.schedulePath(index)
    const read = readSchedule(fieldsOf(rendering.render(schedule, 'deploy', path)), (...key) => config.locationOf(...path, ...key), rendering.problems)
    return read === undefined ? [] : [read]
  })
}

type Parametrized = { readonly flow: Flow; readonly parameters: PlannedObject; readonly schedules: readonly DesiredSchedule[] }

function allParameterProblems(config: DeploymentConfig, { flow, parameters, schedules }: Parametrized): Problem[] {
  return [
    ...parameterProblems(parameters, flow.parameterSchema, { config, path: ['parameters'] }),
    ...schedules.flatMap((schedule, index) =>
      parameterProblems(schedule.parameters, flow.parameterSchema, { config, path: [...config.schedulePath(index), 'parameters'] })),
  ]
}

/** Prefect makes text of every tag, as Python writes it, and leaves empty ones out. */
function tagsOf(tags: Planned | undefined, config: DeploymentConfig, problems: Problem[]): readonly Planned[] {
  if (tags === undefined || tags === null || tags === '') return []
  if (isItems(tags)) {
    const texts = tags.map((tag) => (typeof tag === 'object' ? tag : typeof tag === 'boolean' ? pythonWord(tag) : String(tag)))
    return texts.filter((tag) => typeof tag !== 'string' || tag.trim() !== '')
  }
  problems.push({
    code: 'prefect-file-invalid',
    message: `tags of deployment "${config.name}" are no list`,
    hint: 'Write tags: [one, two].',
    location: config.locationOf('tags'),
  })
  return []
}

function pythonWord(flag: boolean): string {
  return flag ? 'True' : 'False'
}

/** A number, or a mapping of which Prefect requires the strategy; without, it is the server's default. */
function concurrencyOf(given: Json): Concurrency | null {
  if (typeof given === 'number') return { limit: given, options: null }
  if (!isObject(given) || typeof given.limit !== 'number') return null
  const { limit, collision_strategy: strategy, grace_period_seconds: grace } = given
  const options = { collision_strategy: strategy ?? 'ENQUEUE', ...(typeof grace === 'number' && { grace_period_seconds: grace }) }
  return { limit, options: strategy === undefined && grace === undefined ? null : options }
}

function textOr(value: Planned | undefined, fallback: string | null): Planned {
  return value === undefined || value === null || value === '' ? fallback : value
}

function fieldsOf(value: Planned | undefined): PlannedObject {
  return typeof value === 'object' && value !== null && !isItems(value) && !('parts' in value) ? value : {}
}
