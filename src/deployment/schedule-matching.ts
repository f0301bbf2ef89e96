import { isDeepStrictEqual } from 'node:util'
import type { LiveSchedule } from '../prefect-ports.ts'
import { isSameRule, ruleToWrite } from './schedule-rule.ts'
import type { DesiredSchedule } from './schedule.ts'

export type ScheduleMatching = {
  readonly pairs: readonly { readonly desired: DesiredSchedule; readonly live: LiveSchedule | undefined }[]
  /** Live schedules that the file does not have. */
  readonly removed: readonly LiveSchedule[]
}

type Claim = (desired: DesiredSchedule, live: LiveSchedule) => boolean

/** What makes a schedule of the file a live one, the surest sign first. A claim by content finds those that have no slug on either side. */
const CLAIMS: readonly Claim[] = [
  (desired, live) => desired.slug !== undefined && desired.slug === live.slug,
  (desired, live) => desired.replaces !== undefined && desired.replaces === live.slug,
  (desired, live) => maySlugChange(desired, live) && isSame(desired, live) && isDeepStrictEqual(desired.parameters, live.parameters),
  (desired, live) => maySlugChange(desired, live) && isSame(desired, live),
]

/**
 * Which live schedule each one of the file is. A schedule is changed in place as far as possible: id, runs and what
 * was paused in the UI stay, while a new one would start a second run for the same instant.
 */
export function matchSchedules(desired: readonly DesiredSchedule[], live: readonly LiveSchedule[]): ScheduleMatching {
  const matches = new Map<DesiredSchedule, LiveSchedule>()
  const free = () => live.filter((each) => ![...matches.values()].includes(each))
  const open = () => desired.filter((each) => !matches.has(each))
  for (const claims of CLAIMS) {
    for (const each of open()) {
      const match = free().find((candidate) => claims(each, candidate))
      if (match !== undefined) matches.set(each, match)
    }
  }
  const [only, ...others] = open().filter(({ slug }) => slug === undefined)
  const [last, ...more] = free().filter(({ slug }) => slug === null)
  if (only !== undefined && last !== undefined && others.length + more.length === 0) matches.set(only, last)
  return { pairs: desired.map((each) => ({ desired: each, live: matches.get(each) })), removed: free() }
}

/** A slug can be given to a schedule, never taken from it; one of the file without slug may be any. */
function maySlugChange(desired: DesiredSchedule, live: LiveSchedule): boolean {
  return live.slug === null || desired.slug === undefined
}

function isSame(desired: DesiredSchedule, live: LiveSchedule): boolean {
  return isSameRule(ruleToWrite(desired.rule, live.schedule), live.schedule)
}
