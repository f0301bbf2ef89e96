import type { Problem } from '../errors.ts'
import { isKnown, isList, isObject, reveal } from '../planned.ts'
import type { Json, JsonObject, Planned, PlannedObject } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Path } from './pyyaml.ts'
import { createValidator } from './schema-violations.ts'
import type { Validate, Violation } from './schema-violations.ts'

/** Parameters that break the flow's schema. What a flow requires may still come with a run, so only what is given counts. */
export function parameterProblems(
  parameters: PlannedObject, schema: JsonObject, options: { readonly config: DeploymentConfig; readonly path: Path },
): Problem[] {
  const { config, path } = options
  const properties = isObject(schema.properties) ? schema.properties : {}
  return violations(parameters, schema).map(({ path: at, message }) => ({
    code: 'parameters-invalid',
    message: `deployment "${config.name}": parameter "${at.join('.')}" ${message}`,
    hint: `The flow takes ${Object.keys(properties).join(', ') || 'no parameters'}.`,
    location: config.locationOf(...path, ...at),
  }))
}

/** Job variables that break the pool's own schema; those it does not define pass unless it says otherwise. */
export function jobVariableProblems(
  jobVariables: PlannedObject, pool: LiveWorkPool, options: { readonly config: DeploymentConfig; readonly path: Path },
): Problem[] {
  const { config, path } = options
  const schema = pool.baseJobTemplate.variables
  return violations(jobVariables, isObject(schema) ? schema : {}).map(({ path: at, message }) => ({
    code: 'job-variables-invalid',
    message: `deployment "${config.name}": job variable "${at.join('.')}" ${message}`,
    hint: isBlock(jobVariables, at)
      ? 'A block of this kind is given as {"$ref": {"block_document_id": "…"}}: its placeholder is text until the worker resolves it.'
      : `Look at the variables of work pool "${pool.name}".`,
    location: config.locationOf(...path, ...at),
  }))
}

/** Of what is known: a result of this release is text of its own making, and not there yet. */
export function violations(values: PlannedObject, schema: JsonObject): Violation[] {
  const known = Object.entries(values).filter(([, value]) => isKnown(value) && !hasReference(value))
  if (known.length === 0) return []
  const validate = validatorOf(schema, known.map(([key]) => key))
  return validate(Object.fromEntries(known.map(([key, value]) => [key, reveal(value, {})])))
}

/** By keys and schema as text: deployments share pools, and the flows of many, of which each live one has a copy. */
const VALIDATORS = new Map<string, Validate>()
/** Of schemas, for a pool's is long. */
const TEXTS = new WeakMap<JsonObject, string>()

/** Of these keys only: a pool defines many times as many, and each takes time to compile. */
function validatorOf(schema: JsonObject, keys: readonly string[]): Validate {
  const text = TEXTS.get(schema) ?? JSON.stringify(schema)
  TEXTS.set(schema, text)
  const isWhole = text.includes('"#/properties/') // one property refers to another
  const id = isWhole ? text : `${JSON.stringify(keys)}${text}`
  const validate = VALIDATORS.get(id) ?? createValidator(relaxed(isWhole ? schema : reduced(schema, keys)))
  VALIDATORS.set(id, validate)
  return validate
}

function reduced({ properties, ...others }: JsonObject, keys: readonly string[]): JsonObject {
  if (!isObject(properties)) return properties === undefined ? others : { ...others, properties }
  return { ...others, properties: Object.fromEntries(Object.entries(properties).filter(([key]) => keys.includes(key))) }
}

/** The server puts a variable's value, a template's text or parsed JSON in its place before it validates. */
function hasReference(value: Planned): boolean {
  return typeof value === 'object' && value !== null && ('__prefect_kind' in value || Object.values(value).some(hasReference))
}

function isBlock(values: PlannedObject, [key]: Path): boolean {
  const value = values[String(key)]
  return typeof value === 'string' && value.includes('{{ prefect.blocks.')
}

/**
 * The schema as Prefect's server reads it (prefect/utilities/schema_tools/validation.py): nothing is required, a
 * property that may be left out and has no default may be null, a list of `items` is a tuple.
 */
function relaxed(schema: Json): Json {
  if (isList(schema)) return schema.map(relaxed)
  if (!isObject(schema)) return schema
  const { required, properties, items, ...others } = schema
  const rules = Object.entries(others).filter(([key, value]) => key !== 'pattern' || isPattern(value))
  return {
    ...Object.fromEntries(rules.map(([key, value]) => [key, relaxed(value)])),
    ...(isObject(properties) && { properties: relaxedProperties(properties, isList(required) ? required : []) }),
    ...(properties !== undefined && !isObject(properties) && { properties }),
    ...(isList(items) ? { prefixItems: relaxed(items) } : items === undefined ? {} : { items: relaxed(items) }),
  }
}

function relaxedProperties(properties: JsonObject, required: readonly Json[]): JsonObject {
  return Object.fromEntries(Object.entries(properties).map(([key, property]) => {
    const schema = relaxed(property)
    const mayBeNull = isObject(schema) && schema.type !== undefined && !('default' in schema) && !required.includes(key)
    return [key, mayBeNull ? { anyOf: [schema, { type: 'null' }] } : schema]
  }))
}

/** Python's expressions are not all JavaScript's. */
function isPattern(value: Json): boolean {
  try {
    return typeof value === 'string' && new RegExp(value, 'u').source !== ''
  } catch {
    return false
  }
}
