import type { Location, Problem } from '../errors.ts'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import { readBuildSteps } from './build-steps.ts'
import type { BuildSteps } from './build-steps.ts'
import type { Path, YamlFile } from './pyyaml.ts'

/** A deployment as the Prefect file has it, placeholders unresolved; absent and null are `undefined` where Prefect tells them apart. */
export type DeploymentConfig = {
  readonly name: string
  readonly entrypoint: string
  readonly workPool: { readonly name: string; readonly queue: string | undefined; readonly jobVariables: JsonObject }
  readonly version: string | undefined
  readonly versionType: string | undefined
  readonly description: string | undefined
  readonly tags: Json
  readonly parameters: JsonObject
  readonly enforceParameterSchema: boolean | undefined
  readonly paused: boolean | undefined
  readonly concurrencyLimit: Json
  readonly schedules: readonly JsonObject[] | undefined
  /** `[]` is no step at all, undefined the default one. */
  readonly pullSteps: readonly JsonObject[] | undefined
  readonly buildSteps: BuildSteps
  /** As they are in the file; an absent key is an empty list, and both mean that there are none. */
  readonly triggers: readonly JsonObject[]
  readonly hasTriggersKey: boolean
  /** Service level agreements; undefined leaves those of the server alone, `[]` removes them. */
  readonly slas: readonly JsonObject[] | undefined
  /** What this action cannot do yet; an error when the deployment is selected. */
  readonly unsupported: readonly Problem[]
  readonly location: Location
  /** Where a part of it is written, by the keys of the file: `locationOf('work_pool', 'job_variables')`. */
  readonly locationOf: (...path: Path) => Location
  /** The keys of a schedule, which may also be a single one under the old key. */
  readonly schedulePath: (index: number) => Path
}

/** Which deployment of the file, and the work pool of one that names none. */
type Reading = { readonly index: number; readonly defaultWorkPool?: string | undefined }

/** @param yaml a file that has passed validation. */
export function readDeployment(yaml: YamlFile, { index, defaultWorkPool = '' }: Reading): DeploymentConfig {
  const file = objectOf(yaml.value)
  const fields = objectOf(isList(file.deployments) ? file.deployments[index] : undefined)
  const pool = objectOf(fields.work_pool)
  const path = ['deployments', index]
  const locationOf = (...part: Path) => yaml.locate([...path, ...part])
  const buildSteps = readBuildSteps(['build', 'push'].flatMap((key) => stepsOf(yaml, key in fields ? [...path, key] : [key])))
  return {
    name: textOf(fields.name) ?? '',
    entrypoint: textOf(fields.entrypoint) ?? '',
    workPool: { name: nonEmpty(textOf(pool.name)) ?? defaultWorkPool, queue: textOf(pool.work_queue_name), jobVariables: objectOf(pool.job_variables) },
    version: textOf(fields.version),
    versionType: textOf(fields.version_type),
    description: textOf(fields.description),
    tags: fields.tags ?? [],
    parameters: objectOf(fields.parameters),
    enforceParameterSchema: flagOf(fields.enforce_parameter_schema),
    paused: flagOf(fields.paused),
    concurrencyLimit: fields.concurrency_limit ?? null,
    schedules: schedulesOf(fields),
    pullSteps: pullStepsOf(fields.pull) ?? pullStepsOf(file.pull),
    buildSteps,
    triggers: isList(fields.triggers) ? fields.triggers.filter(isObject) : [],
    hasTriggersKey: 'triggers' in fields,
    slas: isList(fields.sla) ? fields.sla.filter(isObject) : undefined,
    unsupported: buildSteps.unsupported,
    location: yaml.locate(path),
    locationOf,
    schedulePath: (schedule) => schedulePath(fields, schedule),
  }
}

/** The steps under a key, which may be a list or a single one, and where each is written. */
function stepsOf(yaml: YamlFile, path: Path): { step: JsonObject; location: Location }[] {
  const steps = valueAt(yaml.value, path)
  if (isObject(steps)) return Object.keys(steps).length === 0 ? [] : [{ step: steps, location: yaml.locate(path) }]
  return isList(steps) ? steps.filter(isObject).map((step, index) => ({ step, location: yaml.locate([...path, index]) })) : []
}

export function schedulePath(fields: JsonObject, index: number): Path {
  return isLegacySchedule(fields.schedule) ? ['schedule'] : ['schedules', index]
}

/** Undefined when the file does not speak of schedules at all. */
export function schedulesOf(fields: JsonObject): readonly JsonObject[] | undefined {
  if (isLegacySchedule(fields.schedule)) return [fields.schedule]
  if (fields.schedules === undefined) return undefined
  return isList(fields.schedules) ? fields.schedules.filter(isObject) : []
}

export function isLegacySchedule(schedule: Json | undefined): schedule is JsonObject {
  return isObject(schedule) && Object.keys(schedule).length > 0
}

/** Only a list is a choice: null and `{}` leave it to what stands further out, then to the default. */
function pullStepsOf(pull: Json | undefined): readonly JsonObject[] | undefined {
  if (isList(pull)) return pull.filter(isObject)
  return isObject(pull) && Object.keys(pull).length > 0 ? [pull] : undefined
}

function valueAt(value: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((part, key) => {
    if (typeof key === 'string') return objectOf(part)[key]
    return isList(part) ? part[key] : undefined
  }, value)
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function flagOf(value: Json | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}
