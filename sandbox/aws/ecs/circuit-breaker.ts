import type { Deployment, Service } from './service.ts'

/** Why a deployment did not get there, in ECS's words: of the deployment, its event, and the service deployment. */
export type Cause = { readonly state: string; readonly event: string; readonly status: string }

export const BREAKER: Cause = {
  state: 'ECS deployment circuit breaker: tasks failed to start.',
  event: 'deployment failed: tasks failed to start.',
  status: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
}
export const STOPPED_BY_USER: Cause = {
  state: 'ECS deployment stopped by a StopServiceDeployment request.',
  event: 'deployment stopped by a StopServiceDeployment request.',
  status: 'Service deployment rolled back because of a StopServiceDeployment request.',
}

/** Failed tasks that trip the circuit breaker: half of those desired, at least 3 and at most 200, unless configured. */
export function breakerThreshold({ desiredCount, deploymentConfiguration }: Service): number {
  const { type, value = 50 } = deploymentConfiguration.deploymentCircuitBreaker?.thresholdConfiguration ?? {}
  if (type === 'COUNT') return value
  const share = Math.ceil((desiredCount * value) / 100)
  return type === 'UNBOUNDED_PERCENT' ? Math.max(share, 1) : Math.min(Math.max(share, 3), 200)
}

/** Whether so many of the deployment's tasks failed that the service's circuit breaker, if it has one, gives up. */
export function isTripped(service: Service, { failedTasks }: Deployment): boolean {
  const { enable = false } = service.deploymentConfiguration.deploymentCircuitBreaker ?? {}
  return enable && failedTasks >= breakerThreshold(service)
}
