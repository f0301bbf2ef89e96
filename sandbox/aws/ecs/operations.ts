import type { Operations } from '../operation.ts'
import { clusterOperations } from './clusters.ts'
import { createServiceOperation } from './create-service.ts'
import { runTaskOperations } from './run-task.ts'
import { serviceDeploymentOperations } from './service-deployments.ts'
import { serviceOperations } from './services.ts'
import { tagOperations } from './tags.ts'
import { taskDefinitionOperations } from './task-definitions.ts'
import type { TaskRunner } from './task-runner.ts'
import { taskOperations } from './tasks.ts'

/** All of ECS that the simulator has. */
export function ecsOperations(runner: TaskRunner): Operations {
  return {
    ...clusterOperations,
    ...taskDefinitionOperations,
    ...serviceOperations,
    ...createServiceOperation,
    ...serviceDeploymentOperations,
    ...taskOperations(runner),
    ...runTaskOperations(runner),
    ...tagOperations,
  }
}
