import { createHash } from 'node:crypto'
import type { DeploymentPlan } from '../deployment/plan.ts'
import type { ImagePlan } from '../image/plan.ts'
import type { TagsPlan } from '../image/tags.ts'
import { isFromStep, planChange } from '../plan-value.ts'
import { revisionOf } from '../planned.ts'
import type { Change, Result, Results } from '../planned.ts'
import type { LayerPlans } from '../release.ts'
import type { WorkPoolPlan } from '../work-pool/plan.ts'

/** What {@link hashOf} covers, a text for each layer and a hash for each deployment. */
export type PlanContent = {
  readonly image: string
  readonly taskDefinition: string
  readonly service: string
  /** Of the Prefect file; empty when none runs or copies anything. */
  readonly steps: string
  /** Empty when none changes. */
  readonly workPools: string
  /** In the plan's order; empty for one that is unchanged. */
  readonly deployments: readonly string[]
}

const LAYERS = ['image', 'taskDefinition', 'service', 'deployments'] as const
const DIGITS = 16

/**
 * Hash of what the release changes, and of nothing that differs between the pull request and the main branch: 16
 * hexadecimal digits for each of image, task definition, service and deployments (with steps and work pools), so that two
 * hashes say where they differ.
 */
export function hashOf(content: PlanContent): string {
  const deployments = [content.steps, content.workPools, ...content.deployments].filter((text) => text !== '').join()
  return LAYERS.map((layer) => digits(layer === 'deployments' ? deployments : content[layer])).join('')
}

/** In which layers two plans differ, by their hashes. */
export function differingLayers(one: string, other: string): (typeof LAYERS)[number][] {
  return LAYERS.filter((_, index) => one.slice(index * DIGITS, (index + 1) * DIGITS) !== other.slice(index * DIGITS, (index + 1) * DIGITS))
}

/**
 * An image stands as its fingerprint (built or reused alike), with a repository that is made for it and tags that it gets, a revision as family and definition in whatever order they are given, a hidden value as
 * hidden; commit, run, time and warnings are left out, and `version` is never a change. Of what a script prints only its
 * place counts, and not what stands there now, which an earlier script has printed.
 */
export function contentOf(layers: LayerPlans, results: Results): PlanContent {
  const { image, tags, taskDefinitions, service, serviceTaskDefinition, steps, workPools, deployments } = layers
  const standIns: Results = {
    image: `image ${image.fingerprint ?? (image.action === 'build' ? '' : image.digest)}`,
    ...Object.fromEntries(taskDefinitions.map(({ family, hash }) => [revisionOf(family), `${family} ${hash}`])),
  }
  const text = (value: unknown) => withStandIns(stableJson(value), results, standIns)
  const changed = ({ name, action, changes }: Changed) =>
    action === 'unchanged' ? '' : digits(text([name, action, changes.map((change) => changeContent(change, standIns))]))
  const working = steps.filter(({ action }) => action !== 'skip')
  return {
    image: [standIns.image ?? '', ...creationContent(image), ...tagContent(tags)].join(' '),
    taskDefinition: text(taskDefinitions.map(({ action, family }) => `${action} ${standIns[revisionOf(family)] ?? ''}`).sort()),
    service: text(service === undefined ? null : [service.action, service.reference.cluster, service.reference.service, serviceTaskDefinition?.hash ?? null]),
    steps: working.length === 0 ? '' : text(working.map(({ action, step, script, target, files }) => [action, step, script, target, files])),
    workPools: workPools.map(changed).filter((hash) => hash !== '').join(),
    deployments: deployments.map(changed),
  }
}

type Changed = Pick<WorkPoolPlan | DeploymentPlan, 'name' | 'action' | 'changes'>

function digits(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS)
}

function creationContent(image: ImagePlan): string[] {
  return image.action === 'build' && image.createsRepository === true ? [`in a new repository ${image.repository.name}`] : []
}

/**
 * Which tags move, and how many are new: a new one is often named after the commit or the run, which are no content. Where
 * one moves from is what others have released meanwhile.
 */
function tagContent(plan: TagsPlan | undefined): string[] {
  const { tags = [] } = plan ?? {}
  const moved = tags.filter(({ action }) => action === 'move').map(({ tag }) => tag).sort()
  const created = tags.filter(({ action }) => action === 'create').length
  return moved.length + created === 0 ? [] : [`tags ${stableJson({ moved, created })}`]
}

/** A result that is known already, because its layer needs no write, reads like one that is not. */
function withStandIns(text: string, results: Results, standIns: Results): string {
  return (Object.keys(standIns) as Result[]).reduce((replaced, result) => {
    const { [result]: known } = results
    return known === undefined ? replaced : replaced.replaceAll(known, standIns[result] ?? '')
  }, text)
}

/** Who set a live value can be told on the pull request and not on the main branch, or the other way round. */
function changeContent(change: Change, standIns: Results): unknown {
  const { path, before, after } = planChange(change, standIns)
  return [path, isFromStep(change.after) ? null : (before ?? null), after ?? null]
}

/** JSON with sorted keys: equal content gives equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item)
}
