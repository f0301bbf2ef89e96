import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../planned.ts'
import type { Change, Json, JsonObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import { pauseWarnings } from './pause-overridden.ts'
import type { DeploymentPlan } from './plan.ts'
import { findScheduleOf } from './raw-schedules.ts'
import { findTriggerOf } from './raw-triggers.ts'

export type Versions = {
  /** As the file has it now. */
  readonly config: DeploymentConfig
  /** As the file had it before the change, {@link basesOf}; undefined when that is not known. */
  readonly base: DeploymentConfig | undefined
}

/**
 * Marks the changes that are none of the file: it says the same as before, so somebody set the live value elsewhere. Not
 * for a takeover, which overwrites all of it anyway, nor for what has no value of its own in the file. Adds a warning for
 * each pause that the file overrides.
 */
export function markOutside(plan: DeploymentPlan, versions: Versions): DeploymentPlan {
  const { config, base } = versions
  if (plan.action !== 'update') return plan
  const isOurs = plan.warnings.some(({ code }) => code === 'deployment-incomplete')
  const isMarked = (change: Change) => base !== undefined && !plan.isTakeover && !isOurs && isOutside(change, config, base)
  return {
    ...plan,
    changes: plan.changes.map((change) => (isMarked(change) ? { ...change, isOutside: true } : change)),
    warnings: [...plan.warnings, ...pauseWarnings(plan, versions)],
  }
}

/** Finds the same deployment in another version of the file: by its name, and by its entrypoint where several have that name. */
export function basesOf(configs: readonly DeploymentConfig[]): (config: DeploymentConfig) => DeploymentConfig | undefined {
  const byName = new Map<string, DeploymentConfig[]>()
  for (const config of configs) {
    const same = byName.get(config.name)
    if (same === undefined) byName.set(config.name, [config])
    else same.push(config)
  }
  return ({ name, entrypoint }) => {
    const same = byName.get(name) ?? []
    return same.find((each) => each.entrypoint === entrypoint) ?? (same.length === 1 ? same[0] : undefined)
  }
}

function isOutside({ path }: Change, config: DeploymentConfig, base: DeploymentConfig): boolean {
  const now = rawValue(path, config)
  const before = rawValue(path, base)
  return now !== UNTOLD && before !== UNTOLD && isDeepStrictEqual(now, before) && !isOpen(now)
}

/** What the file does not decide by a value at one place. */
const UNTOLD: unique symbol = Symbol('untold')
type Raw = Json | undefined | typeof UNTOLD

/** What the file says at the path of a change, its placeholders as they are; undefined where it says nothing. */
function rawValue(path: string, config: DeploymentConfig): Raw {
  const [field, rest] = split(path)
  switch (field) {
    case 'description': return config.description ?? UNTOLD
    case 'tags': return config.tags
    case 'parameters': return valueAt(config.parameters, rest)
    case 'work_pool_name': return config.workPool.name
    case 'work_queue_name': return config.workPool.queue
    case 'job_variables': return /^(image|task_definition_arn|)$/.test(rest) ? UNTOLD : valueAt(config.workPool.jobVariables, rest)
    case 'concurrency_limit':
    case 'concurrency_options': return config.concurrencyLimit
    case 'paused': return config.paused
    case 'enforce_parameter_schema': return config.enforceParameterSchema
    case 'schedules': return scheduleValue(rest, config)
    case 'triggers': return triggerValue(rest, config)
    default: return UNTOLD
  }
}

/** A slug is no setting but a name, which nobody takes away in the UI. */
function scheduleValue(path: string, config: DeploymentConfig): Raw {
  const { schedule, rest } = findScheduleOf(config, path)
  if (rest === 'slug') return UNTOLD
  return rest === '' ? schedule : valueAt(schedule ?? {}, rest)
}

/** A path is `<name>` or `<name>.<field>`, and a name may have dots; what a trigger leaves out has Prefect's default. */
function triggerValue(path: string, config: DeploymentConfig): Raw {
  const { trigger, rest } = findTriggerOf(config, path)
  return rest === '' ? trigger : valueAt(trigger ?? {}, rest)
}

/** A path is dotted, and so may be a key. */
function valueAt(value: JsonObject, path: string): Json | undefined {
  if (path === '' || path in value) return path === '' ? value : value[path]
  const key = Object.keys(value).find((each) => path.startsWith(`${each}.`))
  const inner = key === undefined ? undefined : value[key]
  return key !== undefined && isObject(inner) ? valueAt(inner, path.slice(key.length + 1)) : undefined
}

function split(path: string): [string, string] {
  const dot = path.indexOf('.')
  return dot === -1 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)]
}

/** A placeholder can have another value than before while the file says the same. */
function isOpen(value: Json | undefined): boolean {
  return value !== undefined && JSON.stringify(value).includes('{{')
}
