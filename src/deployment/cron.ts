import { Cron } from 'croner'

type Field = { readonly min: number; readonly max: number; readonly names: readonly string[] }

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const SECONDS: Field = { min: 0, max: 59, names: [] }
const FIELDS: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]

/**
 * A cron expression as Prefect reads it, with the library croniter; undefined when croniter refuses it. croner has
 * seconds first where croniter has them sixth, and knows no `5/15`, no `22-2` and no steps beyond the end. It runs on
 * UTC's clock, by reckoning alone: asking the time zone UTC for it takes three times as long.
 */
export function parseCron(expression: string, { dayOr }: { readonly dayOr: boolean } = { dayOr: true }): Cron | undefined {
  const [minute, hour, day, month, weekday, second, year, ...more] = expression.trim().toLowerCase().split(/\s+/)
  if (minute === undefined || minute === '@reboot' || more.length > 0) return undefined
  const five = [minute, hour, day, month, weekday].filter((field) => field !== undefined)
  const isForeign = [day, month, weekday].some((field) => /\dw|lw|\dl$|^[rh]$/.test(field ?? '')) || `${minute}${hour ?? ''}`.includes('?')
  if (isForeign) return undefined
  const fields = five.map((field, index) => forCroner(field, FIELDS[index] ?? SECONDS))
  const seconds = second === undefined ? [] : [forCroner(second, SECONDS)]
  const pattern = [...seconds, ...fields, ...(year === undefined ? [] : [year])].join(' ')
  try {
    return new Cron(pattern, { paused: true, utcOffset: 0, domAndDow: !dayOr })
  } catch {
    return undefined
  }
}

/** A file is judged when it is read, and each of its schedules once more when its placeholders have values. */
const JUDGED = new Map<string, boolean>()

/** Whether it is a cron expression, in Prefect's sense: {@link parseCron}. */
export function isCron(expression: string): boolean {
  const isOne = JUDGED.get(expression) ?? parseCron(expression) !== undefined
  JUDGED.set(expression, isOne)
  return isOne
}

function forCroner(text: string, field: Field): string {
  return text.split(',').map((part) => partForCroner(part, field)).join(',')
}

function partForCroner(part: string, field: Field): string {
  if (part === 'l') return 'L'
  const { min, max, names } = field
  const last = /^l(\d)$/.exec(part) // croniter's last weekday of a month
  if (last?.[1] !== undefined) return `${last[1]}#L`
  const match = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/.exec(part)
  if (match === null) return part
  const [, star, from, to, step] = match
  const start = star === undefined ? numberOf(from ?? '', names, min) : min
  const end = star !== undefined ? max : to === undefined ? (step === undefined ? start : max) : numberOf(to, names, min)
  if (start <= end && (step === undefined || star !== undefined) && Number(step ?? 1) <= max) return part
  return wrapped({ start, end, step: Number(step ?? 1) }, field).join(',')
}

type Range = { readonly start: number; readonly end: number; readonly step: number }

function wrapped({ start, end, step }: Range, { min, max }: Field): number[] {
  const size = max - min + 1
  const length = start <= end ? end - start : end - start + size
  if (step < 1 || Number.isNaN(length)) return [NaN]
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => min + ((start - min + index * step) % size))
}

function numberOf(text: string, names: readonly string[], min: number): number {
  const index = names.indexOf(text)
  return index === -1 ? Number(text) : index + min
}
