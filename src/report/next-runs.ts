import type { SchedulePreview } from '../release-plan.ts'
import type { Level } from './level.ts'
import { code, plain } from './markdown.ts'

/** A schedule with its rule, its time zone and its next runs by that zone's clock. */
export function formatSchedule({ label, rule, timezone, active, next }: SchedulePreview, at: Date, { text }: Level): string {
  const name = label === rule ? code(rule, text) : `${code(label, text)} ${code(rule, text)}`
  const runs = active ? next.map((time) => formatTime(new Date(time), timezone, at)).join(' · ') : 'paused'
  return `${name} ${plain(timezone, text)}${runs === '' ? '' : `: ${runs}`}`
}

/** `Wed 25 Nov, 09:00`, with the year when it is another than now. */
function formatTime(time: Date, timezone: string, now: Date): string {
  if (Number.isNaN(time.getTime())) return '?'
  const { format, yearOf } = clockOf(timezone)
  const year = yearOf(time)
  return `${format(time)}${year === yearOf(now) ? '' : ` (${year})`}`
}

type LocalClock = { readonly format: (time: Date) => string; readonly yearOf: (time: Date) => string }

/** Making a formatter is slow, and thousands of schedules share few zones. */
const clocks = new Map<string, LocalClock>()

function clockOf(timezone: string): LocalClock {
  const known = clocks.get(timezone)
  if (known !== undefined) return known
  const clock = makeClock(timezone)
  clocks.set(timezone, clock)
  return clock
}

/** A zone that this machine does not know reads as UTC, and says so. */
function makeClock(timeZone: string): LocalClock {
  try {
    const time = new Intl.DateTimeFormat('en-GB', {
      timeZone, weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
    })
    const year = new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric' })
    return { format: (date) => time.format(date), yearOf: (date) => year.format(date) }
  } catch {
    return { format: (date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`, yearOf: () => '' }
  }
}
