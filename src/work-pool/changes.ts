import { isDeepStrictEqual } from 'node:util'
import { isFields, isItems, PlannedText, sensitive } from '../planned.ts'
import type { Change, Planned, PlannedObject } from '../planned.ts'
import { isSecretName, isSecretText } from '../secret-names.ts'

/** Down to here a part that is new or gone is told in its parts, a variable or a setting each. */
const CONTAINERS = ['base_job_template', 'base_job_template.job_configuration', 'base_job_template.variables', 'base_job_template.variables.properties']
/** Settings and defaults; all other texts are of a schema, and its variables are called what they are called. */
const VALUES = /^base_job_template\.(job_configuration\.|variables\.properties\.[^.]+\.default(\.|$))/

/**
 * Field by field, what differs between a pool's live fields and the planned ones, sorted by path; what is not known yet
 * differs. A list changes as a whole, and secrets are hidden.
 */
export function changesBetween(before: PlannedObject, after: PlannedObject): Change[] {
  return Object.keys(after).sort().flatMap((field) => partChanges(field, before[field], after[field]))
}

function partChanges(path: string, before: Planned | undefined, after: Planned | undefined): Change[] {
  if (isDeepStrictEqual(before, after)) return []
  const [one, other] = [partsOf(path, before), partsOf(path, after)]
  if (one === undefined || other === undefined) {
    return [{ path, before: before === undefined ? undefined : shown(path, before), after: after === undefined ? undefined : shown(path, after) }]
  }
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
  return keys.flatMap((key) => partChanges(`${path}.${key}`, one[key], other[key]))
}

function partsOf(path: string, value: Planned | undefined): PlannedObject | undefined {
  if (isFields(value)) return value
  return value === undefined && CONTAINERS.includes(path) ? {} : undefined
}

function shown(path: string, value: Planned): Planned {
  if (isItems(value)) return value.map((item) => (isNamedValue(item) ? { ...item, value: shown(`${path}.${item.name}`, item.value) } : shown(path, item)))
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(`${path}.${key}`, item)]))
  if (value === null || value instanceof PlannedText) return value
  return isSecret(path, value) ? sensitive(String(value)) : value
}

/** An entry of a container's environment. */
function isNamedValue(item: Planned): item is { readonly name: string; readonly value: Planned } {
  return isFields(item) && typeof item.name === 'string' && item.value !== undefined
}

/** A placeholder says where a value comes from, and may be shown. */
function isSecret(path: string, value: Planned): boolean {
  if (!VALUES.test(path) || (typeof value === 'string' && /^\{\{.*\}\}$/.test(value))) return false
  const names = path.split('.').slice(path.startsWith('base_job_template.variables.') ? 3 : 2)
  return names.some(isSecretName) || (typeof value === 'string' && isSecretText(value))
}
