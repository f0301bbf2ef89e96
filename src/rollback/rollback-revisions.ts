import { DeployError } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Ports } from '../ports.ts'
import type { ServiceState, TaskDefinitions } from '../ecs-ports.ts'
import type { RecordedRevision, RecordedService, ReleaseRecord } from '../release-record.ts'
import type { Omission } from '../release-plan.ts'
import { planService, shortName } from '../service/plan.ts'
import type { ServicePlan } from '../service/plan.ts'
import { planTaskDefinition } from '../task-definition/plan.ts'
import type { TaskDefinitionPlan } from '../task-definition/plan.ts'
import { referenceOf } from '../release/upper-layers.ts'

/** What a rollback does above the deployments, but for the image. */
export type RestoredRevisions = {
  readonly taskDefinitions: readonly TaskDefinitionPlan[]
  readonly serviceTaskDefinition: TaskDefinitionPlan | undefined
  readonly service: ServicePlan | undefined
  readonly state: ServiceState | undefined
  readonly omissions: readonly Omission[]
}

/**
 * The recorded revisions themselves while they are ACTIVE; an INACTIVE one can neither run tasks nor be made active, so
 * one of the same content is registered.
 * @throws DeployError `task-definition-missing` for one that was deleted.
 */
export async function restoreRevisions(record: ReleaseRecord, inputs: Inputs, { services, taskDefinitions }: Ports): Promise<RestoredRevisions> {
  const { image: { reference: image }, taskDefinitions: flows } = record
  const wanted = serviceOf(record, inputs)
  const own = wanted?.definition === 'own' && wanted.container !== null ? { arn: wanted.arn, container: wanted.container } : undefined
  const [restored, serviceTaskDefinition, state] = await Promise.all([
    Promise.all(flows.map((each) => restoreRevision(each, image, taskDefinitions))),
    own && restoreRevision(own, image, taskDefinitions),
    inputs.service && services.describe(inputs.service),
  ])
  const service = inputs.service && planService({
    reference: referenceOf(inputs.service), state,
    flows: wanted?.definition === 'flow' ? restored : [],
    own: serviceTaskDefinition,
  })
  return { taskDefinitions: restored, serviceTaskDefinition, service, state, omissions: omissionsOf(record, wanted) }
}

/** The recorded service, when it is the one that the inputs name. */
function serviceOf({ service }: ReleaseRecord, { service: input }: Inputs): RecordedService | undefined {
  return service !== null && input?.service === service.service && input.cluster === service.cluster ? service : undefined
}

function omissionsOf({ service }: ReleaseRecord, wanted: RecordedService | undefined): Omission[] {
  if (service === null || wanted !== undefined) return []
  return [{ what: `the worker service ${service.cluster}/${service.service}`, reason: 'the inputs cluster and service do not name it: it stays as it is' }]
}

async function restoreRevision(
  { arn, container }: Pick<RecordedRevision, 'arn' | 'container'>, image: string, taskDefinitions: TaskDefinitions,
): Promise<TaskDefinitionPlan> {
  const revision = await taskDefinitions.describe(arn)
  if (revision === undefined) {
    throw new DeployError('task-definition-missing', `Task definition ${shortName(arn)}, which the record names, was deleted`, {
      hint: 'Go back to another record, or release the earlier commit.',
    })
  }
  const newest = await taskDefinitions.describe(revision.definition.family)
  const live = newest?.active === true ? newest : undefined
  const plan = planTaskDefinition({ definition: revision.definition, live, containerName: container, image, results: {} })
  return revision.active ? { ...plan, action: 'unchanged', arn: revision.arn } : plan
}
