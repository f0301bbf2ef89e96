/** What CloudFormation makes of a template's functions, as its user guide defines them ("Intrinsic function reference"). */
import type { Resource, Template } from './template.ts'

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** Where a template is resolved, and what its resources turned out to be. */
export type Situation = {
  /** Values of parameters; a list's has commas. A parameter that is not here has its default. */
  readonly parameters: Readonly<Record<string, string>>
  readonly stackName: string
  readonly region: string
  readonly accountId: string
  /** What `Ref` of a resource says. */
  reference(resource: string): string
  /** What `GetAtt` says. */
  attribute(resource: string, name: string): string
}

/** `AWS::NoValue`, and with it the member or item that has it. */
const NOTHING = Symbol('AWS::NoValue')
type Resolved = Value | typeof NOTHING

type Scope = { readonly template: Template; readonly situation: Situation }

/** Properties of a resource; undefined when its condition does not hold. @throws Error for a function that is not known. */
export function resolveResource(template: Template, name: string, situation: Situation): Readonly<Record<string, Value>> | undefined {
  const resource: Resource | undefined = template.Resources[name]
  if (resource === undefined) throw new Error(`The template has no resource ${name}`)
  const scope = { template, situation }
  if (resource.Condition !== undefined && !holds(scope, resource.Condition)) return undefined
  return kept(resolve(scope, resource.Properties ?? {})) as Readonly<Record<string, Value>>
}

function resolve(scope: Scope, value: unknown): Resolved {
  if (Array.isArray(value)) return value.map((item) => resolve(scope, item)).filter((item) => item !== NOTHING)
  if (typeof value !== 'object' || value === null) return value as Value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only !== undefined && isFunction(only[0])) return call(scope, only[0], only[1])
  const members = entries.map(([key, item]) => [key, resolve(scope, item)] as const)
  return Object.fromEntries(members.filter((member): member is [string, Value] => member[1] !== NOTHING))
}

/** `Condition` is one only where a condition is asked for: in a policy's statement it is a member. */
function isFunction(key: string): boolean {
  return key === 'Ref' || key.startsWith('Fn::')
}

function call(scope: Scope, name: string, argument: unknown): Resolved {
  switch (name) {
    case 'Ref': return reference(scope, String(argument))
    case 'Fn::GetAtt': {
      const [resource = '', attribute = ''] = argument as string[]
      return scope.situation.attribute(resource, attribute)
    }
    case 'Fn::Sub': return String(argument).replaceAll(/\$\{([^}]+)\}/g, (_, inner: string) => textOf(reference(scope, inner)))
    case 'Fn::If': {
      const [condition, yes, no] = argument as [string, unknown, unknown]
      return resolve(scope, holds(scope, condition) ? yes : no)
    }
    case 'Fn::Join': {
      const [delimiter, items] = argument as [string, unknown]
      return (resolve(scope, items) as readonly Value[]).map(textOf).join(delimiter)
    }
    case 'Fn::Select': {
      const [index, items] = argument as [number, unknown]
      return (resolve(scope, items) as readonly Value[])[index] ?? null
    }
    case 'Fn::GetAZs': return ['a', 'b', 'c'].map((zone) => `${argument === '' ? scope.situation.region : textOf(resolve(scope, argument))}${zone}`)
    default: throw new Error(`The function ${name} is not known here`)
  }
}

function reference(scope: Scope, name: string): Resolved {
  const { template, situation } = scope
  const pseudo: Readonly<Record<string, Resolved>> = {
    'AWS::AccountId': situation.accountId, 'AWS::Region': situation.region, 'AWS::StackName': situation.stackName,
    'AWS::Partition': 'aws', 'AWS::NoValue': NOTHING,
  }
  const known = pseudo[name]
  if (known !== undefined) return known
  const parameter = template.Parameters[name]
  if (parameter === undefined) return situation.reference(name)
  const given = situation.parameters[name] ?? parameter.Default
  if (given === undefined) throw new Error(`The parameter ${name} has no value`)
  const value = String(given)
  return isList(parameter.Type) ? value.split(',') : value
}

function isList(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<')
}

function holds(scope: Scope, name: string): boolean {
  return test(scope, scope.template.Conditions?.[name])
}

function test(scope: Scope, condition: unknown): boolean {
  const [[name, argument] = ['', undefined]] = Object.entries(condition ?? {}) as [string, unknown][]
  const parts = Array.isArray(argument) ? (argument as unknown[]) : []
  switch (name) {
    case 'Condition': return holds(scope, String(argument))
    case 'Fn::Equals': return resolve(scope, parts[0]) === resolve(scope, parts[1])
    case 'Fn::Not': return !test(scope, parts[0])
    case 'Fn::And': return parts.every((part) => test(scope, part))
    case 'Fn::Or': return parts.some((part) => test(scope, part))
    default: throw new Error(`The condition ${JSON.stringify(condition)} is not known here`)
  }
}

/** @throws Error for a list or an object, which no text has a place for. */
function textOf(value: Resolved): string {
  if (typeof value === 'object' || typeof value === 'symbol') throw new Error(`A text is expected, not ${JSON.stringify(value)}`)
  return String(value)
}

function kept(value: Resolved): Value {
  if (value === NOTHING) throw new Error('Nothing is left of the value')
  return value
}
