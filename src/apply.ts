import { applyDeployments } from './deployment/apply.ts'
import type { DeploymentOutcome } from './deployment/apply.ts'
import { verifyDeployments } from './deployment/verify.ts'
import { DeployError, isCancelled } from './errors.ts'
import { pushImage } from './image/build.ts'
import type { Inputs, ServiceInputs } from './inputs.ts'
import type { Results } from './planned.ts'
import type { Log, Ports } from './ports.ts'
import type { PlannedRelease } from './plan-release.ts'
import type { LayerPlans, Outcome } from './release.ts'
import { roll } from './service/rollout.ts'
import { rollBack } from './service/rollback.ts'
import type { ServicePlan } from './service/plan.ts'
import { registerTaskDefinition } from './task-definition/apply.ts'
import type { TaskDefinitionPlan } from './task-definition/plan.ts'

/** What has been made so far, for the report of a release that fails later. */
export type Progress = Partial<Pick<Outcome, 'image' | 'taskDefinitionArn' | 'serviceStatus' | 'deployments'>> & {
  /** Revisions that this run registered. */
  readonly registered?: readonly string[]
}

export type ApplyContext = { readonly ports: Ports; readonly log: Log; readonly report: (progress: Progress) => void }

/**
 * Makes all writes of a release in their order: image, task definition, service, deployments. What a failing layer has
 * written is put back by that layer; a service that runs the flow image goes back when the deployments fail, since
 * their earlier values are then live again.
 * @throws DeployError of the layer that failed.
 */
export async function applyRelease(planned: PlannedRelease, inputs: Inputs, context: ApplyContext): Promise<Outcome> {
  const { layers } = planned
  const image = await applyImage(layers, context)
  context.report({ image })
  const results: Results = { image: image.reference }
  const revisions = await registerAll(layers, results, context)
  const serviceStatus = await applyService(layers.service, revisions, { inputs: inputs.service, context })
  context.report({ serviceStatus })
  const known = { ...results, ...(revisions.flow !== undefined && { taskDefinition: revisions.flow }) }
  const service = serviceStatus === 'rolled' || serviceStatus === 'started' ? inputs.service : undefined
  const deployments = await applyDeploymentLayer(planned, { results: known, revisions, service }, context)
  context.report({ deployments })
  await verify(planned, known, context)
  return { image, taskDefinitionArn: revisions.flow, serviceStatus, deployments, failure: undefined }
}

async function applyImage({ image }: LayerPlans, { ports, log }: ApplyContext): Promise<NonNullable<Outcome['image']>> {
  if (image.action !== 'build') return { reference: image.reference, digest: image.digest, tag: image.tag, built: false }
  const reference = await pushImage(image, { ...ports, log })
  log.info(`Pushed ${reference}`)
  return { reference, digest: reference.slice(reference.indexOf('@') + 1), tag: image.tag, built: true }
}

/** The revision that flow runs use, and the one of the service's own family. */
type Revisions = { readonly flow: string | undefined; readonly own: string | undefined }

async function registerAll(layers: LayerPlans, results: Results, context: ApplyContext): Promise<Revisions> {
  const { taskDefinition, serviceTaskDefinition: own, service } = layers
  const { ports: { taskDefinitions, clock }, log, report } = context
  const registered: string[] = []
  const register = async (plan: TaskDefinitionPlan): Promise<string> => {
    const arn = await registerTaskDefinition(plan, { results, taskDefinitions, clock, log })
    if (plan.action === 'register') registered.push(arn)
    report({ registered: [...registered] })
    return arn
  }
  const flow = taskDefinition && (await register(taskDefinition))
  if (flow !== undefined) report({ taskDefinitionArn: flow })
  return { flow, own: own !== undefined && service?.action === 'roll' ? await register(own) : undefined }
}

type ServiceContext = { readonly inputs: ServiceInputs | undefined; readonly context: ApplyContext }
type ServiceStatus = Outcome['serviceStatus']

async function applyService(plan: ServicePlan | undefined, revisions: Revisions, { inputs, context }: ServiceContext): Promise<ServiceStatus> {
  if (plan === undefined || inputs === undefined) return undefined
  if (plan.action !== 'roll') return plan.action === 'leave' ? 'left-alone' : 'unchanged'
  const { status } = await roll(plan, targetOf(plan, revisions), { ...inputs, ...following(context) })
  return status
}

function targetOf({ definition, from }: ServicePlan, { flow, own }: Revisions): string {
  return (definition === 'own' ? own : flow) ?? from
}

/** @param service the inputs of a service that this run has rolled, and that goes back when the deployments fail. */
type DeploymentContext = { readonly results: Results; readonly revisions: Revisions; readonly service: ServiceInputs | undefined }

/**
 * The deployments are read and planned once more: somebody may have paused one while the image was built or the service
 * rolled, and a paused one must not be started.
 */
async function applyDeploymentLayer(
  { layers, query, replan }: PlannedRelease, { results, revisions, service }: DeploymentContext, context: ApplyContext,
): Promise<DeploymentOutcome[]> {
  const { ports, log } = context
  try {
    const isWritten = layers.deployments.some(({ action }) => action !== 'unchanged')
    const plans = isWritten ? replan(await ports.workspace.read(query), results) : layers.deployments
    const outcomes = await applyDeployments(plans, { results, ...ports, log })
    for (const { action, name } of outcomes) if (action !== 'unchanged') log.info(`${action}d ${name}`)
    return outcomes
  } catch (error) {
    if (layers.service !== undefined && service?.rollback === true && !isCancelled(error)) {
      const { message, restored } = await rollBack(layers.service, targetOf(layers.service, revisions), { ...service, ...following(context) })
      log.info(message)
      if (restored) context.report({ serviceStatus: undefined })
    }
    throw error
  }
}

/** @throws DeployError `write-not-taken`, or that of a read which failed when all was written. */
async function verify({ layers, query, replan }: PlannedRelease, results: Results, { ports: { workspace } }: ApplyContext): Promise<void> {
  try {
    await verifyDeployments(layers.deployments, { workspace, query, replan: (live) => replan(live, results) })
  } catch (error) {
    if (!(error instanceof DeployError) || error.code === 'write-not-taken') throw error
    throw new DeployError(error.code, `Everything was written, but could not be read back: ${error.message}`, {
      cause: error, hint: 'Run again: a release that finds nothing to change proves it.',
    })
  }
}

function following({ ports: { services, clock }, log }: ApplyContext) {
  return { services, clock, log }
}
