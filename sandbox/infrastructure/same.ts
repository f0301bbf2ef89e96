import { isDeepStrictEqual } from 'node:util'

/** @returns one line that tells the difference, or none. `undefined` equals nothing: what is compared has to be there. */
export function same(what: string, seen: unknown, expected: unknown): string[] {
  const isThere = expected !== undefined && !(Array.isArray(expected) && expected.includes(undefined))
  return isThere && isDeepStrictEqual(seen, expected) ? [] : [`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`]
}
