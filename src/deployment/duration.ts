import type { Planned } from '../planned.ts'

const ISO = /^([-+])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
const CLOCK = /^(?:(\d+)\s*(?:days?|d),?\s*)?(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?$/i
const DAYS = /^(\d+)\s*(?:days?|d)$/i

/** Seconds of a duration as pydantic reads them: `PT10M`, `0:10:00`, `1 day, 2:00:00`; a bare number in quotes is none. */
export function parseDuration(text: Planned): number | undefined {
  if (typeof text !== 'string') return undefined
  const iso = ISO.exec(text.trim())
  if (iso !== null && iso.slice(2).some((part) => part !== undefined)) {
    const [weeks, days, hours, minutes, seconds] = iso.slice(2).map((part) => Number(part ?? 0))
    return total({ days: (weeks ?? 0) * 7 + (days ?? 0), hours, minutes, seconds }) * (iso[1] === '-' ? -1 : 1)
  }
  const [, days, hours, minutes, seconds] = CLOCK.exec(text.trim()) ?? DAYS.exec(text.trim()) ?? []
  if (days === undefined && hours === undefined) return undefined
  return total({ days: Number(days ?? 0), hours: Number(hours ?? 0), minutes: Number(minutes ?? 0), seconds: Number(seconds ?? 0) })
}

type Parts = { readonly days: number; readonly hours: number | undefined; readonly minutes: number | undefined; readonly seconds: number | undefined }

function total({ days, hours = 0, minutes = 0, seconds = 0 }: Parts): number {
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
}
