import { isItems, PlannedText, resolve } from './planned.ts'
import type { Change, Json, Planned, Results } from './planned.ts'

/**
 * JSON in which `{"$knownAfter": "image", "text"?}` stands for what an earlier layer makes (or `step 1 stdout` for what a
 * script prints), `{"$sensitive": true}` for
 * what is never shown; a key of the user's that is called so has one more `$`.
 */
export type PlanValue = Json
export type PlanChange = {
  readonly path: string
  readonly before?: PlanValue
  readonly after?: PlanValue
  /** The live value was not set by the file but in the UI or by another tool, and would be overwritten. */
  readonly outside?: true
}

/** A change as data; `results` are those known so far, or what stands for them. */
export function planChange({ path, before, after, isOutside }: Change, results: Results): PlanChange {
  return {
    path,
    ...(before !== undefined && { before: planValue(resolve(before, results)) }),
    ...(after !== undefined && { after: planValue(resolve(after, results)) }),
    ...(isOutside === true && { outside: true }),
  }
}

/** Whether a value is made of what a script of the Prefect file prints. */
export function isFromStep(value: Planned | undefined): boolean {
  if (value instanceof PlannedText) return value.parts.some((part) => typeof part !== 'string' && part.result.startsWith('step '))
  return typeof value === 'object' && value !== null && Object.values<Planned>(value).some(isFromStep)
}

function planValue(value: Planned): PlanValue {
  if (value instanceof PlannedText) return textValue(value)
  if (value === null || typeof value !== 'object') return value
  if (isItems(value)) return value.map(planValue)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [RESERVED_KEY.test(key) ? `$${key}` : key, planValue(item)]))
}

/** What stands for a value, and what such a key of the user's becomes. */
const RESERVED_KEY = /^\$+(knownAfter|sensitive)$/

function textValue({ parts, sensitive }: PlannedText): PlanValue {
  if (sensitive) return { $sensitive: true }
  const text = parts.map((part) => (typeof part === 'string' ? part : `{${part.result}}`)).join('')
  const unknown = parts.find((part) => typeof part !== 'string')
  if (unknown === undefined) return text
  return parts.length === 1 ? { $knownAfter: unknown.result } : { $knownAfter: unknown.result, text }
}
