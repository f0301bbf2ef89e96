import { isDeepStrictEqual } from 'node:util'
import { isFields } from '../planned.ts'
import type { Change, Planned } from '../planned.ts'

/** Field by field, what differs between two canonical forms, sorted by path. */
export function changesBetween(before: Planned | undefined, after: Planned | undefined, path = ''): Change[] {
  if (isDeepStrictEqual(before, after)) return []
  const fields = fieldsOfBoth(before, after)
  if (fields.length === 0) return [{ path, before, after }]
  const of = (value: Planned | undefined, field: string) => (isFields(value) ? value[field] : undefined)
  return fields.flatMap((field) => changesBetween(of(before, field), of(after, field), path === '' ? field : `${path}.${field}`))
}

/** None when one of them is not made of fields, for then it changes as a whole. */
function fieldsOfBoth(before: Planned | undefined, after: Planned | undefined): string[] {
  const present = [before, after].filter((value) => value !== undefined)
  if (!present.every(isFields)) return []
  return [...new Set(present.flatMap((fields) => Object.keys(fields)))].sort()
}
