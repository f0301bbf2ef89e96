import { isFields, isItems, resolve } from '../planned.ts'
import type { JsonObject, Planned, PlannedObject, Results } from '../planned.ts'
import type { LiveAutomation } from '../prefect-ports.ts'

/** What a trigger may hold; a server may know more, and its ids change with every write. */
const CRITERIA = [
  'type', 'match', 'match_related', 'after', 'expect', 'for_each', 'posture', 'threshold', 'within', 'metric', 'require', 'triggers',
]
const SETS = ['after', 'expect', 'for_each']
const RUN_SETTINGS = ['parameters', 'job_variables', 'schedule_after']

/**
 * What an automation does, as a trigger of the Prefect file says it: when it fires and how it runs the deployment side
 * by side. Its tags are of no account; actions that the file cannot have stand for themselves.
 * @param deployment whose id a live action names, and a planned one leaves out.
 */
export function contentOf(body: PlannedObject, deployment: string): PlannedObject {
  const { description = '', enabled = true, trigger, actions = [], actions_on_trigger: onTrigger = [], actions_on_resolve: onResolve = [] } = body
  const [run, ...others] = isItems(actions) ? actions : []
  const isRun = isFields(run) && isOwnRun(run, deployment) && others.length === 0
  return {
    description,
    enabled,
    ...criteriaOf(isFields(trigger) ? trigger : {}),
    ...(isRun ? pick(run, RUN_SETTINGS) : { actions }),
    ...(isEmpty(onTrigger) ? {} : { actions_on_trigger: onTrigger }),
    ...(isEmpty(onResolve) ? {} : { actions_on_resolve: onResolve }),
  }
}

/** The same of a desired one, with the results of this release that are known. */
export function desiredContent(body: PlannedObject, results: Results): PlannedObject {
  const content = resolve(contentOf(body, ''), results)
  return isFields(content) ? content : {}
}

/** The same of a live one. */
export function liveContent({ body }: LiveAutomation, deployment: string): JsonObject {
  return contentOf(body, deployment) as JsonObject // of JSON, nothing else comes
}

/** Without what says nothing, for one that comes or goes as a whole. */
export function withoutEmpty(content: PlannedObject): PlannedObject {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => !isEmpty(value)))
}

function isOwnRun({ type, source = 'selected', deployment_id: id = '' }: PlannedObject, deployment: string): boolean {
  return type === 'run-deployment' && source === 'selected' && id === deployment
}

function criteriaOf(trigger: PlannedObject): PlannedObject {
  const fields = Object.entries(pick(trigger, CRITERIA)).map(([key, value]): [string, Planned] => {
    if (SETS.includes(key) && isItems(value)) return [key, value.toSorted()]
    return [key, key === 'triggers' && isItems(value) ? value.map((each) => (isFields(each) ? criteriaOf(each) : each)) : value]
  })
  return Object.fromEntries(fields)
}

function pick(fields: PlannedObject, keys: readonly string[]): PlannedObject {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)))
}

function isEmpty(value: Planned): boolean {
  return value === null || value === '' || (typeof value === 'object' && !('parts' in value) && Object.keys(value).length === 0)
}
