import type { Warning } from '../errors.ts'
import type { Change, JsonObject, PlannedObject } from '../planned.ts'
import type { NotRestored } from './not-restored.ts'

/**
 * When a write is made, over all deployments of a release: first what can be put back exactly, then what deletes
 * something, then what lets runs start.
 */
export type Phase = 'reversible' | 'deletion' | 'unpause'
export const PHASES: readonly Phase[] = ['reversible', 'deletion', 'unpause']

/** One request to the deployment of the plan; bodies are the REST API's. */
export type PlannedRequest =
  /** The body lacks `flow_id`: apply creates (or finds) the flow first. */
  | { readonly kind: 'create-deployment'; readonly body: PlannedObject }
  | { readonly kind: 'update-deployment'; readonly body: PlannedObject }
  | { readonly kind: 'delete-deployment' }
  | { readonly kind: 'create-schedule'; readonly body: PlannedObject }
  | { readonly kind: 'update-schedule'; readonly id: string; readonly body: PlannedObject }
  /** Without id, as an undo: the schedule that the undone write created. */
  | { readonly kind: 'delete-schedule'; readonly id: string | undefined }
  /** Bodies lack `owner_resource` and the `deployment_id` of their `run-deployment` actions: apply adds both. */
  | { readonly kind: 'create-automations'; readonly bodies: readonly PlannedObject[] }
  | { readonly kind: 'update-automation'; readonly id: string; readonly body: PlannedObject }
  /** Without id, as an undo: those that the undone write created. */
  | { readonly kind: 'delete-automation'; readonly id: string | undefined }
  /** All that a deploy made for this deployment, none made by hand. */
  | { readonly kind: 'delete-owned-automations' }
  | { readonly kind: 'apply-slas'; readonly bodies: readonly PlannedObject[] }

/** A request and whether, after it, the deployment is not paused and has an active schedule, so that its runs must be scheduled again. */
export type Rescheduling = { readonly request: PlannedRequest; readonly reschedules: boolean }

export type PlannedWrite = Rescheduling & {
  readonly phase: Phase
  /** What puts the live values back; `loses` is what no request can restore. */
  readonly undo: Rescheduling & { readonly loses: NotRestored | undefined }
}

/** A schedule as it will be: its slug or else its words, its rule in the API's form, and whether it starts runs. */
export type PlannedSchedule = { readonly label: string; readonly rule: JsonObject; readonly active: boolean }

/** What is done to one deployment, new or live; writes are in the order of their phases. */
export type DeploymentChange = {
  readonly action: 'create' | 'update' | 'unchanged'
  /** Of the live deployment; undefined when it is created. */
  readonly id: string | undefined
  readonly changes: readonly Change[]
  /** As they are after the release, for the preview of their next runs. */
  readonly schedules: readonly PlannedSchedule[]
  /** It exists, but does not run an image that was pinned as this action does it: made by `prefect deploy` or by hand. */
  readonly isTakeover: boolean
  readonly writes: readonly PlannedWrite[]
  readonly warnings: readonly Warning[]
}
