import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FieldPath } from '../located-file.ts'
import { isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'

/** What is wrong with a part of the file. */
export type TemplateProblem = { readonly path: FieldPath; readonly message: string; readonly hint?: string }

/** What a release writes of a pool. */
const MANAGED = ['name', 'type', 'description', 'concurrency_limit', 'base_job_template']
/** What the API tells of a pool besides: read only, or, like a pause and a storage, not of a file. */
const DESCRIBING = ['id', 'created', 'updated', 'is_paused', 'status', 'default_queue_id', 'storage_configuration', 'active_slots']
const TEMPLATE = ['job_configuration', 'variables']

/** What is wrong with the form of a template file; what its parts mean to each other is not looked at. */
export function templateProblems(content: Json): TemplateProblem[] {
  if (!isObject(content)) return [{ path: [], message: 'A work pool template is a mapping', hint: SHAPES }]
  if (!('base_job_template' in content)) return partProblems(content, [])
  const { base_job_template: template } = content
  return [
    ...unknownKeys(content, [...MANAGED, ...DESCRIBING], []),
    ...fieldProblems(content),
    ...(isObject(template) ? partProblems(template, ['base_job_template']) : [notAMapping(['base_job_template'])]),
  ]
}

const SHAPES = 'Give a base job template, with job_configuration and variables, or a pool that has one as base_job_template.'

/** The server takes further keys and does not use them: here they are a slip (server/schemas/actions.py). */
function partProblems(template: JsonObject, path: FieldPath): TemplateProblem[] {
  const missing = TEMPLATE.filter((key) => !(key in template)).map((key): TemplateProblem => ({ path, message: `"${key}" is missing`, hint: SHAPES }))
  const empty = TEMPLATE.filter((key) => key in template && !isFilled(template[key])).map((key) => notAMapping([...path, key]))
  return [...missing, ...unknownKeys(template, TEMPLATE, path), ...empty, ...schemaProblems(template.variables, [...path, 'variables'])]
}

/** The server looks at the schema of a new pool only, and refuses job variables by one that is none. */
function schemaProblems(variables: Json | undefined, path: FieldPath): TemplateProblem[] {
  if (!isObject(variables)) return []
  if (!isObject(variables.properties)) return [notAMapping([...path, 'properties'])]
  const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true })
  if (ajv.validateSchema(variables) === true) return []
  const places = new Map((ajv.errors ?? []).map(({ instancePath, message }) => [instancePath, message]))
  return [...places].map(([place, message = '']) => {
    const at = [...path, ...keysOf(place)]
    return { path: at, message: `"${at.join('.')}" is no JSON Schema: ${message}` }
  })
}

function keysOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** As the server's model of a pool has them. */
function fieldProblems({ name, type, description, concurrency_limit: limit }: JsonObject): TemplateProblem[] {
  const problems: TemplateProblem[] = []
  const isText = (value: Json | undefined) => value === undefined || typeof value === 'string'
  if (!isText(name) || name === '') problems.push({ path: ['name'], message: '"name" is the name of a work pool' })
  if (typeof name === 'string') problems.push(...nameProblems(name))
  if (!isText(type) || type === '') problems.push({ path: ['type'], message: '"type" is the type of a work pool', hint: 'For example ecs.' })
  if (!isText(description) && description !== null) problems.push({ path: ['description'], message: '"description" is no text' })
  if (limit !== undefined && limit !== null && (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0)) {
    problems.push({ path: ['concurrency_limit'], message: '"concurrency_limit" is a whole number from 0, or null for none' })
  }
  return problems
}

/** What the server answers with 403 and 422 (server/api/workers.py, prefect/types/names.py). */
function nameProblems(name: string): TemplateProblem[] {
  if (/^prefect/i.test(name)) {
    return [{ path: ['name'], message: `"${name}" begins with "prefect", a name that the server keeps for itself`, hint: 'Choose another name.' }]
  }
  if (!/[/%&><]/.test(name)) return []
  return [{ path: ['name'], message: `"${name}" has a character that no name of a work pool may have`, hint: 'Leave out / % & > <.' }]
}

function unknownKeys(fields: JsonObject, known: readonly string[], path: FieldPath): TemplateProblem[] {
  return Object.keys(fields).filter((key) => !known.includes(key)).map((key) => ({
    path: [...path, key],
    message: `"${key}" is not a known key of a ${known === TEMPLATE ? 'base job template' : 'work pool'}`,
    hint: `There are ${known.filter((each) => !DESCRIBING.includes(each)).join(', ')}.`,
  }))
}

function notAMapping(path: FieldPath): TemplateProblem {
  return { path, message: `"${path.join('.')}" is no mapping with something in it` }
}

function isFilled(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length > 0
}
