/**
 * How much is said. `full`: all of it; `names`: unchanged deployments by name only; `changes`: no unchanged ones;
 * `counts`: how many of everything, whatever the plan's size.
 */
export type Level = {
  readonly name: 'full' | 'names' | 'changes' | 'counts'
  /** How many items of a list are said before "and N more". */
  readonly items: number
  /** Longest text of a value, a name or a message, in characters. */
  readonly text: number
}

export const FULL: Level = { name: 'full', items: 1000, text: 400 }

const LEVELS: readonly Level[] = [
  FULL,
  { name: 'names', items: 100, text: 200 },
  { name: 'changes', items: 30, text: 120 },
]

const COUNTS: Level = { name: 'counts', items: 5, text: 80 }

/** The most detailed rendering that fits; what `counts` renders is small by its limits alone. */
export function fitting(render: (level: Level) => string, fits: (text: string) => boolean): string {
  for (const level of LEVELS) {
    const text = render(level)
    if (fits(text)) return text
  }
  return render(COUNTS)
}

/** The items that the level has room for, and how many it leaves out in words. */
export function listed(items: readonly string[], { items: most }: Pick<Level, 'items'>): string[] {
  const rest = items.length - most
  return rest > 0 ? [...items.slice(0, most), `and ${rest} more`] : [...items]
}
