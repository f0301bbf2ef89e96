import { adviceOf, isCancelled } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { ServiceReference, Services, StoppedTask } from '../ecs-ports.ts'
import { hopelessFailure } from './diagnosis.ts'

export type WatchedRollout = { readonly reference: ServiceReference; readonly target: string }

/** @returns why no further attempt is worth waiting for, or undefined while one is. */
export type FailureWatch = (deploymentId: string | undefined) => Promise<string | undefined>

/**
 * Looks at the tasks of a rollout that stopped. ECS starts new ones for ever without a circuit breaker, and with one its
 * count begins anew whenever a task has run for a moment: a crash loop may take it half an hour.
 */
export function watchFailures({ reference, target }: WatchedRollout, { services, log }: { readonly services: Services; readonly log: Log }): FailureWatch {
  let isPermitted = true
  const stoppedTasks = async (): Promise<readonly StoppedTask[]> => {
    try {
      return isPermitted ? await services.stoppedTasks(reference) : []
    } catch (error) {
      if (isCancelled(error)) throw error
      isPermitted = false
      log.info(`A rollout that cannot succeed is not seen early: ${adviceOf(error)}`)
      return []
    }
  }
  return async (deploymentId) => {
    if (deploymentId === undefined) return undefined
    const tasks = await stoppedTasks()
    return hopelessFailure(tasks.filter((task) => task.taskDefinitionArn === target && task.deploymentId === deploymentId))
  }
}
