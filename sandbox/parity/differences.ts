/** One place where two states are not the same; `undefined` is an absent one. */
export type Difference = { readonly path: string; readonly ours: unknown; readonly theirs: unknown }

/** Compares two values of JSON deeply. @returns the innermost places that differ; a list of another length is one place. */
export function differencesOf(ours: unknown, theirs: unknown, path = ''): readonly Difference[] {
  if (isList(ours) && isList(theirs) && ours.length === theirs.length) {
    return ours.flatMap((item, index) => differencesOf(item, theirs[index], `${path}[${index}]`))
  }
  if (isMapping(ours) && isMapping(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)])
    return [...keys].flatMap((key) => differencesOf(ours[key], theirs[key], path === '' ? key : `${path}.${key}`))
  }
  return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ path, ours, theirs }]
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !isList(value)
}
