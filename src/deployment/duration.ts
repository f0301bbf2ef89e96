import type { Planned } from '../planned.ts'

const NUMBER = '\\d+(?:\\.\\d+)?'
const ISO = new RegExp(`^([-+]?)P(?=.)((?:${NUMBER}[YMWD])*)(?:T((?:${NUMBER}[HMS])+))?$`)
const CLOCK = /^(?:(\d+) ?d(?:ays?)?,? ?)?(?:(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?)?$/
const SECONDS = { days: { Y: 31_536_000, M: 2_592_000, W: 604_800, D: 86_400 }, time: { H: 3600, M: 60, S: 1 } }

/** How a duration is written, for people. */
export const DURATION_HINT = 'Give seconds, an ISO 8601 duration (PT10M) or H:MM:SS.'

/** Seconds of a duration as pydantic reads them: `PT10M`, `0:10:00`, `1 day, 2:00:00`; a bare number in quotes is none. */
export function parseDuration(text: Planned): number | undefined {
  if (typeof text !== 'string' || text.trim() === '') return undefined
  const iso = ISO.exec(text.trim())
  if (iso !== null) {
    const [, sign, days = '', time = ''] = iso
    return (sum(days, SECONDS.days) + sum(time, SECONDS.time)) * (sign === '-' ? -1 : 1)
  }
  const clock = CLOCK.exec(text.trim())
  if (clock === null) return undefined
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = clock
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)
}

function sum(text: string, seconds: Readonly<Record<string, number>>): number {
  return [...text.matchAll(/([\d.]+)([A-Z])/g)].reduce((total, [, amount, unit = '']) => total + Number(amount) * (seconds[unit] ?? 0), 0)
}
