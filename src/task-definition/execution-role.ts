import { ecrRegistryOf } from '../ecr-image.ts'
import { isFilled, isList, isObject } from '../planned.ts'
import type { FieldProblem, TaskDefinition } from '../ecs-ports.ts'
import type { DefinitionProblem, ImagePlace } from './definition-problems.ts'

/**
 * What an execution role is missing for (Amazon ECS Developer Guide, "Task execution IAM role"): secrets and the login of
 * a private registry anywhere; images of ECR and the log driver awslogs on Fargate, for instances have a role of their own.
 */
export function withoutExecutionRole(definition: TaskDefinition, image: ImagePlace): DefinitionProblem[] {
  if (isFilled(definition.executionRoleArn)) return []
  const { requiresCompatibilities: compatibilities } = definition
  const isForFargate = isList(compatibilities) && compatibilities.includes('FARGATE')
  return definition.containerDefinitions.flatMap((container, index) => {
    const { name, logConfiguration, repositoryCredentials } = container
    const log = isObject(logConfiguration) ? logConfiguration : {}
    const isOfEcr = name === image.container ? image.isOfEcr : ecrRegistryOf(container.image) !== undefined
    const needs: readonly (readonly [boolean, string, ...string[]])[] = [
      [isFilledList(container.secrets), 'secrets', 'secrets'],
      [isFilledList(log.secretOptions), 'secrets of its log driver', 'logConfiguration', 'secretOptions'],
      [isObject(repositoryCredentials), 'credentials of a registry', 'repositoryCredentials'],
      [isForFargate && isOfEcr, 'an image of ECR', 'image'],
      [isForFargate && log.logDriver === 'awslogs', 'the log driver awslogs', 'logConfiguration', 'logDriver'],
    ]
    return needs.flatMap(([isNeeded, what, ...fields]) =>
      isNeeded ? [needsRole(`Container "${name}" has ${what}`, ['containerDefinitions', index, ...fields])] : [])
  })
}

function needsRole(what: string, path: FieldProblem['path']): DefinitionProblem {
  return {
    path,
    message: `${what}; that needs "executionRoleArn" of the task definition`,
    hint: 'Set executionRoleArn to a role that ECS may assume and that can read it.',
  }
}

function isFilledList(value: Parameters<typeof isList>[0]): boolean {
  return isList(value) && value.length > 0
}
