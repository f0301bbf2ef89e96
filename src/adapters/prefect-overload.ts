/** How many writes may be under way at once: a server tells by 429 and 503 when that were too many. */
export interface WriteLimit {
  current(): number
  /** Takes note of the status of the answer to a write. */
  note(status: number): void
}

/** Requests that must go well before one more may be under way; doubles with each overload, so that a limit settles. */
const CLEAN_WRITES = 20
const MOST_WRITES = 16

/** SQLite has one writer: eight at once are slower than one, with a thousand answers 503. Cloud has a budget a minute. */
export function createWriteLimit(isCloud: boolean): WriteLimit {
  let limit = isCloud ? 8 : 1
  let needed = CLEAN_WRITES
  let clean = 0
  return {
    current: () => limit,
    note: (status) => {
      if (status === 429 || status === 503) {
        limit = Math.max(1, Math.floor(limit / 2))
        needed *= 2
        clean = 0
      } else if (++clean >= needed) {
        limit = Math.min(MOST_WRITES, limit + 1)
        clean = 0
      }
    },
  }
}
