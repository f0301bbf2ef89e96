import { isDeepStrictEqual } from 'node:util'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

/**
 * Whether live parameters may be what these stand for: an update stores the value of a `__prefect_kind` reference, a
 * creation the reference. JSON can be compared; what a variable or a template gave at that time cannot, so any plain
 * value will do, and {@link unverifiableReferences} names it.
 */
export function isHydratedFrom(live: Json, given: Json): boolean {
  if (isDeepStrictEqual(live, given)) return true
  if (isList(given)) {
    return isList(live) && live.length === given.length && given.every((item, index) => isHydratedFrom(live[index] ?? null, item))
  }
  if (isJson(given)) return isDeepStrictEqual(live, parsed(given.value))
  if (isReference(given)) return !isReference(live)
  if (!isObject(given) || !isObject(live) || !hasSameKeys(live, given)) return false
  return Object.entries(given).every(([key, item]) => isHydratedFrom(live[key] ?? null, item))
}

/**
 * Paths of the references of which the server has only the value: that the file now has another one cannot be told.
 * @param live parameters that {@link isHydratedFrom} accepts.
 */
export function unverifiableReferences(path: string, live: Json, given: Json): string[] {
  if (isReference(given)) return isJson(given) || isReference(live) ? [] : [path]
  if (isList(given) && isList(live)) {
    return given.flatMap((item, index) => unverifiableReferences(`${path}.${index}`, live[index] ?? null, item))
  }
  if (!isObject(given) || !isObject(live)) return []
  return Object.entries(given).flatMap(([key, item]) => unverifiableReferences(`${path}.${key}`, live[key] ?? null, item))
}

function isReference(value: Json): boolean {
  return isObject(value) && typeof value.__prefect_kind === 'string'
}

function isJson(value: Json): value is JsonObject & { readonly value: string } {
  return isObject(value) && value.__prefect_kind === 'json' && typeof value.value === 'string'
}

function hasSameKeys(one: JsonObject, other: JsonObject): boolean {
  return isDeepStrictEqual(Object.keys(one).sort(), Object.keys(other).sort())
}

function parsed(json: string): Json | undefined {
  try {
    return JSON.parse(json) as Json
  } catch {
    return undefined
  }
}
