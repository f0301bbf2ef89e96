import type { Account } from '../world.ts'
import { arn } from '../world.ts'

/** @param cluster name or ARN; absent is the cluster named `default`. */
export function clusterArn(account: Account, cluster = 'default'): string {
  return cluster.startsWith('arn:') ? cluster : arn(account, 'ecs', `cluster/${cluster}`)
}

export function clusterName(account: Account, cluster: string | undefined): string {
  return clusterArn(account, cluster).split('/').at(-1) ?? ''
}

/** @param service name or ARN. */
export function serviceArn(account: Account, cluster: string | undefined, service: string): string {
  return service.startsWith('arn:') ? service : arn(account, 'ecs', `service/${clusterName(account, cluster)}/${service}`)
}

/** @param task id or ARN. */
export function taskArn(account: Account, cluster: string | undefined, task: string): string {
  return task.startsWith('arn:') ? task : arn(account, 'ecs', `task/${clusterName(account, cluster)}/${task}`)
}

/** A service deployment or a revision of a service: `service-deployment/<cluster>/<service>/<id>`. */
export function serviceChildArn(service: string, kind: 'service-deployment' | 'service-revision', id: string): string {
  return `${service.replace(':service/', `:${kind}/`)}/${id}`
}
