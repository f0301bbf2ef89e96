import { isDeepStrictEqual } from 'node:util'

type Members = Readonly<Record<string, unknown>>

/** One line for each member that differs: `deployment sales-report/report: tags: 1: "b" instead of undefined`. */
export function differences(expected: Members, actual: Members): string[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...keys].flatMap((key) => {
    const [wanted, found] = [expected[key], actual[key]]
    if (isDeepStrictEqual(wanted, found)) return []
    if (!hasMembers(wanted) || !hasMembers(found)) return [`${key}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`]
    return differences(wanted, found).map((line) => `${key}: ${line}`)
  })
}

/** A list has members, too, by their numbers. */
function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}
