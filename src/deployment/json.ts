import type { Json, JsonObject, Planned } from '../planned.ts'

/** Whether a value of JSON is a mapping. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * JSON as a planned value, which it is: nothing in it is unknown or hidden. It goes by way of `unknown` because two
 * different recursive types send the lint rule no-unsafe-class-instance-assignment (typescript-eslint 8.73) into an endless recursion.
 */
export function planned(value: Json): Planned {
  const json: unknown = value
  return json as Planned
}
