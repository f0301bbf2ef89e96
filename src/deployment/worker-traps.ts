import type { Location, Problem } from '../errors.ts'
import { isItems } from '../planned.ts'
import type { PlannedObject } from '../planned.ts'
import { isEmpty } from './effective-job.ts'
import { containersOf, launchTypeOf, ownerOf, REQUEST } from './judged.ts'
import type { Judged } from './judged.ts'

/**
 * Settings with which the ECS worker raises an error for every run (prefect_aws/workers/ecs_worker.py: the validators of
 * `ECSJobConfiguration`, `_prepare_task_definition`, `_validate_task_definition`).
 */
export function refusals(judged: Judged): Problem[] {
  const { run } = judged
  return [
    ...networkWithoutVpc(judged),
    ...logOptionsWithoutLogs(judged),
    ...noneEssential(judged),
    ...(run.origin === 'elsewhere' ? [] : [...logsWithoutRole(judged, run.definition), ...launchConflicts(judged, run.definition)]),
  ]
}

function networkWithoutVpc(judged: Judged): Problem[] {
  const network = judged.job.setting('network_configuration')
  if (network === undefined || judged.job.setting('vpc_id') !== undefined) return []
  const { owner, location } = ownerOf(network, judged)
  return [refusal(`${owner} has a network_configuration without vpc_id`, { hint: 'Set vpc_id to the VPC of its subnets.', location })]
}

function logOptionsWithoutLogs(judged: Judged): Problem[] {
  const options = judged.job.setting('cloudwatch_logs_options')
  if (options === undefined || judged.job.setting('configure_cloudwatch_logs') !== undefined) return []
  const { owner, location } = ownerOf(options, judged)
  const hint = 'Set configure_cloudwatch_logs: true, or remove the options.'
  return [refusal(`${owner} has cloudwatch_logs_options without configure_cloudwatch_logs`, { hint, location })]
}

function logsWithoutRole(judged: Judged, definition: PlannedObject): Problem[] {
  const logs = judged.job.setting('configure_cloudwatch_logs')
  if (logs === undefined || !isEmpty(definition.executionRoleArn ?? null)) return []
  const { owner, location } = ownerOf(logs, judged)
  const isOurs = judged.run.origin === 'release'
  const missing = isOurs ? 'a task definition without executionRoleArn' : 'no execution_role_arn'
  const hint = isOurs ? 'Add executionRoleArn to it, or turn the setting off: its own logConfiguration counts.' : 'Set execution_role_arn.'
  return [refusal(`${owner} has configure_cloudwatch_logs and ${missing}`, { hint, location })]
}

/** Checked even where the template's task definition is not used. */
function noneEssential(judged: Judged): Problem[] {
  const containers = containersOf(judged.job.configuration.task_definition)
  if (containers.length === 0 || containers.some(({ essential }) => essential !== false)) return []
  const { owner, location } = ownerOf(undefined, judged)
  const hint = 'Make one of them essential in the base job template.'
  return [refusal(`${owner} has no essential container in its task definition`, { hint, location })]
}

function launchConflicts(judged: Judged, definition: PlannedObject): Problem[] {
  const conflict = launchConflict(judged, definition)
  if (conflict === undefined) return []
  const { owner, location } = ownerOf(judged.job.setting(REQUEST, 'launchType'), judged)
  const hint = 'Set launch_type to what the task definition is made for, or change the task definition.'
  return [refusal(`${owner} ${conflict}`, { hint, location })]
}

/** `_validate_task_definition`, in its order: a capacity provider strategy stands for the launch type, EC2 may leave both out. */
function launchConflict(judged: Judged, definition: PlannedObject): string | undefined {
  const { isKnown, launchType } = launchTypeOf(judged)
  if (!isKnown) return undefined
  const { requiresCompatibilities, networkMode = 'awsvpc' } = definition
  const required = isItems(requiresCompatibilities) && requiresCompatibilities.length > 0 ? requiresCompatibilities : undefined
  const isForEc2 = required?.includes('EC2') === true
  const hasStrategy = judged.job.setting(REQUEST, 'capacityProviderStrategy') !== undefined
  const launch = launchType ?? (hasStrategy || isForEc2 ? undefined : 'FARGATE')
  if (launch === 'EC2' || (hasStrategy && launch !== 'FARGATE_SPOT') || (isForEc2 && launch === undefined)) return undefined
  const name = `launch type ${launch ?? 'FARGATE'}`
  if (required?.includes('FARGATE') === false) return `has ${name}, but requiresCompatibilities of the task definition has no FARGATE`
  const isOnFargate = launch === 'FARGATE' || launch === 'FARGATE_SPOT'
  return isOnFargate && networkMode !== 'awsvpc' ? `has ${name}, but the task definition has another network mode than awsvpc` : undefined
}

function refusal(message: string, { hint, location }: { readonly hint: string; readonly location: Location }): Problem {
  return { code: 'worker-would-refuse', message: `${message}: the ECS worker raises an error for every run`, hint, location }
}
