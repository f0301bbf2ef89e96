import { isObject, reveal } from '../planned.ts'
import type { Json, JsonObject, Results } from '../planned.ts'
import type { LiveWorkPool } from '../prefect-ports.ts'
import { recordValue, restoreFields, restoreValue } from '../recorded-values.ts'
import type { Restoring } from '../recorded-values.ts'
import type { RecordedWorkPool } from '../release-record.ts'
import type { ManagedWorkPool, PoolPin } from './plan.ts'

/** What a record keeps of a pool that the release managed. Only the pinned default is the release's where no template is given. */
export function recordWorkPool({ name, template, pin: pinned }: ManagedWorkPool, results: Results): RecordedWorkPool {
  const pin = pinned === undefined ? null : { ...pinned, value: recordValue(pinned.value, undefined, { results, hasSecretNames: false }) }
  if (template === undefined) return { name, pin, template: null }
  const { type, description, concurrencyLimit, baseJobTemplate } = template
  return {
    name, pin,
    template: {
      type: type ?? null,
      ...(description !== undefined && { description }),
      ...(concurrencyLimit !== undefined && { concurrencyLimit }),
      baseJobTemplate: withoutSecrets(baseJobTemplate),
    },
  }
}

export type WorkPoolRestoration = {
  readonly live: LiveWorkPool | undefined
  /** See {@link restoreValue}. */
  readonly links: Restoring['links']
  /** Tag of the record, which stands for the template's file. */
  readonly record: string
}

/** A recorded pool as a release manages it; `missing` are paths of what the record does not hold, which stays as it is. */
export function restoreWorkPool(
  { name, pin: recorded, template }: RecordedWorkPool, { live, links, record }: WorkPoolRestoration,
): { readonly managed: ManagedWorkPool; readonly missing: readonly string[] } {
  const pin: PoolPin | undefined = recorded === null ? undefined : { ...recorded, value: restoreValue(recorded.value, undefined, { links, path: recorded.variable }).value }
  if (template === null) return { managed: { name, template: undefined, pin }, missing: [] }
  const restored = restoreFields(template.baseJobTemplate, live?.baseJobTemplate, { links: new Map(), path: 'base_job_template' })
  const location = { file: record }
  return {
    missing: restored.missing,
    managed: {
      name, pin,
      template: {
        name, location, locationOf: () => location,
        type: template.type ?? undefined,
        description: template.description,
        concurrencyLimit: template.concurrencyLimit,
        baseJobTemplate: objectOf(reveal(restored.value, {})),
      },
    },
  }
}

/** The properties of a schema are called what their values are called, and are no secrets themselves; their defaults are. */
function withoutSecrets(template: JsonObject): JsonObject {
  const { variables, ...rest } = template
  const named = { results: {}, hasSecretNames: true }
  const recorded = objectOf(recordValue(rest, undefined, named))
  if (!isObject(variables) || !isObject(variables.properties)) return { ...recorded, ...(variables !== undefined && { variables }) }
  const properties = Object.entries(variables.properties).map(([name, property]) => {
    if (!isObject(property) || !('default' in property)) return [name, property]
    return [name, { ...property, default: objectOf(recordValue({ [name]: property.default ?? null }, undefined, named))[name] ?? null }]
  })
  return { ...recorded, variables: { ...variables, properties: Object.fromEntries(properties) as JsonObject } }
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
