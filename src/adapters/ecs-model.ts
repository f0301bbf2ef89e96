import { RegisterTaskDefinitionRequest$ } from '@aws-sdk/client-ecs'
import { NormalizedSchema } from '@smithy/core/schema'
import { nearest } from '../nearest.ts'
import type { Json } from '../planned.ts'
import type { FieldProblem } from '../ecs-ports.ts'

/**
 * What of a task definition RegisterTaskDefinition would not take, by the SDK's own model: it sends the members it
 * knows and drops all others in silence, and it sends values of any type for the API to refuse.
 */
export function checkTaskDefinition(definition: Json): FieldProblem[] {
  return problemsOf(definition, NormalizedSchema.of(RegisterTaskDefinitionRequest$), [])
}

/** Names of the members of RegisterTaskDefinition. */
export function registeredMembers(): string[] {
  return membersOf(NormalizedSchema.of(RegisterTaskDefinitionRequest$))
}

type Path = FieldProblem['path']

function problemsOf(value: Json, schema: NormalizedSchema, path: Path): FieldProblem[] {
  if (value === null) return []
  if (schema.isListSchema()) {
    if (!isList(value)) return [wrongType(path, 'a list', value)]
    return value.flatMap((item, index) => problemsOf(item, schema.getValueSchema(), [...path, index]))
  }
  if (schema.isStructSchema() || schema.isMapSchema()) {
    if (typeof value !== 'object' || isList(value)) return [wrongType(path, 'an object', value)]
    return Object.entries(value).flatMap(([field, item]) => fieldProblems(item, { schema, field, path: [...path, field] }))
  }
  const type = typeOf(schema)
  return typeof value === type ? [] : [wrongType(path, NAMES[type], value)]
}

function fieldProblems(value: Json, at: { schema: NormalizedSchema; field: string; path: Path }): FieldProblem[] {
  const { schema, field, path } = at
  if (schema.isMapSchema()) return problemsOf(value, schema.getValueSchema(), path)
  const members = membersOf(schema)
  if (members.includes(field)) return problemsOf(value, schema.getMemberSchema(field), path)
  return [{ path, message: `"${path.join('.')}" is not a field of a task definition; did you mean "${nearest(field, members)}"?` }]
}

function wrongType(path: Path, expected: string, value: Json): FieldProblem {
  const hint = expected === NAMES.string && typeof value !== 'object' ? ', put it in quotes' : ''
  return { path, message: `"${path.join('.')}" must be ${expected}${hint}` }
}

const NAMES = { string: 'text', number: 'a number', boolean: 'true or false' } as const

function typeOf(schema: NormalizedSchema): keyof typeof NAMES {
  if (schema.isNumericSchema()) return 'number'
  return schema.isBooleanSchema() ? 'boolean' : 'string'
}

function membersOf(schema: NormalizedSchema): string[] {
  return Array.from(schema.structIterator(), ([name]) => name)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
