import type { Deployment as EcsDeployment, Service as EcsService } from '@aws-sdk/client-ecs'
import type { Place } from './deployment-tasks.ts'
import { runningTasksOf, tasksOf } from './deployment-tasks.ts'
import type { Deployment, ServiceRevision } from './service.ts'
import { isOver } from './rollout.ts'
import { primaryOf } from './service.ts'
import { isRolling } from './stages.ts'

/** A service as DescribeServices answers it. */
export function viewService(place: Place): EcsService {
  const { service } = place
  const deployments = service.deployments.map((deployment) => viewDeployment(place, deployment))
  const { deploymentConfiguration, networkConfiguration } = service
  const current = service.rollouts.find((rollout) => !isOver(rollout) && rollout.visible)
  return {
    serviceArn: service.serviceArn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: [],
    serviceRegistries: [],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: sum(deployments.map(({ runningCount = 0 }) => runningCount)),
    pendingCount: sum(deployments.map(({ pendingCount = 0 }) => pendingCount)),
    launchType: service.launchType,
    ...(service.launchType === 'FARGATE' && { platformVersion: 'LATEST', platformFamily: 'Linux' }),
    taskDefinition: primaryOf(service).revision.taskDefinitionArn,
    deploymentConfiguration,
    deployments,
    events: service.events,
    createdAt: service.createdAt,
    createdBy: service.createdBy,
    ...(current !== undefined && { currentServiceDeployment: current.arn }),
    currentServiceRevisions: service.deployments.map((deployment) => viewCounts(place, deployment.revision)),
    placementConstraints: [],
    placementStrategy: [],
    ...(networkConfiguration !== undefined && { networkConfiguration }),
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: 'DISABLED',
  }
}

/** Tasks of a revision: what the service wants of it, what runs, what is on its way. */
export function viewCounts(place: Place, revision: ServiceRevision) {
  const deployments = place.service.deployments.filter((deployment) => deployment.revision === revision)
  const running = sum(deployments.map((deployment) => runningTasksOf(place, deployment).length))
  const all = sum(deployments.map((deployment) => tasksOf(place, deployment).length))
  const wanted = deployments.some(({ status, rolloutState }) => status === 'PRIMARY' && rolloutState !== 'FAILED')
  return {
    arn: revision.arn,
    requestedTaskCount: wanted ? place.service.desiredCount : running,
    runningTaskCount: running,
    pendingTaskCount: all - running,
  }
}

function viewDeployment(place: Place, deployment: Deployment): EcsDeployment {
  const { service } = place
  const running = runningTasksOf(place, deployment).length
  const pending = tasksOf(place, deployment).length - running
  const { id, status, failedTasks, createdAt, updatedAt, rolloutState, rolloutStateReason } = deployment
  return {
    id,
    status,
    taskDefinition: deployment.revision.taskDefinitionArn,
    desiredCount: status === 'PRIMARY' && rolloutState !== 'FAILED' ? service.desiredCount : running,
    pendingCount: pending,
    runningCount: running,
    failedTasks,
    createdAt,
    updatedAt,
    launchType: service.launchType,
    ...(service.launchType === 'FARGATE' && { platformVersion: '1.4.0', platformFamily: 'Linux' }),
    ...(service.networkConfiguration !== undefined && { networkConfiguration: service.networkConfiguration }),
    ...(isRolling(service) && { rolloutState, rolloutStateReason }), // "only returned for services that use the rolling update", API reference
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
