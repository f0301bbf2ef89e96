import { preparationOf } from './definition-preparation.ts'
import { throwProblems } from '../errors.ts'
import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Ports } from '../ports.ts'
import type { TaskDefinition } from '../ecs-ports.ts'
import { foreignRoles } from '../task-definition/definition-problems.ts'
import { throwDefinitionProblems } from '../task-definition/prepared.ts'
import type { Locate } from '../task-definition/prepared.ts'
import { familyOfReference, readDefinitionFile, readTaskDefinition } from '../task-definition/source.ts'
import type { TaskDefinitionSource } from '../task-definition/source.ts'

/** What the checkout says of one that the input `task-definition` gives. */
export type ProjectDefinition = {
  /** As the input gives it: a file, a family, `family:revision` or an ARN. */
  readonly input: string
  readonly family: string
  /** Its file, relative to the workspace, when it is one. */
  readonly file: string | undefined
  readonly definition: TaskDefinition | undefined
  /** Where its fields are in that file. */
  readonly locate: Locate | undefined
}

/**
 * The task definitions of a release in the input's order, read as far as the checkout has them.
 * @throws DeployError of all that is wrong in their files, or when two are of one family.
 */
export async function readProjectDefinitions(inputs: Inputs, { taskDefinitions }: Ports): Promise<readonly ProjectDefinition[]> {
  const { workspace, projectDirectory } = inputs
  const definitions: ProjectDefinition[] = []
  for (const input of inputs.taskDefinitions) {
    const read = await readDefinitionFile({ input, workspace, projectDirectory, taskDefinitions, preparation: preparationOf(inputs) })
    const family = read?.definition.family ?? familyOfReference(input)
    definitions.push({ input, family, file: read?.file, definition: read?.definition, locate: read?.locate })
  }
  throwProblems(repeatedFamilies(definitions))
  return definitions
}

/** Those of the checkout with what is live of them, the others as they are live. @throws DeployError `task-definition-missing`. */
export function readLiveDefinitions(
  definitions: readonly ProjectDefinition[], inputs: Inputs, { taskDefinitions }: Ports,
): Promise<readonly TaskDefinitionSource[]> {
  const { workspace, projectDirectory } = inputs
  const preparation = preparationOf(inputs)
  return Promise.all(definitions.map(({ input, definition: fromFile }) =>
    readTaskDefinition({ input, workspace, projectDirectory, taskDefinitions, preparation, fromFile })))
}

/** @throws DeployError `task-definition-invalid` for roles of another account, which ECS cannot pass on to a task. */
export function requireOwnRoles(definitions: readonly ProjectDefinition[], accountId: string): void {
  for (const { definition, locate } of definitions) {
    if (definition !== undefined) throwDefinitionProblems(foreignRoles(definition, accountId), locate)
  }
}

/** Deployments name their task definition by its family. */
function repeatedFamilies(definitions: readonly ProjectDefinition[]): Problem[] {
  return definitions.flatMap(({ family, input, file }, index): Problem[] => {
    const earlier = definitions.slice(0, index).find((other) => other.family === family)
    return earlier === undefined ? [] : [{
      code: 'task-definition-invalid',
      message: `${input} and ${earlier.input} are of the same family "${family}"`,
      hint: 'Give each family once.',
      ...(file !== undefined && { location: { file } }),
    }]
  })
}
