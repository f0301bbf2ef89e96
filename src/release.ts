import { createHash } from 'node:crypto'
import type { DeploymentPlan } from './deployment/plan.ts'
import type { Warning, WarningCode } from './errors.ts'
import type { ImagePlan } from './image/plan.ts'
import { isItems, PlannedText, resolve } from './planned.ts'
import type { Change, Json, Planned, Results } from './planned.ts'
import type { ServicePlan } from './service/plan.ts'
import type { TaskDefinitionPlan } from './task-definition/plan.ts'

/** The four layers' plans, before they are one release. */
export type LayerPlans = {
  readonly image: ImagePlan
  readonly taskDefinition: TaskDefinitionPlan | undefined
  readonly service: ServicePlan | undefined
  /** The definition that the service gets when it is rolled for a container of its own. */
  readonly serviceTaskDefinition: TaskDefinitionPlan | undefined
  readonly deployments: readonly DeploymentPlan[]
  readonly warnings: readonly Warning[]
}

/**
 * The plan as data, version 1; `plan.json`, the summary, the log and the outputs are renderings of it.
 * Others read it by docs/plan.schema.json: what changes here changes there.
 */
export type ReleasePlan = {
  readonly version: 1
  readonly dryRun: boolean
  readonly hash: string
  readonly name: string
  readonly image: {
    readonly action: ImagePlan['action']
    readonly repository: string
    readonly tag: string | null
    readonly fingerprint: string | null
    readonly reference: string | null
  }
  readonly taskDefinition: {
    readonly action: TaskDefinitionPlan['action']
    readonly family: string
    readonly container: string
    readonly arn: string | null
    readonly previousArn: string | null
    readonly changes: readonly PlanChange[]
  } | null
  readonly service: {
    readonly action: ServicePlan['action']
    readonly cluster: string
    readonly service: string
    readonly from: string
    readonly reason: string
    readonly changes: readonly PlanChange[]
  } | null
  readonly deployments: readonly {
    readonly name: string
    readonly id: string | null
    readonly action: DeploymentPlan['action']
    readonly url: string | null
    readonly changes: readonly PlanChange[]
  }[]
  readonly warnings: readonly PlanWarning[]
}

/**
 * JSON in which `{"$knownAfter": "image", "text"?}` stands for what an earlier layer makes, `{"$sensitive": true}` for
 * what is never shown; a key of the user's that is called so has one more `$`.
 */
export type PlanValue = Json
export type PlanChange = { readonly path: string; readonly before?: PlanValue; readonly after?: PlanValue }

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
  readonly taskDefinitionArn: string | undefined
  readonly serviceStatus: 'rolled' | 'started' | 'unchanged' | 'left-alone' | 'planned' | undefined
  readonly deployments: readonly { readonly name: string; readonly id: string | null; readonly action: DeploymentPlan['action']; readonly url: string | null }[]
  readonly failure: string | undefined
}

/** Puts the layers' plans together. `results` are those known so far, `pageOf` gives a deployment's web page. */
export function composePlan(
  layers: LayerPlans,
  options: { readonly name: string; readonly dryRun: boolean; readonly results: Results; readonly pageOf: (id: string) => string },
): ReleasePlan {
  const { name, dryRun, results, pageOf } = options
  const changes = (list: readonly Change[]) => list.map((change) => planChange(change, results))
  const { image, taskDefinition, service, serviceTaskDefinition, deployments, warnings } = layers
  return {
    version: 1,
    dryRun,
    hash: hashOf(layers, results),
    name,
    image: {
      action: image.action,
      repository: image.action === 'build' ? image.repository.uri : image.uri,
      tag: image.tag ?? null,
      fingerprint: image.fingerprint ?? null,
      reference: image.action === 'build' ? null : image.reference,
    },
    taskDefinition: taskDefinition === undefined ? null : {
      action: taskDefinition.action,
      family: taskDefinition.family,
      container: taskDefinition.container,
      arn: taskDefinition.arn ?? null,
      previousArn: taskDefinition.previousArn ?? null,
      changes: changes(taskDefinition.changes),
    },
    service: service === undefined ? null : {
      action: service.action,
      ...service.reference,
      from: service.from,
      reason: service.reason,
      changes: changes(serviceTaskDefinition?.changes ?? []),
    },
    deployments: deployments.map((each) => ({
      name: each.name,
      id: each.id ?? null,
      action: each.action,
      url: each.id === undefined ? null : pageOf(each.id),
      changes: changes(each.changes),
    })),
    warnings: [...warnings, ...deployments.flatMap((each) => each.warnings)].map(planWarning),
  }
}

/** Whether applying the plan would write anything. */
export function hasChanges({ image, taskDefinition, service, deployments }: ReleasePlan): boolean {
  return image.action === 'build' || taskDefinition?.action === 'register' || service?.action === 'roll' ||
    deployments.some(({ action }) => action !== 'unchanged')
}

/**
 * Hash of what the release changes, and of nothing that differs between the pull request and the main branch: an image
 * stands as its fingerprint (built or reused alike), a revision as family and definition, a hidden value as hidden;
 * commit, run, time and warnings are left out, and `version` is never a change.
 */
function hashOf({ image, taskDefinition, service, serviceTaskDefinition, deployments }: LayerPlans, results: Results): string {
  const standIns: Results = {
    image: `image ${image.fingerprint ?? (image.action === 'build' ? '' : image.digest)}`,
    ...(taskDefinition !== undefined && { taskDefinition: `${taskDefinition.family} ${taskDefinition.hash}` }),
  }
  const content = {
    image: standIns.image ?? '',
    taskDefinition: taskDefinition === undefined ? null : [taskDefinition.action, standIns.taskDefinition ?? ''],
    service: service === undefined ? null : [service.action, service.reference.cluster, service.reference.service, serviceTaskDefinition?.hash ?? null],
    deployments: deployments
      .filter(({ action }) => action !== 'unchanged')
      .map(({ name, action, changes }) => [name, action, changes.map((change) => planChange(change, standIns))]),
  }
  return createHash('sha256').update(withStandIns(stableJson(content), results, standIns)).digest('hex')
}

/** A result that is known already, because its layer needs no write, reads like one that is not. */
function withStandIns(text: string, results: Results, standIns: Results): string {
  return (['image', 'taskDefinition'] as const).reduce((replaced, result) => {
    const { [result]: known } = results
    return known === undefined ? replaced : replaced.replaceAll(known, standIns[result] ?? '')
  }, text)
}

function planChange({ path, before, after }: Change, results: Results): PlanChange {
  return {
    path,
    ...(before !== undefined && { before: planValue(resolve(before, results)) }),
    ...(after !== undefined && { after: planValue(resolve(after, results)) }),
  }
}

function planWarning({ code, message, hint, location }: Warning): PlanWarning {
  const { file, line } = location ?? {}
  return { code, message, hint, ...(file !== undefined && { file }), ...(line !== undefined && { line }) }
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

/** JSON with sorted keys: equal content gives equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item)
}
