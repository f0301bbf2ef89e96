import { applyPrefect } from './apply-prefect.ts'
import { applySteps } from '../deployment/step-apply.ts'
import { DeployError, isCancelled } from '../errors.ts'
import { buildRequest, pushImage } from '../image/build.ts'
import { exportCache } from '../image/cache-export.ts'
import { createRepository } from '../image/new-repository.ts'
import { tagImage } from '../image/tagging.ts'
import type { Inputs, ServiceInputs } from '../inputs.ts'
import { revisionOf } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { Log, Ports } from '../ports.ts'
import type { PlannedRelease } from './plan-release.ts'
import type { LayerPlans } from '../release.ts'
import type { Outcome } from '../release-plan.ts'
import { expectWorker } from './release-worker.ts'
import { roll } from '../service/rollout.ts'
import { rollBack } from '../service/rollback.ts'
import { targetFamily } from '../service/plan.ts'
import type { ServicePlan } from '../service/plan.ts'
import { registerTaskDefinition } from '../task-definition/apply.ts'
import type { TaskDefinitionPlan } from '../task-definition/plan.ts'

/** What has been made so far, for the report of a release that fails later. */
export type Progress = Partial<Pick<Outcome, 'image' | 'revisions' | 'serviceStatus' | 'deployments' | 'steps'>> & {
  /** ECR repository that this run created. */
  readonly repository?: string
  /** Revisions that this run registered. */
  readonly registered?: readonly string[]
}

export type ApplyContext = { readonly ports: Ports; readonly log: Log; readonly report: (progress: Progress) => void }

/** A release that is done, and what of it failed all the same. */
export type Applied = { readonly outcome: Omit<Outcome, 'failure'>; readonly failure: DeployError | undefined }

/**
 * Makes all writes of a release in their order: image, task definition, service, deployments, then the image's further
 * tags, which so say what is live. What a failing layer has
 * written is put back by that layer; a service that runs the flow image goes back when the deployments fail, since
 * their earlier values are then live again.
 * @throws DeployError of the layer that failed.
 */
export async function applyRelease(planned: PlannedRelease, inputs: Inputs, context: ApplyContext): Promise<Applied> {
  const { layers } = planned
  const image = await applyImage(planned, inputs, context)
  context.report({ image })
  const results = await applyAllSteps(planned, { image: image.reference }, { inputs, context })
  const revisions = await registerAll(layers, results, context)
  const serviceStatus = await applyService(planned, revisions, { inputs: inputs.service, context })
  context.report({ serviceStatus })
  const known = { ...results, ...Object.fromEntries(Object.entries(revisions.flows).map(([family, arn]) => [revisionOf(family), arn])) }
  const isRolled = serviceStatus === 'rolled' || serviceStatus === 'started'
  const rolled = { plan: layers.service, revisions, inputs: isRolled ? inputs.service : undefined }
  const { deployments, unread } = await applyPrefect(planned, { ...context, results: known }).catch(async (error: unknown) => {
    if (!isCancelled(error)) await rollServiceBack(rolled, context)
    throw error
  })
  context.report({ deployments })
  if (unread !== undefined) throw writtenUnread(unread)
  const failure = await applyTags(layers, image.digest, context)
  await applyCache(planned, inputs, context)
  return { outcome: { image, revisions: revisions.flows, serviceStatus, deployments }, failure }
}

/** After the push, for a script may want the image; a failing one stops the release before anything uses that. */
async function applyAllSteps(
  { layers, steps }: PlannedRelease, results: Results, { inputs, context }: { readonly inputs: Inputs; readonly context: ApplyContext },
): Promise<Results> {
  if (steps.runs.length === 0) return results
  const { environment, projectDirectory } = inputs
  const { ports, log, report } = context
  report({ steps: layers.steps })
  return applySteps(steps, { ...ports, log, results, environment, projectDirectory })
}

async function applyImage({ layers: { image }, build, cache }: PlannedRelease, inputs: Inputs, { ports, log, report }: ApplyContext): Promise<NonNullable<Outcome['image']>> {
  if (image.action !== 'build') return { reference: image.reference, digest: image.digest, tag: image.tag, built: false }
  if (image.createsRepository === true) {
    await createRepository(image.repository, { registry: ports.registry, log })
    report({ repository: image.repository.name })
  }
  const isAttested = inputs.image.provenance && build !== undefined
  const push = () => (isAttested
    ? ports.docker.pushAttested(buildRequest(image, build, { docker: ports.docker, secrets: inputs.image.buildSecrets, cache }))
    : ports.docker.push(image.name))
  const reference = await pushImage(image, push, { ...ports, log })
  log.info(`Pushed ${reference}`)
  return { reference, digest: reference.slice(reference.indexOf('@') + 1), tag: image.tag, built: true }
}

async function applyTags({ tags }: LayerPlans, digest: string, { ports: { registry }, log }: ApplyContext): Promise<DeployError | undefined> {
  return tags === undefined ? undefined : tagImage(tags, digest, { registry, log })
}

/** Last of all: nothing that goes live waits for it. */
async function applyCache({ layers: { image }, build, cache }: PlannedRelease, inputs: Inputs, { ports: { docker }, log }: ApplyContext): Promise<void> {
  if (image.action !== 'build' || build === undefined) return
  await exportCache(image, build, { docker, secrets: inputs.image.buildSecrets, cache, log })
}

/** The revisions that flow runs use, by family, and the one of the service's own family. */
type Revisions = { readonly flows: Readonly<Record<string, string>>; readonly own: string | undefined }

async function registerAll(layers: LayerPlans, results: Results, context: ApplyContext): Promise<Revisions> {
  const { taskDefinitions: planned, serviceTaskDefinition: own, service } = layers
  const { ports: { taskDefinitions, clock }, log, report } = context
  const registered: string[] = []
  const register = async (plan: TaskDefinitionPlan): Promise<string> => {
    const arn = await registerTaskDefinition(plan, { results, taskDefinitions, clock, log })
    if (plan.action === 'register') registered.push(arn)
    report({ registered: [...registered] })
    return arn
  }
  let flows: Revisions['flows'] = {}
  for (const plan of planned) {
    flows = { ...flows, [plan.family]: await register(plan) }
    report({ revisions: flows })
  }
  return { flows, own: own !== undefined && service?.action === 'roll' ? await register(own) : undefined }
}

type ServiceContext = { readonly inputs: ServiceInputs | undefined; readonly context: ApplyContext }
type ServiceStatus = Outcome['serviceStatus']

async function applyService({ layers: { service: plan }, query }: PlannedRelease, revisions: Revisions, { inputs, context }: ServiceContext): Promise<ServiceStatus> {
  if (plan === undefined || inputs === undefined) return undefined
  if (plan.action !== 'roll') return plan.action === 'leave' ? 'left-alone' : 'unchanged'
  const target = targetOf(plan, revisions)
  const worker = inputs.wait ? await expectWorker(target, query.workPools, { ...context.ports, log: context.log }) : undefined
  const report = (serviceStatus: ServiceStatus) => { context.report({ serviceStatus }) }
  const { status } = await roll(plan, target, { ...inputs, ...following(context), worker, report })
  return status
}

function targetOf(plan: ServicePlan, { flows, own }: Revisions): string {
  return (plan.definition === 'own' ? own : flows[targetFamily(plan)]) ?? plan.from
}

type RolledService = { readonly plan: ServicePlan | undefined; readonly revisions: Revisions; readonly inputs: ServiceInputs | undefined }

/** When the deployments fail, the image that a rolled service runs is not theirs any more. */
async function rollServiceBack({ plan, revisions, inputs }: RolledService, context: ApplyContext): Promise<void> {
  if (plan === undefined || inputs?.rollback !== true) return
  const { message, restored } = await rollBack(plan, targetOf(plan, revisions), { ...inputs, ...following(context) })
  context.log.info(message)
  if (restored) context.report({ serviceStatus: 'rolled-back' })
}

function writtenUnread(cause: DeployError): DeployError {
  return new DeployError(cause.code, `Everything was written, but could not be read back: ${cause.message}`, {
    cause, hint: 'Run again: a release that finds nothing to change proves it.',
  })
}

function following({ ports: { services, clock }, log }: ApplyContext) {
  return { services, clock, log }
}
