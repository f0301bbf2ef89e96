import { isFields, isItems, isObject } from '../planned.ts'
import type { JsonObject, Planned, PlannedObject } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import type { Path } from './pyyaml.ts'
import { placeholdersIn, render } from './template.ts'
import type { Placeholder, Resolution } from './template.ts'

/** A part of the job configuration that is not empty, and who set it: what a pool's template says outright beats all else. */
export type Setting = {
  readonly value: Planned
  readonly origin: 'deployment' | 'pool default' | 'pool template'
  /** The job variable that it comes from; undefined for what the template says outright. */
  readonly variable: string | undefined
}

/** What a worker makes a run of. */
export type EffectiveJob = {
  /** The pool's job configuration with the job variables in their places. */
  readonly configuration: PlannedObject
  /** The pool's defaults, and over them the deployment's own values. */
  readonly variables: PlannedObject
  /** Of the run's container, merged from template, pool and deployment; null takes a variable of the worker's away. */
  readonly environment: PlannedObject
  /** Undefined for what is absent or, to Python, false: null, an empty text, list or mapping. */
  readonly setting: (...path: Path) => Setting | undefined
  /** Paths in the template at which a job variable stands. */
  readonly usesOf: (variable: string) => readonly Path[]
}

/**
 * As the worker resolves it (`BaseJobConfiguration.from_template_and_values` in prefect/workers/base.py).
 * @param pinned what a release makes the defaults of the pool: instead of those that it has.
 */
export function effectiveJob(jobVariables: PlannedObject, { baseJobTemplate }: LiveWorkPool, pinned: PlannedObject = {}): EffectiveJob {
  const template = objectOf(baseJobTemplate.job_configuration)
  const defaults = { ...defaultsOf(baseJobTemplate), ...pinned }
  const own = nested(jobVariables)
  const variables = { ...defaults, ...own }
  const configuration = fieldsOf(render(template, (placeholder) => resolve(placeholder, variables)))
  return {
    configuration,
    variables,
    environment: { ...(isObject(template.env) ? fieldsOf(configuration.env) : {}), ...fieldsOf(defaults.env), ...fieldsOf(own.env) },
    setting: (...path) => {
      const value = partAt(configuration, path)
      return value === undefined || isEmpty(value) ? undefined : { value, ...originOf(partAt(template, path), own) }
    },
    usesOf: (variable) => jobPlaceholders(template).filter(({ name }) => rootOf(name) === variable).map(({ path }) => path),
  }
}

/** Deployments share pools. */
const PLACEHOLDERS = new WeakMap<JsonObject, readonly Placeholder[]>()

/** Those of a pool's job configuration, looked for once. */
export function jobPlaceholders(template: JsonObject): readonly Placeholder[] {
  const placeholders = PLACEHOLDERS.get(template) ?? placeholdersIn(template)
  PLACEHOLDERS.set(template, placeholders)
  return placeholders
}

/** The names of the variables that a pool's schema defines. */
export function variablesOf({ baseJobTemplate: { variables } }: LiveWorkPool): readonly string[] {
  return isObject(variables) ? Object.keys(objectOf(variables.properties)) : []
}

/** Whether Python takes a value for false. */
export function isEmpty(value: Planned): boolean {
  if (isItems(value)) return value.length === 0
  return isFields(value) ? Object.keys(value).length === 0 : value === null || value === false || value === '' || value === 0
}

export function partAt(value: Planned | undefined, path: Path): Planned | undefined {
  return path.reduce<Planned | undefined>((part, key) => {
    if (isFields(part)) return part[key]
    return isItems(part) && typeof key === 'number' ? part[key] : undefined
  }, value)
}

/** A default of null is none. */
function defaultsOf({ variables }: JsonObject): PlannedObject {
  const properties = isObject(variables) ? objectOf(variables.properties) : {}
  return Object.fromEntries(Object.entries(properties).flatMap(([name, property]) => {
    const value = isObject(property) ? (property.default ?? null) : null
    return value === null ? [] : [[name, value]]
  }))
}

/** `env.STAGE: x` is one entry of `env`, and `env` itself is merged over it. */
function nested(jobVariables: PlannedObject): PlannedObject {
  const [plain, dotted] = [false, true].map((isDotted) => Object.entries(jobVariables).filter(([key]) => key.includes('.') === isDotted))
  const parts = (dotted ?? []).map(([key, value]) => key.split('.').reduceRight<Planned>((inner, part) => ({ [part]: inner }), value))
  return [...parts.map(fieldsOf), Object.fromEntries(plain ?? [])].reduce(merged, {})
}

function merged(under: PlannedObject, over: PlannedObject): PlannedObject {
  const entries = Object.entries(over).map(([key, value]): [string, Planned] => {
    const below = under[key]
    return [key, isFields(below) && isFields(value) ? merged(below, value) : value]
  })
  return { ...under, ...Object.fromEntries(entries) }
}

/** Blocks, the worker's environment and the run's context are known only to the worker. */
function resolve({ kind, name }: Placeholder, variables: PlannedObject): Resolution {
  if (kind !== 'output') return 'keep'
  const value = partAt(variables, name.split('.'))
  return value === undefined ? 'drop' : { value }
}

function originOf(template: Planned | undefined, own: PlannedObject): Omit<Setting, 'value'> {
  const placeholders = typeof template === 'string' ? placeholdersIn(template).filter(({ kind }) => kind === 'output') : []
  const names = placeholders.map(({ name }) => rootOf(name))
  const variable = names.find((name) => name in own) ?? names[0]
  if (variable === undefined) return { origin: 'pool template', variable }
  return { origin: variable in own ? 'deployment' : 'pool default', variable }
}

function rootOf(name: string): string {
  return name.split(/[.[]/)[0] ?? name
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function fieldsOf(value: Planned | undefined): PlannedObject {
  return isFields(value) ? value : {}
}
