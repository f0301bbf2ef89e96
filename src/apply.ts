import { applyDeployments } from './deployment/apply.ts'
import type { DeploymentOutcome } from './deployment/apply.ts'
import { verifyDeployments } from './deployment/verify.ts'
import { DeployError } from './errors.ts'
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

/** What has been made so far: what a release that fails later leaves behind. */
export type Progress = { image?: Outcome['image']; taskDefinitionArn?: string | undefined }

export type ApplyContext = { readonly ports: Ports; readonly log: Log; readonly progress: Progress }

/**
 * Makes all writes of a release in their order: image, task definition, service, deployments. What a failing layer has
 * written is put back by that layer; a service that runs the flow image goes back when the deployments fail, since
 * their earlier values are then live again.
 * @throws DeployError of the layer that failed.
 */
export async function applyRelease(planned: PlannedRelease, inputs: Inputs, context: ApplyContext): Promise<Outcome> {
  const { layers } = planned
  const image = (context.progress.image = await applyImage(layers, context))
  const results: Results = { image: image.reference }
  const taskDefinitionArn = layers.taskDefinition && (await registerTaskDefinition(layers.taskDefinition, { results, ...registering(context) }))
  context.progress.taskDefinitionArn = taskDefinitionArn
  const rolled = await applyService(layers, { results, taskDefinitionArn, inputs: inputs.service }, context)
  const known = { ...results, ...(taskDefinitionArn !== undefined && { taskDefinition: taskDefinitionArn }) }
  const deployments = await applyOrRollBack(layers, { results: known, rolled, context })
  for (const { action, name } of deployments.filter(({ action }) => action !== 'unchanged')) context.log.info(`${action}d ${name}`)
  await verifyDeployments(layers.deployments, { ...context.ports, query: planned.query, replan: (live) => planned.replan(live, known) })
  return { image, taskDefinitionArn, serviceStatus: rolled?.status ?? statusWithoutRoll(layers.service), deployments, failure: undefined }
}

async function applyImage({ image }: LayerPlans, { ports, log }: ApplyContext): Promise<NonNullable<Outcome['image']>> {
  if (image.action !== 'build') return { reference: image.reference, digest: image.digest, tag: image.tag, built: false }
  const reference = await pushImage(image, { ...ports, log })
  log.info(`Pushed ${reference}`)
  return { reference, digest: reference.slice(reference.indexOf('@') + 1), tag: image.tag, built: true }
}

type Rolled = { readonly plan: ServicePlan; readonly targetArn: string; readonly status: Outcome['serviceStatus']; readonly timeoutMinutes: number }
type ServiceRequest = { readonly results: Results; readonly taskDefinitionArn: string | undefined; readonly inputs: ServiceInputs | undefined }

async function applyService(layers: LayerPlans, request: ServiceRequest, context: ApplyContext): Promise<Rolled | undefined> {
  const { service: plan, serviceTaskDefinition: own } = layers
  const { inputs, results, taskDefinitionArn } = request
  if (plan?.action !== 'roll' || inputs === undefined) return undefined
  const targetArn = own === undefined ? taskDefinitionArn : await registerTaskDefinition(own, { results, ...registering(context) })
  if (targetArn === undefined) return undefined
  const { status } = await roll(plan, targetArn, { ...inputs, ...following(context) })
  return { plan, targetArn, status, timeoutMinutes: inputs.timeoutMinutes }
}

async function applyOrRollBack(
  { deployments }: LayerPlans,
  { results, rolled, context }: { results: Results; rolled: Rolled | undefined; context: ApplyContext },
): Promise<DeploymentOutcome[]> {
  try {
    return await applyDeployments(deployments, { results, ...context.ports, log: context.log })
  } catch (error) {
    if (rolled !== undefined && !(error instanceof DeployError && error.code === 'cancelled')) {
      const { message } = await rollBack(rolled.plan, rolled.targetArn, { ...following(context), timeoutMinutes: rolled.timeoutMinutes })
      context.log.info(message)
    }
    throw error
  }
}

function statusWithoutRoll(service: ServicePlan | undefined): Outcome['serviceStatus'] {
  if (service === undefined) return undefined
  return service.action === 'leave' ? 'left-alone' : 'unchanged'
}

function registering({ ports: { taskDefinitions, clock }, log }: ApplyContext) {
  return { taskDefinitions, clock, log }
}

function following({ ports: { services, clock }, log }: ApplyContext) {
  return { services, clock, log }
}
