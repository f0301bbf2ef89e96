import type { Leaves, LeafType } from './leaves.ts'
import type { Reference, ServiceModel, Shape } from './models.ts'
import { shapeOf } from './models.ts'

/** What is wrong with a value; `path` is dotted from the top, '' for the value itself. */
export type Problem = { readonly kind: 'type' | 'unknown' | 'missing' | 'constraint'; readonly path: string; readonly reason: string }

type Conversion = { readonly model: ServiceModel; readonly leaves: Leaves; readonly problems: Problem[] }

/**
 * Walks a value along a shape: checks required members, types, enumerations, patterns, lengths and ranges, and
 * members that the shape does not have, and converts the leaves. Null members are absent ones, as for AWS.
 */
export function convert(
  value: unknown,
  { model, shape, leaves }: { readonly model: ServiceModel; readonly shape: Reference; readonly leaves: Leaves },
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  return { value: walk(value, shape, { path: '', into: { model, leaves, problems } }), problems }
}

type Place = { readonly path: string; readonly into: Conversion }

function walk(value: unknown, reference: Reference, place: Place): unknown {
  const shape = shapeOf(place.into.model, reference)
  const { type } = shape
  if (type === 'structure') return isRecord(value) ? structure(value, shape, place) : wrongType(shape, place)
  if (type === 'list') return Array.isArray(value) ? list(value, shape, place) : wrongType(shape, place)
  if (type === 'map') return isRecord(value) ? map(value, shape, place) : wrongType(shape, place)
  return leaf(value, shape, { type, place })
}

function structure(value: Record<string, unknown>, shape: Shape, { path, into }: Place): object {
  const members = shape.members ?? {}
  const present = Object.entries(value).filter(([, member]) => member !== undefined && member !== null)
  for (const name of shape.required ?? []) {
    if (!present.some(([key]) => key === name)) into.problems.push({ kind: 'missing', path: join(path, name), reason: 'must not be null' })
  }
  const converted = present.flatMap(([name, member]) => {
    const reference = members[name]
    if (reference !== undefined) return [[name, walk(member, reference, { path: join(path, name), into })] as const]
    into.problems.push({ kind: 'unknown', path: join(path, name), reason: 'is not a member of the shape' })
    return []
  })
  return Object.fromEntries(converted)
}

function list(value: readonly unknown[], shape: Shape, { path, into }: Place): unknown[] {
  checkSize(value.length, shape, { path, into })
  return value.map((item, index) => walk(item, referenceOf(shape.member), { path: `${path}[${index}]`, into }))
}

function map(value: Record<string, unknown>, shape: Shape, { path, into }: Place): object {
  const entries = Object.entries(value)
  checkSize(entries.length, shape, { path, into })
  return Object.fromEntries(
    entries.map(([key, item]) => {
      walk(key, referenceOf(shape.key), { path: `${path}.key`, into })
      return [key, walk(item, referenceOf(shape.value), { path: join(path, key), into })]
    }),
  )
}

function leaf(value: unknown, shape: Shape, { type, place }: { type: LeafType; place: Place }): unknown {
  const converted = place.into.leaves[type](value)
  if (converted === undefined) return wrongType(shape, place)
  if (typeof converted === 'string') checkText(converted, shape, place)
  else if (typeof converted === 'number') checkSize(converted, shape, place)
  else if (Buffer.isBuffer(converted)) checkSize(converted.length, shape, place)
  return converted
}

function checkText(text: string, shape: Shape, place: Place): void {
  if (shape.enum !== undefined && !shape.enum.includes(text)) violates(`must satisfy enum value set: [${shape.enum.join(', ')}]`, place)
  if (shape.type === 'string') checkSize(Array.from(text).length, shape, place)
  if (shape.pattern !== undefined && !patternOf(shape.pattern).test(text))
    violates(`must satisfy regular expression '${shape.pattern}'`, place)
}

/** The model's `min` and `max` bound a number's value and the length of all else. */
function checkSize(size: number, { type, min, max }: Shape, place: Place): void {
  const what = ['integer', 'long', 'float', 'double'].includes(type) ? 'value' : 'length'
  if (min !== undefined && size < min) violates(`must have ${what} greater than or equal to ${min}`, place)
  if (max !== undefined && size > max) violates(`must have ${what} less than or equal to ${max}`, place)
}

/** Patterns are Java's and match the whole text; a few are no valid Unicode patterns in JavaScript. */
function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch {
    return new RegExp(`^(?:${pattern})$`)
  }
}

function violates(reason: string, { path, into }: Place): void {
  into.problems.push({ kind: 'constraint', path, reason })
}

function wrongType({ type }: Shape, { path, into }: Place): unknown {
  into.problems.push({ kind: 'type', path, reason: `is not a ${type}` })
  return undefined
}

function referenceOf(reference: Reference | undefined): Reference {
  if (reference === undefined) throw new Error('The model has a list or map without an item shape')
  return reference
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
