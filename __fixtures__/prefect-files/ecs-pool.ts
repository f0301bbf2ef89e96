import type { FlowTaskDefinition } from '../../src/deployment/judged.ts'
import { isList, isObject } from '../../src/planned.ts'
import type { Json, JsonObject } from '../../src/planned.ts'
import type { LiveWorkPool } from '../../src/prefect-ports.ts'
import { readFixture } from './deployments.ts'

/** Settings of a pool, and what the worker made of them (record-ecs-worker.py). */
export type RecordedCase = {
  readonly settings: JsonObject
  readonly jobVariables: JsonObject
  readonly definition: JsonObject | null
  readonly worker:
    | { readonly error: string }
    | { readonly error?: undefined; readonly container: string; readonly sendsKey: boolean; readonly cpu: Json; readonly memory: Json }
}

const RECORDED = JSON.parse(readFixture('ecs-worker.json')) as { readonly template: JsonObject; readonly cases: readonly RecordedCase[] }
export const RECORDED_CASES = RECORDED.cases

/** @param settings defaults by variable; with a colon at the end, what the job configuration says outright at a dotted path. */
export function anEcsPool(settings: JsonObject = {}, overrides: Partial<LiveWorkPool> = {}): LiveWorkPool {
  const template = Object.entries(settings).reduce<Json>((made, [path, value]) => {
    const isOutright = path.endsWith(':')
    const keys = isOutright ? ['job_configuration', ...path.slice(0, -1).split('.')] : ['variables', 'properties', path, 'default']
    return withPart(made, keys, value)
  }, RECORDED.template)
  if (!isObject(template)) throw new Error('The template is no mapping')
  return { name: 'ecs', type: 'ecs', paused: false, status: 'READY', baseJobTemplate: template, ...overrides }
}

/** The same pool as it was made before its template had a variable. */
export function without({ baseJobTemplate, ...pool }: LiveWorkPool, variable: string): LiveWorkPool {
  const strip = (value: Json): Json => {
    if (isList(value)) return value.map(strip)
    if (!isObject(value)) return value
    const others = Object.entries(value).filter(([key, item]) => key !== variable && item !== `{{ ${variable} }}`)
    return Object.fromEntries(others.map(([key, item]) => [key, strip(item)]))
  }
  return { ...pool, baseJobTemplate: strip(baseJobTemplate) as JsonObject }
}

export function aTaskDefinition(definition: JsonObject = {}, container = 'prefect'): FlowTaskDefinition {
  const whole = { family: 'flows', networkMode: 'awsvpc', containerDefinitions: [{ name: container, image: 'flows' }], ...definition }
  return { family: 'flows', definition: whole, container }
}

function withPart(value: Json, [key, ...rest]: readonly string[], part: Json): Json {
  if (key === undefined) return part
  if (isList(value)) return value.map((item, index) => (index === Number(key) ? withPart(item, rest, part) : item))
  const fields = isObject(value) ? value : {}
  return { ...fields, [key]: withPart(fields[key] ?? {}, rest, part) }
}
