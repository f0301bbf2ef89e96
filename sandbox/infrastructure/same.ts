import { isDeepStrictEqual } from 'node:util'

/** @returns one line that tells the difference, or none. `undefined` equals nothing: what is compared has to be there. */
export function same(what: string, seen: unknown, expected: unknown): string[] {
  const isThere = expected !== undefined && !(Array.isArray(expected) && expected.includes(undefined))
  return isThere && isDeepStrictEqual(plain(seen), plain(expected)) ? [] : [`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`]
}

/** Made anew: under jest the arrays of fetch and those of a test have different prototypes. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
