import { isDeepStrictEqual } from 'node:util'
import { DeployError } from '../errors.ts'
import { isKnown, isObject, resolve, reveal } from '../planned.ts'
import type { Change, Json, JsonObject, Planned, PlannedObject, Results } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import { changesBetween } from './changes.ts'
import type { WorkPoolTemplate } from './template.ts'

/** What a release does to a work pool that it manages: by `work-pool-template`, or to pin the image in it. */
export type WorkPoolPlan = {
  readonly name: string
  readonly action: 'create' | 'update' | 'unchanged'
  readonly changes: readonly Change[]
  /** As it is after the release: what deployments are judged by. A value that is not known yet is left out of it. */
  readonly pool: LiveWorkPool
  /** `flow/deployment` of all other deployments that run in it. */
  readonly sharedWith: readonly string[]
  /** What `POST` or `PATCH` of the pool is given; results of this release are resolved when it is written. */
  readonly body: PlannedObject
  /** What puts the live pool back; undefined for one that is created, which is deleted again. */
  readonly undoBody: PlannedObject | undefined
}

/** The variable of a pool's template whose default is what this release makes, and what that is. */
export type PoolPin = { readonly variable: string; readonly value: Planned }

/** A pool that a release manages. */
export type ManagedWorkPool = {
  readonly name: string
  readonly template: WorkPoolTemplate | undefined
  readonly pin: PoolPin | undefined
}

/**
 * What makes a pool what it is to be; it is never paused or resumed, and what the template does not say stays. Pure:
 * with the same pool read again after the write, the plan is empty.
 * @param live undefined when there is no such pool.
 * @param results of this release so far; what is still unknown is a change.
 * @throws DeployError `work-pool-template-invalid` for another type than the live one, `work-pool-missing` for a pool to
 * pin without template.
 */
export function planWorkPool(managed: ManagedWorkPool, live: LiveWorkPool | undefined, results: Results): WorkPoolPlan {
  const { name, template, pin } = managed
  const pool = templatedPool(name, template, live)
  const pinned = pin === undefined ? pool.baseJobTemplate : withDefault(pool.baseJobTemplate, pin.variable, resolve(pin.value, results))
  const desired: PlannedObject = { ...fieldsOf(template), base_job_template: pinned }
  const plan = { name, sharedWith: [], pool: { ...pool, baseJobTemplate: isKnown(pinned) ? known(pinned) : unpinned(pool.baseJobTemplate, pin) } }
  if (live === undefined) {
    const fields = { type: pool.type, ...desired }
    return { ...plan, action: 'create', changes: changesBetween({}, fields), body: { name, ...fields }, undoBody: undefined }
  }
  const before: JsonObject = { description: live.description ?? null, concurrency_limit: live.concurrencyLimit ?? null, base_job_template: live.baseJobTemplate }
  const different = Object.keys(desired).filter((field) => !isDeepStrictEqual(before[field], desired[field]))
  return {
    ...plan,
    action: different.length === 0 ? 'unchanged' : 'update',
    changes: changesBetween(before, desired),
    body: pick(desired, different),
    undoBody: pick(before, different),
  }
}

/**
 * The pool with its template, and without what this release pins in it: which variable that is, the template decides.
 * @throws as {@link planWorkPool}.
 */
export function templatedPool(name: string, template: WorkPoolTemplate | undefined, live: LiveWorkPool | undefined): LiveWorkPool {
  if (template === undefined) {
    if (live !== undefined) return live
    throw new DeployError('work-pool-missing', `there is no work pool "${name}"`, { hint: 'Create it, or give its work-pool-template.' })
  }
  const { type = live?.type ?? derivedType(template), baseJobTemplate } = template
  if (live !== undefined && live.type !== type) {
    throw new DeployError('work-pool-template-invalid', `work pool "${name}" is of type ${live.type}, not ${type}, and a pool keeps its type`, {
      hint: 'Correct the type, or name a new pool in the template and in the Prefect file.', location: template.location,
    })
  }
  // A new pool waits for its first worker.
  return { paused: false, status: 'NOT_READY', ...live, name, type, baseJobTemplate }
}

/** Where the file does not say it: a template that makes or runs ECS tasks is for an ECS worker. */
function derivedType({ baseJobTemplate: { job_configuration: job }, location }: WorkPoolTemplate): string {
  if (isObject(job) && ('task_definition' in job || 'task_run_request' in job)) return 'ecs'
  throw new DeployError('work-pool-template-invalid', 'the template of a new work pool does not tell its type', {
    hint: 'Put the base job template under base_job_template, and beside it name and type of the pool.', location,
  })
}

/** What the file says of the pool besides its base job template; the rest stays as it is. */
function fieldsOf(template: WorkPoolTemplate | undefined): JsonObject {
  const { description, concurrencyLimit } = template ?? {}
  return { ...(description !== undefined && { description }), ...(concurrencyLimit !== undefined && { concurrency_limit: concurrencyLimit }) }
}

function withDefault(template: JsonObject, variable: string, value: Planned): PlannedObject {
  const variables = objectOf(template.variables)
  const properties = objectOf(variables.properties)
  const property = { ...objectOf(properties[variable]), default: value }
  return { ...template, variables: { ...variables, properties: { ...properties, [variable]: property } } }
}

/** While the value is not known, whatever the default is now is no longer it. */
function unpinned(template: JsonObject, pin: PoolPin | undefined): JsonObject {
  return pin === undefined ? template : known(withDefault(template, pin.variable, null))
}

function known(value: PlannedObject): JsonObject {
  return objectOf(reveal(value, {}))
}

function pick<T>(fields: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)))
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
