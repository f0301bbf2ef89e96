import { throwProblems } from '../errors.ts'
import type { Location, Problem } from '../errors.ts'
import type { FieldProblem, TaskDefinition } from '../ecs-ports.ts'
import { definitionProblems } from './definition-problems.ts'
import { editDefinition } from './edits.ts'
import type { DefinitionEdits } from './edits.ts'
import { chooseContainer } from './plan.ts'

/** What the inputs say of a definition, wherever it comes from. */
export type Preparation = {
  readonly edits: DefinitionEdits
  /** The container that gets the image, and that the edits are for; see {@link chooseContainer}. */
  readonly containerName: string | undefined
  /** Whether the image comes from ECR. */
  readonly isOfEcr: boolean
}

/** Where a field is in the file that the definition comes from. */
export type Locate = (path: FieldProblem['path']) => Location

/**
 * The definition with the inputs' edits, if AWS will take that.
 * @throws DeployError `container-missing`, or `task-definition-invalid` with everything that is wrong.
 */
export function prepareDefinition(definition: TaskDefinition, { edits, containerName, isOfEcr }: Preparation, locate?: Locate): TaskDefinition {
  const container = chooseContainer(definition, containerName)
  const edited = editDefinition(definition, container, edits)
  throwDefinitionProblems(definitionProblems(edited, { container, isOfEcr }), locate)
  return edited
}

/** @throws DeployError `task-definition-invalid` with all problems, each at its place; nothing when there are none. */
export function throwDefinitionProblems(problems: readonly (FieldProblem & { readonly hint?: string })[], locate?: Locate): void {
  throwProblems(problems.map(({ path, message, hint }): Problem =>
    ({ code: 'task-definition-invalid', message, hint, ...(locate !== undefined && { location: locate(path) }) })))
}
