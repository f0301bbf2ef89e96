import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

type Read = (value: Json) => Json
type Fields = Readonly<Record<string, Read>>

const CONCURRENCY: Fields = { limit: numberOf, grace_period_seconds: numberOf }
const SCHEDULE: Fields = { active: flagOf, day_or: flagOf }
const DEPLOYMENT: Fields = {
  paused: flagOf,
  enforce_parameter_schema: flagOf,
  concurrency_limit: (value) => (isObject(value) ? read(value, CONCURRENCY) : numberOf(value)),
  schedule: (value) => read(value, SCHEDULE),
  schedules: listOf(SCHEDULE),
  sla: listOf({ duration: numberOf, enabled: flagOf }),
}

/**
 * The file with its flags and whole numbers as Prefect's models read them, which take some texts for them as well
 * (pydantic's conversion table): `paused: "no"`, `concurrency_limit: "3"`. What they would refuse stays as it is.
 */
export function readModelValues(file: Json): Json {
  return read(file, { deployments: listOf(DEPLOYMENT) })
}

function read(value: Json, fields: Fields): Json {
  if (!isObject(value)) return value
  const changed = Object.entries(fields).flatMap(([key, readField]) => {
    const part = Object.hasOwn(value, key) ? value[key] : undefined
    const other = part === undefined ? undefined : readField(part)
    return other === undefined || other === part ? [] : [[key, other]]
  })
  return changed.length === 0 ? value : { ...value, ...(Object.fromEntries(changed) as JsonObject) }
}

function listOf(fields: Fields): Read {
  return (value) => {
    if (!isList(value)) return value
    const items = value.map((item) => read(item, fields))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
}

function flagOf(value: Json): Json {
  const word = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : ''
  if (['1', 'on', 't', 'true', 'y', 'yes'].includes(word)) return true
  return ['0', 'off', 'f', 'false', 'n', 'no'].includes(word) ? false : value
}

function numberOf(value: Json): Json {
  return typeof value === 'string' && /^[-+]?\d+(_\d+)*(\.0*)?$/.test(value.trim()) ? Number(value.trim().replaceAll('_', '')) : value
}
