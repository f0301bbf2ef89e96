import type { Problem } from '../errors.ts'
import type { Planned } from '../planned.ts'
import type { Setting } from './effective-job.ts'
import { containersOf, ownerOf, REQUEST } from './judged.ts'
import type { FlowTaskDefinition, Judged } from './judged.ts'

export type RunContainer = {
  /** That a run's overrides are for; undefined when it is not known here. */
  readonly name: string | undefined
  /** What says so, if something does. */
  readonly setting: Setting | undefined
  /** Whether the worker takes it for the flow's container, and so gives it command and environment. */
  readonly isTold: boolean
}

/**
 * The container that a run's overrides go to: what the pool's template calls it, else `container_name`, else one named
 * `prefect` or the first one (`_prepare_task_run_request` in prefect_aws/workers/ecs_worker.py).
 */
export function runContainerOf(judged: Judged): RunContainer {
  const { job } = judged
  const override = job.setting(REQUEST, 'overrides', 'containerOverrides', 0, 'name')
  const setting = job.setting('container_name')
  const flow = setting === undefined ? inferredName(judged) : setting.value
  const name = override === undefined ? flow : override.value
  return { name: isName(name) ? name : undefined, setting: override ?? setting, isTold: name === flow }
}

/** What the run is told lands in a container that does not run the flow, or in none. */
export function containerTraps(judged: Judged): Problem[] {
  const { run, job, pool } = judged
  if (run.origin === 'worker') return missingInTemplate(judged)
  if (run.origin === 'elsewhere' || job.setting(REQUEST, 'overrides', 'containerOverrides') === undefined) return []
  const container = runContainerOf(judged)
  if (container.name === undefined || (container.name === run.container && container.isTold)) return []
  const { owner, location } = ownerOf(container.setting, judged)
  const hint = job.usesOf('container_name').length > 0
    ? `Set the job variable container_name to "${run.container}" in work pool or deployment, or name the container "prefect".`
    : `Work pool "${pool.name}" has no variable container_name: name the container "prefect".`
  return [{ code: 'container-ambiguous', message: `${owner} ${misplaced(container, run)}`, hint, location }]
}

function misplaced({ name = '', isTold }: RunContainer, { family, definition, container }: FlowTaskDefinition): string {
  const definitionName = `task definition "${family}"`
  if (!namesOf(definition).includes(name)) {
    return `gives command and environment of a run to a container "${name}", which ${definitionName} does not have`
  }
  return isTold
    ? `gives command and environment of a run to container "${name}" of ${definitionName}, but the flow runs in "${container}"`
    : `overrides container "${name}" of ${definitionName}, which is not its container_name: a run gets neither command nor environment`
}

/** Where the worker makes the definition itself, it adds a container `prefect`, but none of another name. */
function missingInTemplate(judged: Judged): Problem[] {
  const setting = judged.job.setting('container_name')
  const name = setting?.value
  const names = namesOf(judged.job.configuration.task_definition)
  if (!isName(name) || name === 'prefect' || names.length === 0 || names.includes(name)) return []
  const { owner, location } = ownerOf(setting, judged)
  return [{
    code: 'worker-would-refuse',
    message: `${owner} has container_name "${name}", which the pool's task definition lacks: the ECS worker raises an error for every run`,
    hint: `It has ${names.join(', ')}.`,
    location,
  }]
}

/** Of the pool's template, as far as that names one, then of the task definition (`_container_name_from_task_definition`). */
function inferredName({ job, run }: Judged): string | undefined {
  return preferred(job.configuration.task_definition) ?? (run.origin === 'elsewhere' ? undefined : preferred(run.definition))
}

function preferred(definition: Planned | undefined): string | undefined {
  const containers = containersOf(definition)
  if (containers.some(({ name }) => name === 'prefect')) return 'prefect'
  const name = containers[0]?.name
  return isName(name) ? name : undefined
}

function namesOf(definition: Planned | undefined): string[] {
  return containersOf(definition).flatMap(({ name }) => (isName(name) ? [name] : []))
}

/** A block's value or the worker's environment is not known here. */
function isName(value: Planned | undefined): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('{{')
}
