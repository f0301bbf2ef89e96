import type { Impact } from './deployment/impact.ts'
import { nextFires } from './deployment/next-fires.ts'
import type { DeploymentPlan } from './deployment/plan.ts'
import type { PlannedSchedule } from './deployment/planned-writes.ts'
import { describeRule } from './deployment/schedule-rule.ts'
import type { UnlistedDeployment } from './deployment/unlisted.ts'
import type { Warning } from './errors.ts'
import type { ImagePlan } from './image/plan.ts'
import type { TagsPlan } from './image/tags.ts'
import { contentOf, hashOf } from './release/plan-hash.ts'
import { planChange } from './plan-value.ts'
import type { Change, Results } from './planned.ts'
import type { Omission, Outcome, PlannedRollback, PlannedStep, PlanWarning, ReleasePlan, SchedulePreview } from './release-plan.ts'
import type { ServicePlan } from './service/plan.ts'
import type { TaskDefinitionPlan } from './task-definition/plan.ts'
import type { WorkPoolPlan } from './work-pool/plan.ts'

/** The layers' plans, before they are one release. */
export type LayerPlans = {
  readonly image: ImagePlan
  /** Of the input `image-tags`; undefined when it is absent. */
  readonly tags: TagsPlan | undefined
  /** Of the input `task-definition`, in its order. */
  readonly taskDefinitions: readonly TaskDefinitionPlan[]
  readonly service: ServicePlan | undefined
  /** The definition that the service gets when it is rolled for a container of its own. */
  readonly serviceTaskDefinition: TaskDefinitionPlan | undefined
  /** Build and push steps of the Prefect file that this release runs. */
  readonly steps: readonly PlannedStep[]
  /** Those that this release manages. */
  readonly workPools: readonly WorkPoolPlan[]
  readonly deployments: readonly DeploymentPlan[]
  readonly unlisted: readonly UnlistedDeployment[]
  readonly impact: Impact | undefined
  readonly omissions: readonly Omission[]
  readonly warnings: readonly Warning[]
  /** When it goes back to an earlier release. */
  readonly rollback?: PlannedRollback
}

export type Composing = {
  readonly name: string
  readonly dryRun: boolean
  /** Known so far. */
  readonly results: Results
  /** Web page of a deployment. */
  readonly pageOf: (id: string) => string
  /** From when on next runs are told. */
  readonly now: Date
}

/** Puts the layers' plans together. */
export function composePlan(layers: LayerPlans, { name, dryRun, results, pageOf, now }: Composing): ReleasePlan {
  const changes = (list: readonly Change[]) => list.map((change) => planChange(change, results))
  const { image, tags, taskDefinitions, service, serviceTaskDefinition, steps, workPools, deployments, unlisted, impact, omissions, warnings } = layers
  const content = contentOf(layers, results)
  return {
    version: 1,
    dryRun,
    hash: hashOf(content),
    name,
    rollback: layers.rollback ?? null,
    image: {
      action: image.action,
      repository: image.action === 'build' ? image.repository.uri : image.uri,
      tag: image.tag ?? null,
      fingerprint: image.fingerprint ?? null,
      reference: image.action === 'build' ? null : image.reference,
      createsRepository: image.action === 'build' && image.createsRepository === true,
      tags: (tags?.tags ?? []).map(({ tag, action, from }) => ({ tag, action, from: from ?? null })),
    },
    taskDefinitions: taskDefinitions.map((each) => ({
      action: each.action,
      family: each.family,
      container: each.container,
      arn: each.arn ?? null,
      previousArn: each.previousArn ?? null,
      changes: changes(each.changes),
    })),
    service: service === undefined ? null : {
      action: service.action,
      ...service.reference,
      from: service.from,
      reason: service.reason,
      restartsWorker: service.restartsWorker,
      changes: changes(serviceTaskDefinition?.changes ?? []),
    },
    steps,
    workPools: workPools.map(({ name, action, sharedWith, changes: changed }) => ({ name, action, sharedWith, changes: changes(changed) })),
    deployments: deployments.map((each, index) => ({
      name: each.name,
      id: each.id ?? null,
      action: each.action,
      url: each.id === undefined ? null : pageOf(each.id),
      hash: content.deployments[index] ?? '',
      takeover: each.isTakeover,
      changes: changes(each.changes),
      schedules: each.schedules.map((schedule) => previewOf(schedule, now)),
    })),
    unlisted: unlisted.map((each) => ({
      name: each.name, id: each.id, url: pageOf(each.id), active: each.isActive, renamedTo: each.renamedTo ?? null,
    })),
    impact: impact === undefined ? null : {
      scheduledRuns: impact.scheduledRuns,
      lateRuns: impact.lateRuns,
      pendingRuns: impact.pendingRuns,
      lowerBound: impact.isLowerBound,
      overwrittenFields: impact.overwrittenFields,
      takeovers: impact.takeovers,
    },
    omissions,
    warnings: [...warnings, ...deployments.flatMap((each) => each.warnings)].map(planWarning),
  }
}

type Changing = Omit<ReleasePlan, 'deployments'> & Pick<Outcome, 'deployments'>

/** Whether applying the plan would write anything, as far as is known: what a script does is not. */
export function hasChanges(plan: Changing): boolean {
  return changesWhatRuns(plan) || plan.image.tags.some(({ action }) => action !== 'unchanged')
}

/** The same without what only has another name afterwards: an image's tags are nothing to go back to. */
export function changesWhatRuns(
  { image, taskDefinitions, service, steps, workPools, deployments }: Changing,
): boolean {
  return image.action === 'build' || taskDefinitions.some(({ action }) => action === 'register') || service?.action === 'roll' ||
    steps.some(({ action }) => action === 'push') ||
    [...workPools, ...deployments].some(({ action }) => action === 'create' || action === 'update')
}

const PREVIEWED_RUNS = 3

/** When a schedule starts runs next, for people and `plan.json`. */
export function previewOf({ label, rule, active }: PlannedSchedule, now: Date): SchedulePreview {
  const next = active ? (nextFires(rule, now, PREVIEWED_RUNS) ?? []) : []
  const { timezone } = rule
  return {
    label, active,
    rule: describeRule(rule),
    timezone: typeof timezone === 'string' ? timezone : 'UTC',
    next: next.map((date) => date.toISOString()),
  }
}

function planWarning({ code, message, hint, location }: Warning): PlanWarning {
  const { file, line } = location ?? {}
  return { code, message, hint, ...(file !== undefined && { file }), ...(line !== undefined && { line }) }
}
