import type { Impact } from './deployment/impact.ts'
import type { DeploymentPlan } from './deployment/plan.ts'
import type { Failure, WarningCode } from './errors.ts'
import type { ImagePlan } from './image/plan.ts'
import type { TagPlan } from './image/tags.ts'
import type { PlanChange } from './plan-value.ts'
import type { ServicePlan } from './service/plan.ts'
import type { TaskDefinitionPlan } from './task-definition/plan.ts'
import type { WorkPoolPlan } from './work-pool/plan.ts'

/** The record that a rollback goes back to, by its tag, and the newest one, of what should be live. */
export type PlannedRollback = {
  readonly record: string
  readonly newest: string
  /** Of the release that left it. */
  readonly commit: string | null
  readonly time: string
  readonly run: string | null
}

/** What a plan could not look at, and why. */
export type Omission = { readonly what: string; readonly reason: string }

/**
 * The plan as data, version 1; `plan.json`, the summary, the log and the outputs are renderings of it.
 * Others read it by docs/plan.schema.json: what changes here changes there.
 */
export type ReleasePlan = {
  readonly version: 1
  readonly dryRun: boolean
  readonly hash: string
  readonly name: string
  /** Null for a release of this commit. */
  readonly rollback: PlannedRollback | null
  readonly image: {
    /** `unknown` where the registry could not be asked. */
    readonly action: ImagePlan['action'] | 'unknown'
    readonly repository: string
    readonly tag: string | null
    readonly fingerprint: string | null
    readonly reference: string | null
    /** Whether the release makes the repository. */
    readonly createsRepository: boolean
    /** Its further tags, written once all else is. */
    readonly tags: readonly PlannedTag[]
  }
  readonly taskDefinitions: readonly PlannedTaskDefinition[]
  readonly service: {
    readonly action: ServicePlan['action']
    readonly cluster: string
    readonly service: string
    readonly from: string
    readonly reason: string
    readonly restartsWorker: boolean
    readonly changes: readonly PlanChange[]
  } | null
  readonly steps: readonly PlannedStep[]
  readonly workPools: readonly PlannedWorkPool[]
  readonly deployments: readonly PlannedDeployment[]
  readonly unlisted: readonly {
    readonly name: string
    readonly id: string
    readonly url: string
    readonly active: boolean
    readonly renamedTo: string | null
  }[]
  readonly impact: {
    readonly scheduledRuns: number
    readonly lateRuns: number
    readonly pendingRuns: Impact['pendingRuns']
    readonly lowerBound: boolean
    readonly overwrittenFields: number
    readonly takeovers: number
  } | null
  readonly omissions: readonly Omission[]
  readonly warnings: readonly PlanWarning[]
}

/** `from` is the digest of the image that has the tag now, null for one that is new. */
export type PlannedTag = { readonly tag: string; readonly action: TagPlan['action']; readonly from: string | null }

export type PlannedTaskDefinition = {
  readonly action: TaskDefinitionPlan['action'] | 'unknown'
  readonly family: string
  readonly container: string
  readonly arn: string | null
  readonly previousArn: string | null
  readonly changes: readonly PlanChange[]
}

/** A step of the Prefect file: a script that a release runs, or files that it copies to S3. */
export type PlannedStep = {
  /** `skip` when S3 has all files as they are. */
  readonly action: 'run' | 'push' | 'skip'
  /** Name of the Prefect step, `prefect.deployments.steps.run_shell_script`. */
  readonly step: string
  /** Of a script as the Prefect file has it, placeholders not filled in; null for a copy. */
  readonly script: string | null
  /** `s3://bucket/folder` for a copy, in which `{step 1 stdout}` stands for what a script prints; else null. */
  readonly target: string | null
  /** Of a copy; `changed` are new or differ. Null for a script, and where S3 was not asked. */
  readonly files: { readonly changed: number; readonly unchanged: number } | null
  /** Names in the Prefect file of the deployments that it is for. */
  readonly deployments: readonly string[]
}

export type PlannedWorkPool = {
  readonly name: string
  readonly action: WorkPoolPlan['action']
  readonly changes: readonly PlanChange[]
  /** `flow/deployment` of all others that run in this pool, which the change is for as well. */
  readonly sharedWith: readonly string[]
}

export type PlannedDeployment = {
  /** `flow/deployment` */
  readonly name: string
  readonly id: string | null
  readonly action: DeploymentPlan['action'] | 'unknown'
  readonly url: string | null
  /** Of what changes, 16 hexadecimal digits; the same on the pull request and on the main branch. */
  readonly hash: string
  readonly takeover: boolean
  readonly changes: readonly PlanChange[]
  readonly schedules: readonly SchedulePreview[]
}

/** `rule` in words; `next` are the next runs as ISO 8601 in UTC, none for a paused schedule or one that starts when it is written. */
export type SchedulePreview = {
  readonly label: string
  readonly rule: string
  readonly timezone: string
  readonly active: boolean
  readonly next: readonly string[]
}

/** A warning for people and annotations; `file` is relative to the workspace, `line` counts from 1. */
export type PlanWarning = {
  readonly code: WarningCode
  readonly message: string
  readonly hint: string
  readonly file?: string
  readonly line?: number
}

/** What came of the plan. */
export type Outcome = {
  readonly image: { readonly reference: string; readonly digest: string; readonly tag: string | undefined; readonly built: boolean } | undefined
  /** ARNs of the revisions that flow runs use, by family, as far as they are known. */
  readonly revisions: Readonly<Record<string, string>>
  /** The last three are those of a release that failed. */
  readonly serviceStatus: 'rolled' | 'started' | 'unchanged' | 'left-alone' | 'planned' | 'rolled-back' | 'paused' | 'failed' | undefined
  readonly deployments: readonly Pick<PlannedDeployment, 'name' | 'id' | 'action' | 'url'>[]
  /** Steps of the plan that were begun: what they did is not put back. */
  readonly steps?: readonly PlannedStep[]
  /** Tag of the record that it left. */
  readonly record?: string
  readonly failure: Failure | undefined
}
