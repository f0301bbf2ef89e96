import type {
  Cluster, CreateClusterRequest, CreateClusterResponse, DescribeClustersRequest, DescribeClustersResponse, ListClustersRequest, ListClustersResponse,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Context } from '../policy-document.ts'
import type { World } from '../world.ts'
import { page } from './page.ts'
import { clusterArn } from './references.ts'

export const clusterOperations: Operations = {
  CreateCluster: operation({
    grants: () => [{ action: 'ecs:CreateCluster', resource: '*' }],
    run({ clusterName = 'default', ...others }: CreateClusterRequest, { world }): CreateClusterResponse {
      const [unsupported] = Object.keys(others)
      if (unsupported !== undefined) throw new AwsError('InvalidParameterException', `The simulator does not implement ${unsupported} of CreateCluster.`)
      createCluster(world, clusterName)
      return { cluster: describe(world, clusterArn(world.account, clusterName), true) }
    },
  }),
  ListClusters: operation({
    grants: () => [{ action: 'ecs:ListClusters', resource: '*' }],
    run(request: ListClustersRequest, { world }): ListClustersResponse {
      const { items, nextToken } = page([...world.clusters.keys()], request)
      return { clusterArns: items, ...nextToken }
    },
  }),
  DescribeClusters: operation({
    grants: ({ clusters = ['default'] }: DescribeClustersRequest, { world }) =>
      clusters.map((cluster) => ({ action: 'ecs:DescribeClusters', resource: clusterArn(world.account, cluster) })),
    run({ clusters = ['default'], include = [] }: DescribeClustersRequest, { world }): DescribeClustersResponse {
      const arns = clusters.map((cluster) => clusterArn(world.account, cluster))
      return {
        clusters: arns.filter((arn) => world.clusters.has(arn)).map((arn) => describe(world, arn, include.includes('SETTINGS'))),
        failures: arns.filter((arn) => !world.clusters.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
      }
    },
  }),
}

export function createCluster(world: World, name: string): void {
  const arn = clusterArn(world.account, name)
  world.clusters.set(arn, {
    clusterArn: arn,
    clusterName: name,
    status: 'ACTIVE',
    tags: [],
    settings: [{ name: 'containerInsights', value: 'disabled' }],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  })
}

/** @throws AwsError ClusterNotFoundException */
export function findCluster(world: World, cluster: string | undefined): string {
  const arn = clusterArn(world.account, cluster)
  if (!world.clusters.has(arn)) throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  return arn
}

/** The condition key that tells which cluster a call is about. */
export function clusterContext({ account }: World, cluster: string | undefined): Context {
  return { 'ecs:cluster': clusterArn(account, cluster) }
}

/** @param withSettings DescribeClusters tells them only when it is asked to. */
function describe(world: World, arn: string, withSettings: boolean): Cluster {
  const tasks = [...world.tasks.values()].filter((task) => task.clusterArn === arn)
  const services = [...world.services.values()].filter((service) => service.clusterArn === arn)
  return {
    ...world.clusters.get(arn),
    ...(!withSettings && { settings: [] }),
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'PENDING' || lastStatus === 'PROVISIONING').length,
    activeServicesCount: services.length,
    statistics: [],
  }
}
