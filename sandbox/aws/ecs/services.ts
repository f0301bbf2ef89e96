import type {
  DescribeServicesRequest,
  DescribeServicesResponse,
  ListServicesRequest,
  ListServicesResponse,
  UpdateServiceRequest,
  UpdateServiceResponse,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Grant } from '../policy-document.ts'
import type { World } from '../world.ts'
import { clusterContext, findCluster } from './clusters.ts'
import { page } from './page.ts'
import { serviceArn } from './references.ts'
import { resolveRevision } from './revision.ts'
import { reconcile, startRollout } from './rollout.ts'
import type { Service } from './service.ts'
import { primaryOf } from './service.ts'
import { viewService } from './service-view.ts'
import { findActiveRevision, findRevision } from './task-definitions.ts'

export const serviceOperations: Operations = {
  DescribeServices: operation({
    grants: ({ cluster, services = [] }: DescribeServicesRequest, { world }) =>
      services.map((service) => serviceGrant(world, 'DescribeServices', { cluster, service })),
    run({ cluster, services = [], include = [] }: DescribeServicesRequest, { world }): DescribeServicesResponse {
      findCluster(world, cluster)
      if (services.length === 0) throw new AwsError('InvalidParameterException', 'Services cannot be empty.')
      if (services.length > 10) throw new AwsError('InvalidParameterException', 'Services cannot have more than 10 elements.')
      const arns = services.map((service) => serviceArn(world.account, cluster, service))
      const found = arns.map((arn) => world.services.get(arn)).filter((service) => service !== undefined)
      return {
        services: found.map((service) => ({
          ...viewService({ world, service }),
          ...(include.includes('TAGS') && { tags: [...service.tags] }),
        })),
        failures: arns.filter((arn) => !world.services.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
      }
    },
  }),
  ListServices: operation({
    grants: ({ cluster }: ListServicesRequest, { world }) => [
      { action: 'ecs:ListServices', resource: '*', context: clusterContext(world, cluster) },
    ],
    run(request: ListServicesRequest, { world }): ListServicesResponse {
      const cluster = findCluster(world, request.cluster)
      const arns = [...world.services.values()].filter(({ clusterArn }) => clusterArn === cluster).map((service) => service.serviceArn)
      const { items, nextToken } = page(arns, { maxResults: 10, ...request })
      return { serviceArns: items, ...nextToken }
    },
  }),
  UpdateService: operation({
    grants: ({ cluster, service = '', taskDefinition }: UpdateServiceRequest, { world }) => {
      const arn = taskDefinition === undefined ? undefined : findRevision(world, taskDefinition)?.definition.taskDefinitionArn
      const grant = serviceGrant(world, 'UpdateService', { cluster, service })
      return [{ ...grant, context: { ...grant.context, ...(arn !== undefined && { 'ecs:task-definition': arn }) } }]
    },
    async run(request: UpdateServiceRequest, { world }): Promise<UpdateServiceResponse> {
      const service = findService(world, request.cluster, request.service ?? '')
      if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
      refuseUnsupported(request)
      const place = { world, service }
      const { taskDefinition, desiredCount, forceNewDeployment = false } = request
      const current = primaryOf(service).revision
      const revision =
        taskDefinition === undefined ? findRevision(world, current.taskDefinitionArn) : findActiveRevision(world, taskDefinition)
      if (revision === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.')
      checkLaunchType(service, revision.definition.compatibilities ?? [])
      const target = await resolveRevision(world, service, revision)
      const isNew = target.taskDefinitionArn !== current.taskDefinitionArn || forceNewDeployment || changesNetwork(service, request)
      change(service, request)
      if (isNew) {
        service.revisions.unshift(target)
        startRollout(place, target)
      } else if (desiredCount !== undefined) reconcile(place)
      return { service: viewService(place) }
    },
  }),
}

/** @throws AwsError ClusterNotFoundException, ServiceNotFoundException */
export function findService(world: World, cluster: string | undefined, service: string): Service {
  findCluster(world, cluster)
  const found = world.services.get(serviceArn(world.account, cluster, service))
  if (found === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.')
  return found
}

/** What a call on one service needs. */
export function serviceGrant(
  world: World,
  operation: string,
  { cluster, service }: { readonly cluster: string | undefined; readonly service: string },
): Grant & { readonly context: object } {
  const resource = serviceArn(world.account, cluster, service)
  return { action: `ecs:${operation}`, resource, context: { ...clusterContext(world, cluster), 'ecs:service': resource } }
}

const SUPPORTED: readonly string[] = [
  'cluster',
  'service',
  'taskDefinition',
  'desiredCount',
  'forceNewDeployment',
  'deploymentConfiguration',
  'networkConfiguration',
  'enableExecuteCommand',
] satisfies (keyof UpdateServiceRequest)[]

function refuseUnsupported(request: UpdateServiceRequest): void {
  const unsupported = Object.keys(request).filter((member) => !SUPPORTED.includes(member))
  if (unsupported.length > 0)
    throw new AwsError('UnsupportedFeatureException', `The simulator does not implement ${unsupported.join(', ')} of UpdateService.`)
}

/** @throws AwsError ClientException */
export function checkLaunchType({ launchType }: Service, compatibilities: readonly string[]): void {
  if (!compatibilities.includes(launchType))
    throw new AwsError('ClientException', `Task definition does not support launch_type ${launchType}.`)
}

function changesNetwork(service: Service, { networkConfiguration }: UpdateServiceRequest): boolean {
  return networkConfiguration !== undefined && JSON.stringify(networkConfiguration) !== JSON.stringify(service.networkConfiguration)
}

function change(
  service: Service,
  { desiredCount, deploymentConfiguration, networkConfiguration, enableExecuteCommand }: UpdateServiceRequest,
): void {
  service.desiredCount = desiredCount ?? service.desiredCount
  service.deploymentConfiguration = { ...service.deploymentConfiguration, ...deploymentConfiguration }
  if (networkConfiguration !== undefined) service.networkConfiguration = networkConfiguration
  service.enableExecuteCommand = enableExecuteCommand ?? service.enableExecuteCommand
}
