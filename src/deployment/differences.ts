import { isDeepStrictEqual } from 'node:util'
import { isFields, isItems, isKnown, isObject, isSensitive, PlannedText, reveal, sensitive } from '../planned.ts'
import type { Change, Json, Planned } from '../planned.ts'
import { isSecretName, isSecretText } from '../secret-names.ts'
import { isHydratedFrom } from './hydration.ts'

export type DifferenceOptions = {
  /** Whether keys may be names of secrets, as those of parameters and environments are, and those of a schema are not. */
  readonly hasSecretNames: boolean
  /** Whether a key further up is the name of a secret: then everything below it is one. */
  readonly isSecret?: boolean
  /** Whether an update stores what references stand for, as it does for a deployment's parameters only. */
  readonly isHydrated?: boolean
}

/**
 * Field by field, what differs between a live value and a planned one; what is not known yet differs. Secrets are
 * hidden on both sides: the live value of a field that the file fills from a block may be that secret in clear.
 */
export function differences(path: string, before: Json | undefined, after: Planned | undefined, options: DifferenceOptions): Change[] {
  if (isSame(before, after, options)) return []
  if (!isObject(before) || !isFields(after) || '__prefect_kind' in after) return [change(path, before, after, options)]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => differences(`${path}.${key}`, before[key], after[key], below(key, options)))
}

function below(key: string, options: DifferenceOptions): DifferenceOptions {
  return { ...options, isSecret: options.isSecret === true || (options.hasSecretNames && isSecretName(key)) }
}

function isSame(before: Json | undefined, after: Planned | undefined, { isHydrated }: DifferenceOptions): boolean {
  if (before === undefined || after === undefined) return before === after
  if (!isKnown(after)) return false
  const value = reveal(after, {})
  return isHydrated === true ? isHydratedFrom(before, value) : isDeepStrictEqual(before, value)
}

function change(path: string, before: Json | undefined, after: Planned | undefined, options: DifferenceOptions): Change {
  const shown = (value: Planned) => (options.hasSecretNames ? hideSecrets(value, options.isSecret === true) : value)
  const isFilled = after !== undefined && (isSensitive(after) || hasBlock(after))
  return {
    path,
    before: before === undefined ? undefined : isFilled ? hidden(before) : shown(before),
    after: after === undefined ? undefined : shown(after),
  }
}

function hideSecrets(value: Planned, isSecret: boolean): Planned {
  if (isItems(value)) return value.map((item) => hideSecrets(item, isSecret))
  if (isFields(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideSecrets(item, isSecret || isSecretName(key))]))
  }
  const isHidden = (isSecret && !hasBlock(value)) || (typeof value === 'string' && isSecretText(value))
  return isHidden ? hidden(value) : value
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
