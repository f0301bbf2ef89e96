import { preparationOfService } from './definition-preparation.ts'
import { planImage } from '../image/plan.ts'
import { planTags } from '../image/tags.ts'
import type { Inputs } from '../inputs.ts'
import { resultOf, revisionOf } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { Revision } from '../ecs-ports.ts'
import type { LiveAws } from './read.ts'
import type { LayerPlans } from '../release.ts'
import { planService } from '../service/plan.ts'
import { planTaskDefinition } from '../task-definition/plan.ts'
import type { TaskDefinitionPlan, TaskDefinitionRequest } from '../task-definition/plan.ts'
import { prepareDefinition } from '../task-definition/prepared.ts'

export type UpperLayers = Pick<LayerPlans, 'image' | 'tags' | 'taskDefinitions' | 'service' | 'serviceTaskDefinition'> & { readonly results: Results }

/** Image, task definitions and service, and the results of them that need no write. */
export function planUpperLayers(aws: LiveAws, inputs: Inputs): UpperLayers {
  const image = planImage(aws.wanted, aws.image)
  const tags = planTags({ wanted: inputs.image.tags, image, live: aws.image, taken: aws.tags })
  const imageResult: Results = image.action === 'build' ? {} : { image: image.reference }
  const plan = (source: Pick<TaskDefinitionRequest, 'definition' | 'live'>, containerName: string | undefined) =>
    planTaskDefinition({ ...source, containerName, image: resultOf('image'), results: imageResult })
  const taskDefinitions = aws.taskDefinitions.map((source) => plan(source, inputs.containerName))
  const own = aws.serviceRevision && plan(ownDefinition(aws.serviceRevision, inputs), inputs.service?.containerName)
  const service = inputs.service && planService({ reference: referenceOf(inputs.service), state: aws.service, flows: taskDefinitions, own })
  return { image, tags, taskDefinitions, service, serviceTaskDefinition: own, results: { ...imageResult, ...knownRevisions(taskDefinitions) } }
}

/** The service's own definition, with what the inputs change of it. */
function ownDefinition(live: Revision, inputs: Inputs): Pick<TaskDefinitionRequest, 'definition' | 'live'> {
  return { definition: prepareDefinition(live.definition, preparationOfService(inputs)), live }
}

/** ARNs of the revisions that are there already, as results. */
export function knownRevisions(plans: readonly TaskDefinitionPlan[]): Results {
  return Object.fromEntries(plans.flatMap(({ family, arn }) => (arn === undefined ? [] : [[revisionOf(family), arn]])))
}

export function referenceOf({ cluster, service }: { readonly cluster: string; readonly service: string }) {
  return { cluster, service }
}
