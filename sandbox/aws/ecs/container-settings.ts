import type { ContainerDefinition, ContainerOverride } from '@aws-sdk/client-ecs'
import type { StoredTask, World } from '../world.ts'
import type { ContainerSettings } from './engine.ts'

/** Why a task never ran. */
export class StartFailure extends Error {
  readonly container: string | undefined

  constructor(message: string, container?: string) {
    super(message)
    this.container = container
  }
}

/** A container of a task as the engine is to create it. @throws StartFailure when a secret is missing. */
export function settingsOf(world: World, task: StoredTask, definition: ContainerDefinition): ContainerSettings {
  const { name = '', image = '', entryPoint, command, workingDirectory, user, memory, mountPoints = [] } = definition
  if (mountPoints.length > 0) throw new StartFailure('CannotStartContainerError: the simulator mounts no volumes', name)
  const override: ContainerOverride = task.overrides?.containerOverrides?.find((override) => override.name === name) ?? {}
  const limit = override.memory ?? memory
  return {
    Image: image,
    Entrypoint: entryPoint,
    Cmd: override.command ?? command,
    Env: environmentOf(world, definition, override),
    WorkingDir: workingDirectory,
    User: user,
    Labels: { 'com.amazonaws.ecs.task-arn': task.taskArn, 'com.amazonaws.ecs.container-name': name },
    HostConfig: {
      NetworkMode: 'host',
      ...(limit !== undefined && { Memory: limit * 2 ** 20 }),
      ReadonlyRootfs: definition.readonlyRootFilesystem ?? false,
    },
  }
}

/** The definition's variables, its secrets, and what RunTask overrides; the last one counts. */
function environmentOf(world: World, { environment = [], secrets = [] }: ContainerDefinition, override: ContainerOverride): string[] {
  const resolved = secrets.map(({ name, valueFrom = '' }) => ({ name, value: secretOf(world, valueFrom) }))
  const all = [...environment, ...resolved, ...(override.environment ?? [])]
  return [...new Map(all.map(({ name = '', value = '' }) => [name, value]))].map(([name, value]) => `${name}=${value}`)
}

/** @param reference a secret's ARN; `:json-key:stage:version` after it picks a key of a JSON secret. */
function secretOf({ secrets }: World, reference: string): string {
  const parts = reference.split(':')
  const arn = parts.slice(0, 7).join(':')
  const value = secrets.get(arn)
  if (value === undefined) {
    throw new StartFailure(
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    )
  }
  const key = parts[7] ?? ''
  return key === '' ? value : ((JSON.parse(value) as Readonly<Record<string, string>>)[key] ?? '')
}
