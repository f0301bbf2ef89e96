import { hasChanges } from '../release.ts'
import type { Outcome, PlannedTaskDefinition, ReleasePlan } from '../release-plan.ts'

/** The step's outputs by name; never a credential, and no masked value: the runner drops an output that contains one. */
export function computeOutputs(plan: ReleasePlan, outcome: Outcome, planFile: string): Record<string, string> {
  const count = (action: string) => String(outcome.deployments.filter((each) => each.action === action).length)
  const taskDefinitions = plan.taskDefinitions.map((each) => taskDefinitionOf(each, outcome))
  const only = taskDefinitions.length === 1 ? taskDefinitions[0] : undefined
  return {
    image: outcome.image?.reference ?? '',
    'image-digest': outcome.image?.digest ?? '',
    'image-tag': outcome.image?.tag ?? plan.image.tag ?? '',
    'image-built': String(outcome.image?.built ?? false),
    'task-definition-arn': only?.arn ?? '',
    'previous-task-definition-arn': only?.previousArn ?? '',
    'task-definitions': JSON.stringify(taskDefinitions),
    'service-status': outcome.serviceStatus ?? '',
    changed: String(hasChanges(plan)),
    deployments: JSON.stringify(outcome.deployments),
    created: count('create'),
    updated: count('update'),
    unchanged: count('unchanged'),
    plan: planFile,
    'plan-hash': plan.hash,
    record: outcome.record ?? '',
  }
}

function taskDefinitionOf({ family, action, arn, previousArn }: PlannedTaskDefinition, { revisions }: Outcome) {
  return { family, action, arn: revisions[family] ?? arn, previousArn }
}
