/**
 * Works on the items in order, as many at once as `limit` allows at that moment. After a failure nothing more is begun,
 * what is under way ends, and the first error is thrown.
 */
export async function concurrently<T>(items: Iterable<T>, limit: () => number, work: (item: T) => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<void>>()
  const errors: unknown[] = []
  for (const item of items) {
    while (underWay.size >= Math.max(1, limit())) await Promise.race(underWay)
    if (errors.length > 0) break
    const done = work(item)
      .catch((error: unknown) => { errors.push(error) })
      .finally(() => underWay.delete(done))
    underWay.add(done)
  }
  await Promise.all(underWay)
  if (errors.length > 0) throw errors[0]
}
