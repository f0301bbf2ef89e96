/** The candidate that a name is most likely meant to be: the one with the fewest letters to change. */
export function nearest(name: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => ({ candidate, distance: editDistance(plain(name), plain(candidate)) }))
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate
}

/** `log_configuration` and `LogConfiguration` are the same mistake. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  const first = Array.from({ length: to.length + 1 }, (_, index) => index)
  const last = Array.from(from).reduce((previous, letter, row) => {
    const current = [row + 1]
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    return current
  }, first)
  return last.at(-1) ?? 0
}
