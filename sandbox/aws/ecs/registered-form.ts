import type { Compatibility, ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition, Volume } from '@aws-sdk/client-ecs'
import { omit } from '../omit.ts'
import { isFargateSize } from './fargate.ts'

/** A task definition as ECS answers it from then on: what was left out is filled in, what only describes it is added. */
export function registeredForm(request: RegisterTaskDefinitionRequest, ecrHost: string): TaskDefinition {
  return {
    ...omit(request, 'tags'),
    containerDefinitions: (request.containerDefinitions ?? []).map((container) => registeredContainer(container, request.networkMode)),
    ...(request.networkMode === undefined && !(request.requiresCompatibilities ?? []).includes('FARGATE') && { networkMode: 'bridge' }),
    volumes: (request.volumes ?? []).map(registeredVolume),
    placementConstraints: request.placementConstraints ?? [],
    status: 'ACTIVE',
    compatibilities: compatibilities(request),
    requiresAttributes: requiredAttributes(request, ecrHost).map((name) => ({ name })),
  }
}

function registeredContainer(container: ContainerDefinition, networkMode: string | undefined): ContainerDefinition {
  const samePort = networkMode === 'awsvpc' || networkMode === 'host'
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    ...(container.healthCheck !== undefined && { healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck } }),
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      ...mapping,
      hostPort: mapping.hostPort ?? (samePort ? mapping.containerPort : 0),
      protocol: mapping.protocol ?? 'tcp',
    })),
  }
}

function registeredVolume(volume: Volume): Volume {
  const { efsVolumeConfiguration: efs } = volume
  return efs === undefined ? volume : { ...volume, efsVolumeConfiguration: { ...efs, rootDirectory: efs.rootDirectory ?? '/' } }
}

function compatibilities({ networkMode, cpu, memory, requiresCompatibilities = [] }: RegisterTaskDefinitionRequest): Compatibility[] {
  if (networkMode !== 'awsvpc') return networkMode === 'host' ? ['EXTERNAL', 'EC2', 'MANAGED_INSTANCES'] : ['EXTERNAL', 'EC2']
  const fargate = requiresCompatibilities.includes('FARGATE') || isFargateSize(cpu, memory)
  return fargate ? ['EC2', 'MANAGED_INSTANCES', 'FARGATE'] : ['EC2', 'MANAGED_INSTANCES']
}

/** What a container instance must be able to do; only describes, Fargate can do all of it. */
function requiredAttributes(request: RegisterTaskDefinitionRequest, ecrHost: string): string[] {
  const containers = request.containerDefinitions ?? []
  const ecr = containers.some(({ image = '' }) => image.startsWith(`${ecrHost}/`))
  const awslogs = containers.some(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs')
  const execution = request.executionRoleArn !== undefined
  const attributes: readonly (readonly [boolean, string])[] = [
    [ecr, 'com.amazonaws.ecs.capability.ecr-auth'],
    [ecr && execution, 'ecs.capability.execution-role-ecr-pull'],
    [awslogs, 'com.amazonaws.ecs.capability.logging-driver.awslogs'],
    [awslogs && execution, 'ecs.capability.execution-role-awslogs'],
    [request.taskRoleArn !== undefined, 'com.amazonaws.ecs.capability.task-iam-role'],
    [request.networkMode === 'awsvpc', 'ecs.capability.task-eni'],
    [containers.some(({ secrets = [] }) => secrets.length > 0), 'ecs.capability.secrets.asm.environment-variables'],
    [true, 'com.amazonaws.ecs.capability.docker-remote-api.1.18'],
  ]
  return attributes.flatMap(([needed, name]) => (needed ? [name] : []))
}
