import { DescribeTaskDefinitionCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import type { DescribeTaskDefinitionCommandOutput, ECSClient, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import type { JsonObject } from '../planned.ts'
import type { Revision, TaskDefinition, TaskDefinitions } from '../ecs-ports.ts'
import { translateAwsError } from './aws-client.ts'
import { checkTaskDefinition, registeredMembers } from './ecs-model.ts'

/** Task definitions over DescribeTaskDefinition and RegisterTaskDefinition. */
export function createTaskDefinitions(client: ECSClient): TaskDefinitions {
  return {
    check: checkTaskDefinition,
    describe: (reference) => describe(client, reference),
    register: (definition) => register(client, definition),
  }
}

async function describe(client: ECSClient, reference: string): Promise<Revision | undefined> {
  try {
    return revisionOf(await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: reference, include: ['TAGS'] })))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw translateAwsError(error, { operation: 'ecs:DescribeTaskDefinition', resource: `task definition ${reference}` })
  }
}

/** A ClientException whose text is all there is to tell it by. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ClientException' && /unable to describe task definition/i.test(error.message)
}

/** The API takes what the user wrote: empty texts and lists are sent, unknown fields were refused by `check`. */
async function register(client: ECSClient, definition: TaskDefinition): Promise<string> {
  try {
    // JSON that `check` has held to the API's own model; the SDK's type has mutable lists, and ours has none.
    const input = definition as unknown as RegisterTaskDefinitionCommandInput
    const { taskDefinition } = await client.send(new RegisterTaskDefinitionCommand(input))
    return taskDefinition?.taskDefinitionArn ?? ''
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecs:RegisterTaskDefinition', resource: `task definition ${definition.family}` })
  }
}

/** Keeps what can be registered again; tags that AWS set itself (`aws:cloudformation:…`) cannot. */
function revisionOf({ taskDefinition, tags = [] }: DescribeTaskDefinitionCommandOutput): Revision {
  const described = JSON.parse(JSON.stringify(taskDefinition ?? {})) as JsonObject // dates become texts, undefined members go
  const own = tags.filter(({ key }) => key?.startsWith('aws:') !== true)
  const members = registeredMembers()
  const definition = Object.fromEntries([
    ...Object.entries(described).filter(([field]) => members.includes(field)),
    ...(own.length > 0 ? [['tags', own.map(({ key = '', value = '' }) => ({ key, value }))] as const] : []),
  ])
  return {
    arn: taskDefinition?.taskDefinitionArn ?? '',
    active: taskDefinition?.status === 'ACTIVE',
    definition: definition as TaskDefinition, // AWS's own
  }
}
