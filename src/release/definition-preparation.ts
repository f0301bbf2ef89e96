import { ecrRegistryOf } from '../ecr-image.ts'
import { parseImageReference } from '../image/reference.ts'
import type { Inputs } from '../inputs.ts'
import type { Preparation } from '../task-definition/prepared.ts'

/** What the inputs say of the definition that flow runs run on. */
export function preparationOf(inputs: Inputs): Preparation {
  const { definitionEdits: edits, containerName } = inputs
  return { edits, containerName, isOfEcr: isOfEcr(inputs) }
}

/** And of the service's own: the edits are for that one only when there is no other, or a worker would get what is meant for flows. */
export function preparationOfService(inputs: Inputs): Preparation {
  const { taskDefinitions, definitionEdits, service } = inputs
  const edits = taskDefinitions.length === 0 ? definitionEdits : { environment: [], secrets: [], tags: [] }
  return { edits, containerName: service?.containerName, isOfEcr: isOfEcr(inputs) }
}

/** What is built, and a name without host, is in ECR. */
function isOfEcr({ image: { given } }: Inputs): boolean {
  return given === undefined || parseImageReference(given).host === undefined || ecrRegistryOf(given) !== undefined
}
