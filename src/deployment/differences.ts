import { isDeepStrictEqual } from 'node:util'
import { isFields, isItems, isKnown, isList, isObject, isSensitive, PlannedText, reveal, sensitive } from '../planned.ts'
import type { Change, Json, Planned } from '../planned.ts'
import { isSecretName, isSecretText } from '../secret-names.ts'

export type DifferenceOptions = {
  /** Whether keys may be names of secrets, as those of parameters and environments are, and those of a schema are not. */
  readonly hasSecretNames: boolean
}

/**
 * Field by field, what differs between a live value and a planned one; what is not known yet differs. Secrets are
 * hidden on both sides: the live value of a field that the file fills from a block may be that secret in clear.
 */
export function differences(path: string, before: Json | undefined, after: Planned | undefined, options: DifferenceOptions): Change[] {
  if (isSame(before, after)) return []
  if (!isObject(before) || !isFields(after) || '__prefect_kind' in after) return [change(path, before, after, options)]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => differences(`${path}.${key}`, before[key], after[key], options))
}

function isSame(before: Json | undefined, after: Planned | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  if (!isKnown(after)) return false
  const value = reveal(after, {})
  return isDeepStrictEqual(before, value) || isHydrated(before, value)
}

/**
 * An update stores what a `__prefect_kind` reference stands for. JSON can be compared; what a variable or a template
 * gave at that time cannot, so any plain value will do.
 */
function isHydrated(before: Json, after: Json): boolean {
  if (isList(after)) {
    return isList(before) && before.length === after.length && after.every((item, index) => isSame(before[index], item))
  }
  if (!isObject(after)) return false
  const { __prefect_kind: kind, value } = after
  if (kind === 'json' && typeof value === 'string') return isDeepStrictEqual(before, parsed(value))
  return typeof kind === 'string' && !(isObject(before) && '__prefect_kind' in before)
}

function parsed(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json
  } catch {
    return undefined
  }
}

function change(path: string, before: Json | undefined, after: Planned | undefined, { hasSecretNames }: DifferenceOptions): Change {
  const key = path.slice(path.lastIndexOf('.') + 1)
  const shown = (value: Planned) => (hasSecretNames ? hideSecrets(value, key) : value)
  const live = before === undefined ? undefined : before
  const isSecret = after !== undefined && (isSensitive(after) || hasBlock(after))
  return {
    path,
    before: live === undefined ? undefined : isSecret ? hidden(live) : shown(live),
    after: after === undefined ? undefined : shown(after),
  }
}

function hideSecrets(value: Planned, key: string): Planned {
  if (isItems(value)) return value.map((item) => hideSecrets(item, key))
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hideSecrets(item, name)]))
  const isSecret = (isSecretName(key) && value !== null && !hasBlock(value)) || (typeof value === 'string' && isSecretText(value))
  return isSecret ? hidden(value) : value
}

function hidden(value: Planned): Planned {
  if (isItems(value)) return value.map(hidden)
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(item)]))
  if (value instanceof PlannedText) return new PlannedText(value.parts, true)
  return value === null ? null : sensitive(String(value))
}

/** A reference says where a secret is, and may be shown. */
function hasBlock(value: Planned): boolean {
  if (typeof value === 'string') return value.includes('{{ prefect.blocks.')
  return isItems(value) ? value.some(hasBlock) : isFields(value) && Object.values(value).some(hasBlock)
}
