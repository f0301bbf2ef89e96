import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { Json, JsonObject } from '../planned.ts'
import type { TaskDefinition } from '../ecs-ports.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'

/** Where a container's log is; `region` when it is not that of the task. */
export type LogStream = { readonly group: string; readonly stream: string; readonly region: string | undefined }

/** Logs in CloudWatch. */
export interface LogStreams {
  /** The last lines, oldest first; none when there is no such log. @throws DeployError `aws-access-denied`. */
  tail(stream: LogStream, lines: number): Promise<readonly string[]>
}

/** CloudWatch Logs over GetLogEvents. */
export function createLogStreams(settings: AwsSettings): LogStreams {
  return {
    tail: async ({ group, stream, region = settings.region }, lines) => {
      const client = new CloudWatchLogsClient(clientConfiguration({ ...settings, region }))
      try {
        const input = { logGroupName: group, logStreamName: stream, limit: lines, startFromHead: false }
        const { events = [] } = await client.send(new GetLogEventsCommand(input))
        return events.map(({ message = '' }) => message)
      } catch (error) {
        if (error instanceof Error && error.name.startsWith('ResourceNotFound')) return []
        throw translateAwsError(error, { operation: 'logs:GetLogEvents', resource: `log group ${group}` })
      } finally {
        client.destroy()
      }
    },
  }
}

/**
 * The awslogs driver writes to the stream `prefix/container/task id`; without a prefix its name is that of the Docker
 * container, which nobody tells.
 */
export function awslogsStream({ containerDefinitions }: TaskDefinition, of: { container: string; taskArn: string }): LogStream | undefined {
  const definition = containerDefinitions.find(({ name }) => name === of.container)
  const configuration = objectOf(definition?.logConfiguration)
  const options = objectOf(configuration.options)
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix, 'awslogs-region': region } = options
  if (configuration.logDriver !== 'awslogs' || typeof group !== 'string' || typeof prefix !== 'string') return undefined
  const taskId = of.taskArn.split('/').at(-1) ?? ''
  return { group, stream: `${prefix}/${of.container}/${taskId}`, region: typeof region === 'string' ? region : undefined }
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
