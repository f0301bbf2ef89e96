import { DeployError } from '../errors.ts'
import type { ServiceReference, ServiceState } from '../ecs-ports.ts'
import { progressOfCurrent } from './progress.ts'

/** What another layer plans for a task definition; `arn` is known when it makes no new revision. */
export type DefinitionPlan = { readonly family: string; readonly action: 'register' | 'unchanged'; readonly arn?: string | undefined }

export type ServicePlan = {
  readonly action: 'roll' | 'unchanged' | 'leave'
  readonly reference: ServiceReference
  /** The revision that the service runs now, or did before a rollout that has not succeeded yet; it goes back to it. */
  readonly from: string
  /** The revision to roll to; undefined until it is registered, and when nothing is rolled. */
  readonly target: string | undefined
  /** Whose revision it rolls to: that of its family in `task-definition`, or that of the service's own definition with the new image. */
  readonly definition: 'flow' | 'own' | undefined
  /** One sentence for people. */
  readonly reason: string
  /** Whether a running worker is replaced. */
  readonly restartsWorker: boolean
}

export type ServiceRequest = {
  readonly reference: ServiceReference
  readonly state: ServiceState | undefined
  /** The plans of `task-definition`. */
  readonly flows: readonly DefinitionPlan[]
  /** The plan of the service's own revision with the new image, when `service-container-name` is given. */
  readonly own: DefinitionPlan | undefined
}

/**
 * A worker is restarted only when its own definition changes: it runs a family of `task-definition`, or a container
 * of its own gets the image; any other is left alone. `unchanged` takes a service that is well on its revision: a
 * rollout to it that is under way, or that has failed, is planned as `roll`, to be followed or told at apply.
 * @throws DeployError `service-missing`, `service-unsupported`, or `unsupported-input` when both are asked for.
 */
export function planService(request: ServiceRequest): ServicePlan {
  const { reference, flows, own } = request
  const state = supported(reference, request.state)
  const family = familyOf(state.taskDefinitionArn)
  const flow = flows.find((each) => each.family === family)
  if (flow !== undefined && own !== undefined) throw twoRevisions(reference, family)
  const definition = own ?? flow
  return definition === undefined ? leave(reference, state) : roll(request, state, definition)
}

function supported({ cluster, service }: ServiceReference, state: ServiceState | undefined): ServiceState {
  if (state === undefined) {
    throw new DeployError('service-missing', `There is no service ${service} in cluster ${cluster}`, {
      hint: 'Check the inputs service, cluster and aws-region; a release does not create services.',
    })
  }
  if (state.status !== 'ACTIVE') {
    throw new DeployError('service-unsupported', `Service ${service} in cluster ${cluster} is ${state.status}, not ACTIVE`, {
      hint: 'Create the service again, or leave out the input service.',
    })
  }
  if (state.controller !== 'ECS') {
    throw new DeployError('service-unsupported', `Service ${service} is deployed by ${state.controller}; only ECS is supported`, {
      hint: 'Leave out the input service, and deploy it with the tool that its controller needs.',
    })
  }
  return state
}

function twoRevisions({ service }: ServiceReference, family: string): DeployError {
  const message = `Service ${service} runs ${family}, a family of task-definition: service-container-name would make a second revision`
  return new DeployError('unsupported-input', message, {
    hint: 'Remove service-container-name: the service rolls to the revision of task-definition.',
  })
}

function roll({ reference, own }: ServiceRequest, state: ServiceState, definition: DefinitionPlan): ServicePlan {
  const from = state.taskDefinitionArn
  const common = { reference, from, definition: own === undefined ? 'flow' as const : 'own' as const }
  if (definition.arn === from) return { ...common, ...told(state) }
  const target = definition.arn === undefined ? `the new revision of ${definition.family}` : shortName(definition.arn)
  return {
    ...common,
    action: 'roll',
    target: definition.arn,
    reason: `It runs ${shortName(from)} and goes to ${target}`,
    restartsWorker: state.desiredCount > 0,
  }
}

/** What is planned for a service that is told to run the revision already. */
function told(state: ServiceState): Pick<ServicePlan, 'action' | 'from' | 'target' | 'reason' | 'restartsWorker'> {
  const { taskDefinitionArn: target } = state
  const name = shortName(target)
  const { status, reason: cause } = progressOfCurrent(state)
  if (status === 'succeeded') {
    return { action: 'unchanged', from: target, target: undefined, reason: `It already runs ${name}`, restartsWorker: false }
  }
  const reason = status === 'failed'
    ? `It did not come up on ${name} (${cause.replace(/\.$/, '')}): a release fails until that is mended`
    : `It is on its way to ${name} already, and is followed there`
  return { action: 'roll', from: earlierRevision(state) ?? target, target, reason, restartsWorker: false }
}

/** ECS keeps the deployment that a rollout replaces until the rollout has succeeded. */
function earlierRevision({ deployments, taskDefinitionArn: current }: ServiceState): string | undefined {
  const others = deployments.filter(({ taskDefinitionArn }) => taskDefinitionArn !== current)
  return others.find(({ rolloutState }) => rolloutState === 'COMPLETED' || rolloutState === '')?.taskDefinitionArn
}

function leave(reference: ServiceReference, state: ServiceState): ServicePlan {
  const reason = `It runs ${shortName(state.taskDefinitionArn)}, which this release does not change`
  return { action: 'leave', reference, from: state.taskDefinitionArn, target: undefined, definition: undefined, reason, restartsWorker: false }
}

/** The family whose revision the service goes to: that of a known target, else the one it runs, of which a new revision is made. */
export function targetFamily({ target, from }: Pick<ServicePlan, 'target' | 'from'>): string {
  return familyOf(target ?? from)
}

/** `family:revision` of a revision's ARN. */
export function shortName(arn: string): string {
  return arn.split('/').at(-1) ?? arn
}

function familyOf(arn: string): string {
  return shortName(arn).replace(/:\d+$/, '')
}
