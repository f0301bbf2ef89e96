import { ECSClient } from '@aws-sdk/client-ecs'
import type { Log } from '../ports.ts'
import type { Services, TaskDefinitions } from '../ecs-ports.ts'
import { clientConfiguration } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'
import { createServices } from './ecs-services.ts'
import { createTaskDefinitions } from './ecs-task-definitions.ts'
import { createLogStreams } from './logs.ts'

/** Task definitions and services of one region, over one client. */
export function createEcs(settings: AwsSettings & { readonly log: Log }): { readonly taskDefinitions: TaskDefinitions; readonly services: Services } {
  const client = new ECSClient(clientConfiguration(settings))
  const taskDefinitions = createTaskDefinitions(client)
  return { taskDefinitions, services: createServices({ client, taskDefinitions, logStreams: createLogStreams(settings), log: settings.log }) }
}
