import type { Location } from '../errors.ts'
import type { JsonObject, Planned, PlannedObject } from '../planned.ts'
import type { DesiredSchedule } from './schedule.ts'
import type { DesiredTrigger } from './triggers.ts'

/** What a deployment is to be, in the API's terms; undefined keeps what the server has. */
export type DesiredDeployment = {
  readonly name: string
  readonly flowName: string
  readonly location: Location
  readonly paused: boolean | undefined
  readonly schedules: readonly DesiredSchedule[]
  /** Whether the file speaks of schedules; when it does not, removing those of the server deserves a warning. */
  readonly hasScheduleKey: boolean
  readonly concurrency: Concurrency | null
  readonly enforceParameterSchema: boolean | undefined
  /** Automations that run this deployment. */
  readonly triggers: readonly DesiredTrigger[]
  /** As {@link hasScheduleKey}. */
  readonly hasTriggersKey: boolean
  /** Service level agreements as the API takes them; undefined leaves those of Prefect Cloud alone. */
  readonly slas: readonly PlannedObject[] | undefined
  /** What the UI owns and an update never writes. */
  readonly keep: readonly KeptField[]
  /** Never a change by themselves: `version`, and `version_info` where the file wants it. */
  readonly version: PlannedObject
  readonly fields: DesiredFields
}

export type Concurrency = { readonly limit: number; readonly options: JsonObject | null }

/** The fields that are compared and written, by their REST names. */
export type DesiredFields = Readonly<Record<Exclude<FieldName, 'entrypoint'>, Planned>> & { readonly entrypoint: string }
export type FieldName =
  | 'description' | 'tags' | 'entrypoint' | 'pull_steps'
  | 'work_pool_name' | 'work_queue_name' | 'job_variables'
  | 'parameters' | 'parameter_openapi_schema'

/** Fields that the input `keep` may name: what people set in the UI, which an update then never writes. */
export const KEPT_FIELDS = [
  'description', 'tags', 'parameters', 'enforce_parameter_schema', 'concurrency_limit', 'work_queue_name', 'job_variables',
  'schedules', 'triggers',
] as const

export type KeptField = (typeof KEPT_FIELDS)[number]
