import { isFields, isItems, isList, isObject, PlannedText, resolve, sensitive } from './planned.ts'
import type { Json, JsonObject, Planned, PlannedObject, Result, Results } from './planned.ts'
import { isSecretName, isSecretText } from './secret-names.ts'

/** Stands in a record for a value that must not be kept, as it does in `plan.json`. */
const HIDDEN: JsonObject = { $sensitive: true }
/** A key of the user's that looks like it has one more `$`. */
const RESERVED_KEY = /^\$+sensitive$/

export type Recording = {
  /** Of the release that is recorded. */
  readonly results: Results
  /** Whether keys may be names of secrets, as those of parameters and environments are, and those of a schema are not. */
  readonly hasSecretNames: boolean
}

/**
 * A planned value as a record keeps it: without secrets, and with what only the release could know, what a script
 * printed for one, as the server has it.
 */
export function recordValue(value: Planned, live: Json | undefined, { results, hasSecretNames }: Recording): Json {
  const isName = (key: string) => hasSecretNames && isSecretName(key)
  const walk = (part: Planned, on: Json | undefined, isSecret: boolean): Json => {
    if (part instanceof PlannedText) return part.sensitive ? HIDDEN : walk(on ?? null, undefined, isSecret)
    if (isItems(part)) return part.map((item, index) => walk(item, isList(on) ? on[index] : undefined, isSecret))
    if (isFields(part)) {
      const entries = Object.entries(part).map(([key, item]) => [escaped(key), walk(item, isObject(on) ? on[key] : undefined, isSecret || isName(key))])
      return Object.fromEntries(entries) as JsonObject
    }
    return isHidden(part, isSecret) ? HIDDEN : part
  }
  return walk(resolve(value, results), live, false)
}

/** A reference says where a secret is, and is kept. */
function isHidden(value: null | boolean | number | string, isSecret: boolean): boolean {
  if (value === null || (typeof value === 'string' && value.includes('{{ prefect.blocks.'))) return false
  return isSecret || (typeof value === 'string' && isSecretText(value))
}

export type Restoring = {
  /** What this release makes, by what stood for it in the recorded one: its image and its task definition. */
  readonly links: ReadonlyMap<string, Result>
  /** Where the value is, for what is not in the record. */
  readonly path: string
}

/** A restored value; `missing` are the paths of what the record does not hold, which stays as it is live, or out. */
export type Restored<T extends Planned> = { readonly value: T; readonly missing: readonly string[] }

/** A recorded value as it is planned again. */
export function restoreValue(value: Json, live: Json | undefined, { links, path: root }: Restoring): Restored<Planned> {
  const missing: string[] = []
  const walk = (part: Json, on: Json | undefined, path: string): Planned | undefined => {
    if (isObject(part)) {
      if (part.$sensitive === true) {
        missing.push(path)
        return on === undefined ? undefined : hidden(on)
      }
      const entries = Object.entries(part).map(([escapedKey, item]) => {
        const key = unescaped(escapedKey)
        return [key, walk(item, isObject(on) ? on[key] : undefined, `${path}.${key}`)] as const
      })
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as PlannedObject
    }
    if (isList(part)) {
      return part.map((item, index) => walk(item, isList(on) ? on[index] : undefined, `${path}.${index}`)).filter((item) => item !== undefined)
    }
    return typeof part === 'string' ? linked(part, links) : part
  }
  return { value: walk(value, live, root) ?? null, missing }
}

/** The same for a mapping. */
export function restoreFields(value: JsonObject, live: Json | undefined, restoring: Restoring): Restored<PlannedObject> {
  const restored = restoreValue(value, live, restoring)
  return { ...restored, value: isFields(restored.value) ? restored.value : {} }
}

function hidden(value: Json): Planned {
  return typeof value === 'string' ? sensitive(value) : value
}

function linked(text: string, links: Restoring['links']): string | PlannedText {
  for (const [recorded, result] of links) {
    const pieces = text.split(new RegExp(`${recorded.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`)) // `flows:1` is not the start of `flows:12`
    if (pieces.length === 1) continue
    const parts = pieces.flatMap((part, index) => (index === 0 ? [part] : [{ result }, part]))
    return new PlannedText(parts.filter((part) => part !== ''))
  }
  return text
}

function escaped(key: string): string {
  return RESERVED_KEY.test(key) ? `$${key}` : key
}

function unescaped(key: string): string {
  return key.startsWith('$') && RESERVED_KEY.test(key.slice(1)) ? key.slice(1) : key
}
