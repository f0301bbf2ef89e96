import type { GetLogEventsRequest, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from './error.ts'
import type { Operations } from './operation.ts'
import { operation } from './operation.ts'
import type { LogLine, World } from './world.ts'
import { arn } from './world.ts'

/** CloudWatch Logs, as far as reading a task's last lines needs it. */
export const logsOperations: Operations = {
  GetLogEvents: operation({
    grants: (request: GetLogEventsRequest, { world }) => [
      {
        action: 'logs:GetLogEvents',
        resource: arn(world.account, 'logs', `log-group:${groupOf(request)}:log-stream:${request.logStreamName ?? ''}`),
      },
    ],
    run(request: GetLogEventsRequest, { world }): GetLogEventsResponse {
      const lines = linesOf(world, request)
      const within = lines.filter(({ timestamp }) => timestamp >= (request.startTime ?? 0) && timestamp < (request.endTime ?? Infinity))
      const { limit = 10_000, startFromHead = false } = request
      const first = positionOf(request.nextToken) ?? (startFromHead ? 0 : Math.max(0, within.length - limit))
      const events = within.slice(first, first + limit)
      return { events, nextForwardToken: tokenOf('f', first + events.length), nextBackwardToken: tokenOf('b', Math.max(0, first - limit)) }
    },
  }),
}

/** Appends lines to a log stream, which is created when it is missing. */
export function appendLog(
  world: World,
  { group, stream }: { readonly group: string; readonly stream: string },
  messages: readonly string[],
): void {
  const streams = world.logs.get(group) ?? new Map<string, LogLine[]>()
  const lines = streams.get(stream) ?? []
  world.logs.set(group, streams)
  streams.set(stream, lines)
  const timestamp = world.timeline.now().getTime()
  lines.push(...messages.map((message) => ({ timestamp, message, ingestionTime: timestamp })))
}

function linesOf({ logs }: World, request: GetLogEventsRequest): readonly LogLine[] {
  const streams = logs.get(groupOf(request))
  if (streams === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
  const lines = streams.get(request.logStreamName ?? '')
  if (lines === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  return lines
}

/** The group by name, or by an ARN that ends with it. */
function groupOf({ logGroupName, logGroupIdentifier }: GetLogEventsRequest): string {
  return logGroupName ?? logGroupIdentifier?.split(':log-group:').at(-1) ?? ''
}

function tokenOf(direction: 'f' | 'b', position: number): string {
  return `${direction}/${String(position).padStart(56, '0')}/s`
}

function positionOf(token: string | undefined): number | undefined {
  if (token === undefined) return undefined
  const [, position] = /^[fb]\/(\d+)\/s$/.exec(token) ?? []
  if (position === undefined) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.')
  return Number(position)
}
