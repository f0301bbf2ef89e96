import type { PlannedDeployment, PlannedTag, PlannedTaskDefinition, PlannedWorkPool, ReleasePlan } from '../release-plan.ts'
import { formatChange } from './change.ts'
import { impactLines } from './impact.ts'
import { visible } from './markdown.ts'
import { describeStep } from './step-lines.ts'
import { sharing } from './work-pools.ts'

/** One line a decision, for the log. */
export function formatPlanLines(plan: ReleasePlan): string[] {
  return [
    ...plan.omissions.map(({ what, reason }) => `left out: ${what}, because ${reason}`),
    ...rollbackLines(plan.rollback),
    ...(plan.image.createsRepository ? [`repository: create ${plan.image.repository}`] : []),
    imageLine(plan.image),
    ...plan.image.tags.map(tagLine),
    ...plan.steps.map((step) => `step: ${describeStep(step, AS_IS)}`),
    ...plan.taskDefinitions.flatMap(taskDefinitionLines),
    ...serviceLines(plan.service),
    ...plan.workPools.flatMap(workPoolLines),
    ...plan.deployments.flatMap(deploymentLines),
    ...plan.unlisted.map((each) => unlistedLine(each, plan.rollback)),
    ...impactLines(plan).map((line) => `impact: ${line}`),
  ].map(visible) // a line of its own could be a command to the runner
}

const AS_IS = { name: (text: string) => text, isDone: false }

function rollbackLines(rollback: ReleasePlan['rollback']): string[] {
  return rollback === null ? [] : [`rollback: to ${rollback.record}, commit ${rollback.commit ?? 'unknown'} of ${rollback.time}`]
}

function imageLine({ action, reference, repository, tag }: ReleasePlan['image']): string {
  const later = action === 'build' ? ' (digest known after push)' : ''
  return `image: ${action} ${reference ?? `${repository}:${tag ?? ''}${later}`}`
}

function tagLine({ tag, action, from }: PlannedTag): string {
  return `  tag: ${action} ${tag}${action === 'move' ? ` from ${from ?? ''}` : ''}`
}

function taskDefinitionLines({ action, arn, family, changes }: PlannedTaskDefinition): string[] {
  const compared = action === 'unknown' ? [] : changes
  return [`task definition: ${action} ${arn ?? family}`, ...compared.map((change) => `  ${formatChange(change)}`)]
}

function serviceLines(planned: ReleasePlan['service']): string[] {
  if (planned === null) return []
  const { action, cluster, service, reason, changes } = planned
  return [`service: ${action} ${cluster}/${service} (${reason})`, ...changes.map((change) => `  ${formatChange(change)}`)]
}

function workPoolLines(pool: PlannedWorkPool): string[] {
  const shared = sharing(pool, { ...AS_IS, most: 20 })
  return [
    `work pool: ${pool.action} ${pool.name}`,
    ...(pool.action === 'update' ? pool.changes.map((change) => `  ${formatChange(change)}`) : []),
    ...(shared === undefined ? [] : [`  ${shared}`]),
  ]
}

function deploymentLines({ name, action, takeover, changes }: PlannedDeployment): string[] {
  return [
    `deployment: ${action} ${name}${takeover ? ' (first takeover)' : ''}`,
    ...(action === 'update' ? changes.map((change) => `  ${formatChange(change)}`) : []),
  ]
}

function unlistedLine({ name, active, renamedTo }: ReleasePlan['unlisted'][number], rollback: ReleasePlan['rollback']): string {
  const renamed = renamedTo === null ? '' : `, probably renamed to ${renamedTo}`
  return `not in the ${rollback === null ? 'file' : 'record'}: ${name}${active ? ' (active)' : ''}${renamed}`
}
