import type { DeploymentCircuitBreaker, DeploymentConfiguration, LaunchType, NetworkConfiguration } from '@aws-sdk/client-ecs'
import type { World } from '../world.ts'
import { findCluster } from './clusters.ts'
import { addEvent, startTask } from './deployment-tasks.ts'
import { resolveRevision } from './revision.ts'
import { serviceArn, serviceChildArn } from './references.ts'
import type { Deployment, Service, ServiceDeployment, ServiceRevision } from './service.ts'
import { hexId, numericId } from './service.ts'
import { markRunning } from './task-record.ts'
import { findActiveRevision } from './task-definitions.ts'

export type ServiceRequest = {
  readonly cluster: string
  readonly name: string
  /** Family, `family:revision` or ARN. */
  readonly taskDefinition: string
  readonly desiredCount: number
  readonly launchType?: LaunchType
  readonly circuitBreaker?: DeploymentCircuitBreaker
  /** Of a strategy that is not ROLLING: with it come a bake time and lifecycle hooks. */
  readonly strategy?: Pick<DeploymentConfiguration, 'strategy' | 'bakeTimeInMinutes' | 'lifecycleHooks' | 'linearConfiguration' | 'canaryConfiguration'>
  /** Seconds until its new deployments can be listed, instead of those of all. */
  readonly visibleAfter?: number
  readonly networkConfiguration?: NetworkConfiguration
}

/** Creates a service that has been stable for long: its tasks run, its first deployment is complete. */
export async function createService(world: World, request: ServiceRequest): Promise<Service> {
  checkStrategy(request)
  const service = emptyService(world, request)
  const revision = await resolveRevision(world, service, findActiveRevision(world, request.taskDefinition))
  const place = { world, service }
  service.revisions.unshift(revision)
  const deployment = completedDeployment(world, service, revision)
  service.deployments.unshift(deployment)
  service.rollouts.unshift(deployment.rollout)
  for (let count = 0; count < request.desiredCount; count += 1) markRunning(world, startTask(place, deployment).taskArn)
  addEvent(place, 'has reached a steady state.')
  world.services.set(service.serviceArn, service)
  return service
}

/** As CreateService refuses it. */
function checkStrategy({ strategy: { strategy = 'ROLLING', lifecycleHooks = [], linearConfiguration, canaryConfiguration } = {}, circuitBreaker }: ServiceRequest): void {
  if (linearConfiguration !== undefined && strategy !== 'LINEAR') throw new Error('linearConfiguration is only valid with LINEAR')
  if (canaryConfiguration !== undefined && strategy !== 'CANARY') throw new Error('canaryConfiguration is only valid with CANARY')
  if (strategy !== 'ROLLING' && circuitBreaker?.enable === true) throw new Error('The deployment circuit breaker can only be used with ROLLING')
  const shifts = ['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT']
  const refused = lifecycleHooks.some(({ targetType, lifecycleStages = [] }) => targetType === 'PAUSE' && lifecycleStages.some((stage) => shifts.includes(stage)))
  if (refused) throw new Error(`PAUSE hooks cannot be configured at ${shifts.join(' or ')}`)
}

/** A service without any deployment. @throws AwsError ClusterNotFoundException */
export function emptyService(world: World, { cluster, name, desiredCount, ...request }: ServiceRequest): Service {
  return {
    serviceArn: serviceArn(world.account, cluster, name),
    name,
    clusterArn: findCluster(world, cluster),
    launchType: request.launchType ?? 'FARGATE',
    createdAt: world.timeline.now(),
    createdBy: `arn:aws:iam::${world.account.id}:root`,
    status: 'ACTIVE',
    desiredCount,
    deploymentConfiguration: {
      deploymentCircuitBreaker: request.circuitBreaker ?? { enable: false, rollback: false },
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      strategy: 'ROLLING',
      bakeTimeInMinutes: 0,
      ...request.strategy,
    },
    ...(request.networkConfiguration !== undefined && { networkConfiguration: request.networkConfiguration }),
    enableExecuteCommand: false,
    ...(request.visibleAfter !== undefined && { visibleAfter: request.visibleAfter }),
    tags: [],
    deployments: [],
    rollouts: [],
    revisions: [],
    events: [],
    fates: [],
  }
}

function completedDeployment({ timeline }: World, { serviceArn: service }: Service, revision: ServiceRevision): Deployment {
  const now = timeline.now()
  const arn = serviceChildArn(service, 'service-deployment', hexId())
  const times = { createdAt: now, updatedAt: now }
  const rollout: ServiceDeployment = {
    arn,
    ...times,
    startedAt: now,
    finishedAt: now,
    source: [],
    target: revision,
    status: 'SUCCESSFUL',
    failureCount: 0,
    visible: true,
  }
  const id = `ecs-svc/${numericId()}`
  const state = { status: 'PRIMARY', rolloutState: 'COMPLETED', rolloutStateReason: `ECS deployment ${id} completed.` } as const
  return { id, revision, fate: 'success', rollout, ...state, failedTasks: 0, ...times }
}
