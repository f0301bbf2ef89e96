import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Json } from '../planned.ts'
import type { Path } from './pyyaml.ts'

/** One way in which a value breaks its schema; `message` continues a sentence about the part at `path`. */
export type Violation = { readonly path: Path; readonly message: string }

/** What is wrong with a value. */
export type Validate = (value: Json) => Violation[]

/**
 * Formats are left out: Prefect's server does not check them either. Ids are not kept, so that two schemas may have the same.
 * A schema is compiled for a handful of values, so optimizing its code takes longer than it saves.
 */
const AJV = new Ajv2020({
  allErrors: true, strict: false, validateFormats: false, validateSchema: false, addUsedSchema: false, logger: false,
  meta: false, code: { optimize: false },
})

/**
 * Compiles a schema when it is needed first, for that takes milliseconds. Messages quote the schema, never the value,
 * which may be secret. A schema that is none itself finds nothing wrong: the server has the last word.
 */
export function createValidator(schema: Json): Validate {
  let compiled: { readonly validate: ReturnType<typeof compile> } | undefined
  return (value) => {
    compiled ??= { validate: compile(schema) }
    const { validate } = compiled
    if (validate === undefined || validate(value)) return []
    return distinct((validate.errors ?? []).filter(({ keyword }) => !['if', 'allOf'].includes(keyword)).map(violation))
  }
}

function compile(schema: Json): ReturnType<Ajv2020['compile']> | undefined {
  try {
    return AJV.compile(schema as object | boolean) // what is no schema is thrown out by compile
  } catch {
    return undefined
  }
}

function violation({ instancePath, keyword, params, message }: ErrorObject): Violation {
  const path = instancePath.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const detail = params as Readonly<Record<string, unknown>>
  if (keyword === 'additionalProperties') return { path: [...path, String(detail.additionalProperty)], message: 'is not a known key' }
  if (keyword === 'enum' && Array.isArray(detail.allowedValues)) return { path, message: `must be one of ${choices(detail.allowedValues)}` }
  if (keyword === 'type') return { path, message: `must be ${types(detail.type)}` }
  return { path, message: message ?? `breaks the rule "${keyword}"` }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping', array: 'a list', string: 'text', boolean: 'true or false', integer: 'a whole number', number: 'a number',
}

function choices(values: readonly unknown[]): string {
  return values.filter((value) => value !== null).map(String).join(', ')
}

function types(type: unknown): string {
  const all = (Array.isArray(type) ? type : [type]).map(String)
  const shown = all.length > 1 ? all.filter((name) => name !== 'null') : all
  return shown.map((name) => TYPES[name] ?? name).join(' or ')
}

/** A value that fits none of several schemas breaks each of them and "anyOf" itself: what it should be, once, is enough. */
function distinct(violations: readonly Violation[]): Violation[] {
  const all = [...new Map(violations.map((each) => [JSON.stringify(each), each])).values()]
  const isNoise = ({ message }: Violation) => message === 'must be null' || message.startsWith('must match a schema')
  return all.filter((each) => !isNoise(each) || !all.some((other) => !isNoise(other) && isWithin(other.path, each.path)))
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((part, index) => part === path[index])
}
