import { isList, isFilled, isObject } from '../planned.ts'
import type { Json, JsonObject } from '../planned.ts'
import type { ContainerDefinition, FieldProblem, TaskDefinition } from '../ecs-ports.ts'
import { withoutExecutionRole } from './execution-role.ts'
import { fargateProblems } from './fargate-problems.ts'

/** What AWS is sure to refuse, or what no task could start with. */
export type DefinitionProblem = FieldProblem & { readonly hint?: string }

/** The container that gets this release's image, and whether that comes from ECR. */
export type ImagePlace = { readonly container: string; readonly isOfEcr: boolean }

/**
 * What is wrong with a definition whose fields, each by itself, are all right; RegisterTaskDefinition says only one of it
 * at a time, and only after the image was pushed.
 */
export function definitionProblems(definition: TaskDefinition, image: ImagePlace): DefinitionProblem[] {
  return [
    ...nameProblems(definition),
    ...noneEssential(definition),
    ...definition.containerDefinitions.flatMap((container, index) => containerProblems(container, { definition, path: ['containerDefinitions', index] })),
    ...withoutExecutionRole(definition, image),
    ...fargateProblems(definition),
    ...tooLarge(definition),
  ]
}

/** Roles of another account, which AWS lets nobody pass to a task (IAM User Guide, "Grant permissions to pass a role"). */
export function foreignRoles(definition: TaskDefinition, accountId: string): DefinitionProblem[] {
  return ROLES.flatMap((field): DefinitionProblem[] => {
    const role = definition[field]
    const [, owner = accountId] = typeof role === 'string' ? (/^arn:[\w-]+:iam::(\d{12}):/.exec(role) ?? []) : []
    if (owner === accountId) return []
    return [{ path: [field], message: `"${field}" is a role of account ${owner}, and the credentials belong to ${accountId}` }]
  })
}

const ROLES = ['taskRoleArn', 'executionRoleArn'] as const
const NAME = /^[\w-]{1,255}$/
const ROLE = /^(arn:aws[\w-]*:iam::\d{12}:role\/)?[\w+=,.@/-]*$/
const MAX_BYTES = 65_536

function nameProblems(definition: TaskDefinition): DefinitionProblem[] {
  const roles = ROLES.filter((field) => {
    const role = definition[field]
    return typeof role === 'string' && !ROLE.test(role)
  })
  return [
    ...(NAME.test(definition.family) ? [] : [{ path: ['family'], message: '"family" has letters, numbers, _ and - only, 255 at most' }]),
    ...roles.map((field) => ({ path: [field], message: `"${field}" is neither the name nor the ARN of a role` })),
  ]
}

function noneEssential({ containerDefinitions: containers }: TaskDefinition): DefinitionProblem[] {
  if (!containers.every(({ essential }) => essential === false)) return []
  return [{ path: ['containerDefinitions'], message: 'No container is essential, so no task would run', hint: 'Let "essential" of one be true.' }]
}

/** The request as a whole (Amazon ECS service quotas, "Task definition size"). */
function tooLarge(definition: TaskDefinition): DefinitionProblem[] {
  const bytes = Buffer.byteLength(JSON.stringify(definition))
  if (bytes <= MAX_BYTES) return []
  return [{ path: [], message: `The task definition has ${bytes} bytes, and AWS takes ${MAX_BYTES}`, hint: 'Move what is large into the image or into S3.' }]
}

type Place = { readonly definition: TaskDefinition; readonly path: FieldProblem['path'] }

function containerProblems(container: ContainerDefinition, place: Place): DefinitionProblem[] {
  const { definition, path } = place
  const { name, memory, memoryReservation } = container
  return [
    ...(NAME.test(name) ? [] : [{ path: [...path, 'name'], message: `The container name "${name}" has letters, numbers, _ and - only, 255 at most` }]),
    ...([definition.memory, memory, memoryReservation].some(isFilled) ? [] : [
      { path, message: `Container "${name}" has no memory, nor has the task`, hint: 'Set "memory" of the task or of the container.' },
    ]),
    ...strangers(container, place),
    ...hostPorts(container, place),
  ]
}

/** Volumes and containers that are referred to by name and are not there. */
function strangers(container: ContainerDefinition, { definition, path }: Place): DefinitionProblem[] {
  const check = (list: string, field: string, known: readonly string[]) => itemsOf(container[list]).flatMap((item, index): DefinitionProblem[] => {
    const { [field]: name } = item
    if (typeof name !== 'string' || known.includes(name)) return []
    const hint = known.length === 0 ? 'There is none.' : `There are: ${known.join(', ')}.`
    return [{ path: [...path, list, index, field], message: `"${list}" of container "${container.name}" names "${name}", which the task definition does not have`, hint }]
  })
  const containers = definition.containerDefinitions.map(({ name }) => name)
  return [
    ...check('mountPoints', 'sourceVolume', itemsOf(definition.volumes).flatMap(({ name }) => (typeof name === 'string' ? [name] : []))),
    ...check('dependsOn', 'containerName', containers),
    ...check('volumesFrom', 'sourceContainer', containers),
  ]
}

function hostPorts({ portMappings, name }: ContainerDefinition, { definition: { networkMode }, path }: Place): DefinitionProblem[] {
  if (networkMode !== 'awsvpc' && networkMode !== 'host') return []
  return itemsOf(portMappings).flatMap(({ hostPort, containerPort }, index): DefinitionProblem[] => {
    if (typeof hostPort !== 'number' || typeof containerPort !== 'number' || hostPort === containerPort) return []
    const message = `Container "${name}" maps port ${containerPort} to ${hostPort}; with networkMode ${networkMode} they are the same`
    return [{ path: [...path, 'portMappings', index, 'hostPort'], message, hint: 'Leave hostPort out.' }]
  })
}

function itemsOf(list: Json | undefined): JsonObject[] {
  return isList(list) ? list.filter(isObject) : []
}
