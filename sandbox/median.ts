/** The one in the middle, by size; of an even number the larger of the two. @throws Error when there is none. */
export function median<T>(items: readonly T[], sizeOf: (item: T) => number): T {
  const sorted = items.toSorted((a, b) => sizeOf(a) - sizeOf(b))
  const found = sorted[Math.floor(sorted.length / 2)]
  if (found === undefined) throw new Error('Nothing has no median')
  return found
}
