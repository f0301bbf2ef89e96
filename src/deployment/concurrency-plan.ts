import type { Warning } from '../errors.ts'
import { isObject } from '../planned.ts'
import type { Change, Json, JsonObject, PlannedObject } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { Concurrency, DesiredDeployment } from './desired-deployment.ts'
import { differences } from './differences.ts'

export type ConcurrencyPlan = {
  readonly changes: readonly Change[]
  /** Both fields, which travel together. */
  readonly body: PlannedObject
  readonly undoBody: PlannedObject
  /** Whether the write deletes the limit, and with it the slots in use. */
  readonly deletes: boolean
  readonly warnings: readonly Warning[]
}

const UNCHANGED = { changes: [], body: {}, undoBody: {}, deletes: false, warnings: [] }

/** A limit that other deployments share is left alone: changing it here would change, or delete, it for all of them. */
export function planConcurrency(desired: DesiredDeployment, live: LiveDeployment): ConcurrencyPlan {
  const { concurrency } = desired
  const { concurrencyLimit: limit } = live
  const before = liveConcurrency(live)
  const changes = changesOf(before, concurrency)
  if (changes.length === 0) return UNCHANGED
  if (limit !== null && limit.name !== `deployment:${live.id}`) {
    return { ...UNCHANGED, warnings: concurrency === null ? [] : [sharedLimit(desired, limit)] }
  }
  return { changes, body: concurrencyBody(concurrency), undoBody: concurrencyBody(before), deletes: concurrency === null, warnings: [] }
}

/** As the server has it: the limit and the options that are set. */
export function liveConcurrency({ concurrencyLimit: limit, fields }: LiveDeployment): Concurrency | null {
  return limit === null ? null : { limit: limit.limit, options: optionsOf(fields.concurrency_options) }
}

export function concurrencyBody(concurrency: Concurrency | null): PlannedObject {
  return { concurrency_limit: concurrency?.limit ?? null, concurrency_options: concurrency?.options ?? null }
}

function changesOf(before: Concurrency | null, after: Concurrency | null): Change[] {
  const options = { hasSecretNames: false }
  return [
    ...differences('concurrency_limit', before?.limit ?? null, after?.limit ?? null, options),
    ...(after === null ? [] : differences('concurrency_options', effectiveOptions(before), effectiveOptions(after), options)),
  ]
}

/** Runs beyond the limit wait unless the options say otherwise. */
function effectiveOptions(concurrency: Concurrency | null): JsonObject {
  return { collision_strategy: 'ENQUEUE', ...concurrency?.options }
}

/** The server answers null for what was not given. */
function optionsOf(options: Json | undefined): JsonObject | null {
  return isObject(options) ? Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) : null
}

function sharedLimit({ location, name }: DesiredDeployment, limit: { readonly name: string; readonly limit: number }): Warning {
  return {
    code: 'limit-shared',
    message: `deployment "${name}" is under the concurrency limit "${limit.name}" (${limit.limit}), which others may share: it stays as it is`,
    hint: 'Remove concurrency_limit from the file, or take the shared limit off the deployment.',
    location,
  }
}
