/** The interfaces to Prefect, and what it holds: a workspace of Prefect Cloud, or a server of one's own. */
import type { Json, JsonObject } from './planned.ts'

/** A schedule as the server holds it. */
export type LiveSchedule = {
  readonly id: string
  readonly slug: string | null
  readonly active: boolean
  readonly schedule: JsonObject
  readonly parameters: JsonObject
  /** Most runs that are scheduled ahead; only the API can set it, and nothing takes it away. */
  readonly maxScheduledRuns: number | null
}

/** An automation that runs a deployment, as the server holds it; who owns it is not told. */
export type LiveAutomation = {
  readonly id: string
  readonly name: string
  /** What `PUT` takes, its name included: `name`, `description`, `enabled`, `tags`, `trigger`, `actions`, `actions_on_trigger`, `actions_on_resolve`. */
  readonly body: JsonObject
}

/** A deployment as the server holds it; field names are the REST API's. */
export type LiveDeployment = {
  readonly id: string
  readonly name: string
  readonly flowName: string
  readonly updated: string
  readonly paused: boolean
  readonly schedules: readonly LiveSchedule[]
  /** Those with an action that runs this deployment; empty where only {@link PrefectSurvey} asked for it. */
  readonly automations: readonly LiveAutomation[]
  /** `global_concurrency_limit`: its name tells whether other deployments share it. */
  readonly concurrencyLimit: { readonly name: string; readonly limit: number } | null
  /** All other fields by their REST names: `description`, `tags`, `parameters`, `job_variables`, `pull_steps`, … */
  readonly fields: JsonObject
}

export type LiveWorkPool = {
  readonly name: string
  readonly type: string
  readonly paused: boolean
  /** `READY` while a worker of it is online (or it needs none), `NOT_READY`, `PAUSED`; null when the server does not say. */
  readonly status: string | null
  readonly description?: string | null
  /** Most runs of the pool at once; null for no limit. */
  readonly concurrencyLimit?: number | null
  /** `{ job_configuration, variables: { properties, … } }` */
  readonly baseJobTemplate: JsonObject
}

export type LiveState = { readonly deployments: readonly LiveDeployment[]; readonly workPools: readonly LiveWorkPool[] }

/** A worker process; a restart under the same name is the same one, without `--name` each process has a name of its own. */
export type LiveWorker = {
  readonly id: string
  readonly name: string
  /** As the server says: still true for a while after the last heartbeat. */
  readonly isOnline: boolean
  /** By the server's clock. */
  readonly lastHeartbeat: Date | undefined
}

/** A late run of a schedule (its id); `body` is what makes the same run again, with its name, parameters and due date. */
export type LateRun = { readonly schedule: string; readonly due: Date; readonly body: JsonObject }

/** One request that changes a workspace, as data; bodies are the REST API's. */
export type PrefectWrite =
  | { readonly kind: 'create-flow'; readonly name: string }
  | { readonly kind: 'create-deployment'; readonly body: JsonObject }
  | { readonly kind: 'update-deployment'; readonly id: string; readonly body: JsonObject }
  | { readonly kind: 'delete-deployment'; readonly id: string }
  | { readonly kind: 'create-schedule'; readonly deployment: string; readonly body: JsonObject }
  | { readonly kind: 'update-schedule'; readonly deployment: string; readonly id: string; readonly body: JsonObject }
  | { readonly kind: 'delete-schedule'; readonly deployment: string; readonly id: string }
  /** Creates the runs that are due from `start` on; idempotent. Never for a paused deployment: it would start it. */
  | { readonly kind: 'schedule-runs'; readonly deployment: string; readonly start: Date }
  /** Makes a late run again that was deleted along with a schedule; nothing happens when it is still there or has run. */
  | { readonly kind: 'restore-run'; readonly deployment: string; readonly run: LateRun }
  /** A run that has not started. */
  | { readonly kind: 'delete-run'; readonly id: string }
  /** With `owner_resource`, by which {@link PrefectWrite} `delete-owned-automations` finds it. */
  | { readonly kind: 'create-automation'; readonly body: JsonObject }
  /** Keeps the owner. */
  | { readonly kind: 'update-automation'; readonly id: string; readonly body: JsonObject }
  | { readonly kind: 'delete-automation'; readonly id: string }
  /** Those made by a deploy, not those made by hand. */
  | { readonly kind: 'delete-owned-automations'; readonly deployment: string }
  /** Prefect Cloud only; replaces all service level agreements of the deployment. */
  | { readonly kind: 'apply-slas'; readonly deployment: string; readonly body: readonly JsonObject[] }
  | { readonly kind: 'create-work-pool'; readonly body: JsonObject }
  | { readonly kind: 'update-work-pool'; readonly name: string; readonly body: JsonObject }
  | { readonly kind: 'delete-work-pool'; readonly name: string }

/** A Prefect Cloud workspace or a self-hosted server. */
export interface PrefectWorkspace {
  /** Deployments with one of these names (whatever their flow), their automations, and the named pools, in as few requests as the API allows. */
  read(query: { readonly deploymentNames: readonly string[]; readonly workPools: readonly string[] }): Promise<LiveState>
  /** A variable's value, a block's value (secrets in clear), or undefined when there is none. */
  lookUp(reference: { readonly variable: string } | { readonly blockType: string; readonly block: string }): Promise<Json | undefined>
  /** Runs that schedules made, that are due, and that no worker has started. */
  lateRuns(deploymentId: string): Promise<readonly LateRun[]>
  /** Workers that have ever polled a work pool and were not deleted; none of a pool that is not there. */
  workersOf(workPool: string): Promise<readonly LiveWorker[]>
  /** Which of these deployments are paused right now. */
  pausedOf(deploymentIds: readonly string[]): Promise<ReadonlySet<string>>
  /** @returns the id of what was created, of the flow in any case. */
  write(write: PrefectWrite): Promise<string | undefined>
  /** How many writes may be under way now: starts low, halves when the server is overloaded, grows while it is not. */
  writeConcurrency(): number
  /** Of the self-hosted server, once something was asked of it; undefined for Prefect Cloud, which has none. */
  version(): string | undefined
  readonly isCloud: boolean
  /** Web page of a deployment, for people. */
  pageOf(deploymentId: string): string
}

/** A run of a deployment that has not started yet. */
export type WaitingRun = {
  readonly id: string
  readonly name: string
  readonly deploymentId: string
  /** `PENDING`: a worker has it already, with the job variables of that time. */
  readonly state: 'SCHEDULED' | 'PENDING'
  readonly due: Date
  /** Made by a schedule: a write of its deployment deletes it while it is still to come. */
  readonly autoScheduled: boolean
}

/** The earliest waiting runs, which are those that are late or pending, and how many there are altogether. */
export type WaitingRuns = { readonly earliest: readonly WaitingRun[]; readonly total: number }

export type SurveyScope = {
  readonly flowNames?: readonly string[]
  readonly workPools: readonly string[]
  /** Ids of deployments that are known already; they may be among the answer all the same. */
  readonly known?: readonly string[]
}

/** What a plan looks at in a workspace besides the deployments that it writes, in one request each. */
export interface PrefectSurvey {
  /** All deployments of these flows, of any flow without them, in these pools, whoever made them. */
  deploymentsOf(scope: SurveyScope): Promise<readonly LiveDeployment[]>
  waitingRuns(deploymentIds: readonly string[]): Promise<WaitingRuns>
}
