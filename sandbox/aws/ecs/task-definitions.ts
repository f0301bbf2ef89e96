import type {
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Grant } from '../policy-document.ts'
import type { Revision, World } from '../world.ts'
import { arn } from '../world.ts'
import { cpuUnits, memoryMiB } from './fargate.ts'
import { page } from './page.ts'
import { registeredForm } from './registered-form.ts'
import { checkTaskDefinition } from './task-definition-rules.ts'

export const taskDefinitionOperations: Operations = {
  RegisterTaskDefinition: operation({
    grants: (request: RegisterTaskDefinitionRequest, { world }) => {
      const resource = arn(world.account, 'ecs', `task-definition/${request.family ?? ''}:*`)
      const tagging = { action: 'ecs:TagResource', resource, context: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }
      return [
        { action: 'ecs:RegisterTaskDefinition', resource },
        ...((request.tags ?? []).length > 0 ? [tagging] : []),
        ...passRole(world, [request.taskRoleArn, request.executionRoleArn]),
      ]
    },
    run(request: RegisterTaskDefinitionRequest, { world, principal }): RegisterTaskDefinitionResponse {
      const { definition, tags } = registerTaskDefinition(world, request, principal.arn)
      return { taskDefinition: definition, ...(tags.length > 0 && { tags: [...tags] }) }
    },
  }),
  DescribeTaskDefinition: operation({
    grants: () => [{ action: 'ecs:DescribeTaskDefinition', resource: '*' }],
    run({ taskDefinition = '', include = [] }: DescribeTaskDefinitionRequest, { world }): DescribeTaskDefinitionResponse {
      const revision = findRevision(world, taskDefinition)
      if (revision === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.')
      return { taskDefinition: revision.definition, ...(include.includes('TAGS') && { tags: [...revision.tags] }) }
    },
  }),
  ListTaskDefinitions: operation({
    grants: () => [{ action: 'ecs:ListTaskDefinitions', resource: '*' }],
    run(request: ListTaskDefinitionsRequest, { world }): ListTaskDefinitionsResponse {
      const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = request
      const families = [...world.taskDefinitions].filter(([family]) => (familyPrefix ?? family) === family)
      const revisions = families.sort(([a], [b]) => a.localeCompare(b)).flatMap(([, revisions]) => revisions)
      const arns = revisions.filter(({ definition }) => definition.status === status).map(({ definition }) => definition.taskDefinitionArn)
      const { items, nextToken } = page(sort === 'DESC' ? arns.reverse() : arns, request)
      return { taskDefinitionArns: items, ...nextToken }
    },
  }),
  DeregisterTaskDefinition: operation({
    grants: () => [{ action: 'ecs:DeregisterTaskDefinition', resource: '*' }],
    run({ taskDefinition = '' }: DeregisterTaskDefinitionRequest, { world }): DeregisterTaskDefinitionResponse {
      const revision = isExact(taskDefinition) ? findRevision(world, taskDefinition) : undefined
      if (revision === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.')
      revision.definition = { ...revision.definition, status: 'INACTIVE', deregisteredAt: world.timeline.now() }
      return { taskDefinition: revision.definition }
    },
  }),
}

/** @param registeredBy ARN of who registers it. @throws AwsError ClientException */
export function registerTaskDefinition(world: World, request: RegisterTaskDefinitionRequest, registeredBy: string): Revision {
  const { cpu, memory, family = '' } = request
  const sizes = { ...(cpu !== undefined && { cpu: cpuUnits(cpu) }), ...(memory !== undefined && { memory: memoryMiB(memory) }) }
  const roles = { taskRoleArn: roleArn(world, request.taskRoleArn), executionRoleArn: roleArn(world, request.executionRoleArn) }
  const normalized = { ...request, ...sizes, ...roles }
  checkTaskDefinition(normalized, world.account.ecrHost)
  const revisions = world.taskDefinitions.get(family) ?? []
  const revision = revisions.length + 1
  const taskDefinitionArn = arn(world.account, 'ecs', `task-definition/${family}:${revision}`)
  const described = { revision, taskDefinitionArn, registeredAt: world.timeline.now(), registeredBy }
  const registered = { definition: { ...registeredForm(normalized, world.account.ecrHost), ...described }, tags: request.tags ?? [] }
  world.taskDefinitions.set(family, [...revisions, registered])
  return registered
}

/** @param reference a family (its newest ACTIVE revision), `family:revision` or an ARN. */
export function findRevision({ taskDefinitions }: World, reference: string): Revision | undefined {
  const name = reference.split(':task-definition/').at(-1) ?? ''
  const [family = '', number] = name.split(':')
  const revisions = taskDefinitions.get(family) ?? []
  if (number === undefined) return revisions.findLast(({ definition }) => definition.status === 'ACTIVE')
  return revisions.find(({ definition }) => String(definition.revision) === number)
}

/** A revision that new tasks may run. @throws AwsError ClientException */
export function findActiveRevision(world: World, reference: string): Revision {
  const revision = findRevision(world, reference)
  if (revision === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.')
  if (revision.definition.status !== 'ACTIVE') throw new AwsError('ClientException', 'TaskDefinition is inactive')
  return revision
}

/** Handing roles to tasks needs a permission for each. */
export function passRole(world: World, roles: readonly (string | undefined)[]): Grant[] {
  const context = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }
  const arns = roles.map((role) => roleArn(world, role)).filter((role) => role !== undefined)
  return arns.map((resource) => ({ action: 'iam:PassRole', resource, context }))
}

function roleArn({ account }: World, role: string | undefined): string | undefined {
  return role === undefined || role.startsWith('arn:') ? role : `arn:aws:iam::${account.id}:role/${role}`
}

function isExact(reference: string): boolean {
  return /:\d+$/.test(reference)
}
