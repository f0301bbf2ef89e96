import type { Shape } from './models.ts'

export type LeafType = Exclude<Shape['type'], 'structure' | 'list' | 'map'>

/** Converts the leaves of a value from one side to the other; undefined says that the value is not of that type. */
export type Leaves = Readonly<Record<LeafType, (value: unknown) => unknown>>

const PLAIN = { string: text, blob: text, boolean: truth, integer: whole, long: whole, float: number, double: number }

/** AWS's JSON protocols: timestamps are seconds since 1970, bytes are base64. */
export const FROM_JSON: Leaves = { ...PLAIN, blob: parseBytes, timestamp: (value) => (typeof value === 'number' ? new Date(value * 1000) : undefined) }
export const TO_JSON: Leaves = { ...PLAIN, timestamp: (value) => (value instanceof Date ? value.getTime() / 1000 : undefined) }

/** AWS's query protocol: all is text, timestamps are ISO 8601. */
export const FROM_QUERY: Leaves = { ...PLAIN, integer: parseWhole, long: parseWhole, boolean: parseTruth, timestamp: parseTimestamp }
export const TO_XML: Leaves = {
  ...PLAIN,
  timestamp: (value) => (value instanceof Date ? value.toISOString().replace(/\.\d+/, '') : undefined),
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function truth(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function whole(value: unknown): number | undefined {
  return Number.isInteger(value) ? number(value) : undefined
}

function parseWhole(value: unknown): number | undefined {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : undefined
}

function parseTruth(value: unknown): boolean | undefined {
  return value === 'true' ? true : value === 'false' ? false : undefined
}

function parseTimestamp(value: unknown): Date | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined
}

function parseBytes(value: unknown): Buffer | undefined {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
  return bytes?.toString('base64') === value ? bytes : undefined
}
