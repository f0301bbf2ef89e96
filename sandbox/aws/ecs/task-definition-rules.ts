import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import { checkFargateSize } from './fargate.ts'

const MAX_BYTES = 65_536

/**
 * What ECS checks when a task definition is registered, beyond its shape.
 * @param ecrHost images of this host need an execution role on Fargate. @throws AwsError ClientException in ECS's words.
 */
export function checkTaskDefinition(request: RegisterTaskDefinitionRequest, ecrHost: string): void {
  const { family = '', containerDefinitions = [], requiresCompatibilities = [] } = request
  if (family === '') reject('TaskDefinition family should not be null or empty.')
  if (!/^[\w-]{1,255}$/.test(family)) reject('Family contains invalid characters.')
  if (containerDefinitions.length === 0) reject('Container list cannot be empty.')
  const bytes = Buffer.byteLength(JSON.stringify(request))
  if (bytes > MAX_BYTES) reject(`Actual length: '${bytes}'. Max allowed length is '${MAX_BYTES}' bytes.`)
  checkRole(request.taskRoleArn)
  checkRole(request.executionRoleArn)
  for (const container of containerDefinitions) checkContainer(container, request)
  checkTogether(containerDefinitions)
  if (requiresCompatibilities.includes('FARGATE')) checkFargate(request, ecrHost)
}

function checkContainer(container: ContainerDefinition, request: RegisterTaskDefinitionRequest): void {
  const { name = '', image = '' } = container
  if (name === '') reject('Container.name should not be null or empty.')
  if (image === '') reject('Container.image should not be null or empty.')
  if (!/^[\w-]{1,255}$/.test(name)) reject(`Invalid container name '${name}': only letters, numbers, hyphens and underscores are allowed.`)
  if (/\s/.test(image)) reject(`Invalid image '${image}' of container '${name}'.`)
  if (request.memory === undefined && container.memory === undefined && container.memoryReservation === undefined) {
    reject(`Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`)
  }
  checkEnvironment(container, request)
  checkPorts(container, request)
  checkVolumes(container, request)
}

function checkEnvironment(
  { name = '', environment = [], secrets = [] }: ContainerDefinition,
  { executionRoleArn }: RegisterTaskDefinitionRequest,
): void {
  const names = [...environment, ...secrets].map((variable) => variable.name)
  const duplicate = names.find((variable, index) => names.indexOf(variable) !== index)
  if (duplicate !== undefined) {
    reject(
      `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${duplicate}' of '${name}'.`,
    )
  }
  if (secrets.length > 0 && executionRoleArn === undefined) {
    reject("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
  }
}

function checkPorts({ portMappings = [] }: ContainerDefinition, { networkMode }: RegisterTaskDefinitionRequest): void {
  if (networkMode !== 'awsvpc' && networkMode !== 'host') return
  if (portMappings.some(({ hostPort, containerPort }) => hostPort !== undefined && hostPort !== containerPort)) {
    reject(`When networkMode=${networkMode}, the host ports and container ports in port mappings must match.`)
  }
}

function checkVolumes({ mountPoints = [] }: ContainerDefinition, { volumes = [] }: RegisterTaskDefinitionRequest): void {
  const unknown = mountPoints.find(({ sourceVolume }) => !volumes.some(({ name }) => name === sourceVolume))
  if (unknown !== undefined) reject(`Unknown volume '${unknown.sourceVolume ?? ''}'.`)
}

function checkTogether(containers: readonly ContainerDefinition[]): void {
  const names = containers.map(({ name = '' }) => name)
  const duplicate = names.find((name, index) => names.indexOf(name) !== index)
  if (duplicate !== undefined) reject(`Container name '${duplicate}' should be unique within the task definition.`)
  if (containers.every(({ essential = true }) => !essential)) reject('Task definition must have at least one essential container.')
  const stranger = containers.flatMap(({ dependsOn = [] }) => dependsOn).find(({ containerName = '' }) => !names.includes(containerName))
  if (stranger !== undefined) reject(`Container dependency '${stranger.containerName ?? ''}' is not a container of the task definition.`)
}

function checkFargate(request: RegisterTaskDefinitionRequest, ecrHost: string): void {
  const { networkMode, cpu, memory, executionRoleArn, containerDefinitions = [] } = request
  if (networkMode !== 'awsvpc') reject('Fargate only supports network mode ‘awsvpc’.')
  checkFargateSize(cpu, memory)
  if (containerDefinitions.reduce((sum, container) => sum + (container.cpu ?? 0), 0) > Number(cpu)) {
    reject(`The sum of all container cpu units must not exceed the task's '${cpu ?? ''}'.`)
  }
  const tooLarge = containerDefinitions.find(
    (container) => Math.max(container.memory ?? 0, container.memoryReservation ?? 0) > Number(memory),
  )
  if (tooLarge !== undefined)
    reject(`Invalid setting for container '${tooLarge.name ?? ''}'. Its memory must not exceed the task's '${memory ?? ''}'.`)
  if (executionRoleArn !== undefined) return
  if (containerDefinitions.some(({ image = '' }) => image.startsWith(`${ecrHost}/`))) {
    reject('Fargate requires task definition to have execution role ARN to support ECR images.')
  }
  if (containerDefinitions.some(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs')) {
    reject('Fargate requires task definition to have execution role ARN to support log driver awslogs.')
  }
}

/** A role is given by its ARN or its name. */
function checkRole(role: string | undefined): void {
  if (role !== undefined && !/^(arn:aws[\w-]*:iam::\d{12}:role\/)?[\w+=,.@/-]+$/.test(role)) reject('Role is not valid')
}

function reject(message: string): never {
  throw new AwsError('ClientException', message)
}
