import { isDeepStrictEqual } from 'node:util'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { findWorkPool, poolPinOf } from '../deployment/job-image.ts'
import type { Pin } from '../deployment/job-image.ts'
import { DeployError } from '../errors.ts'
import type { Results } from '../planned.ts'
import type { LiveWorkPool, PrefectSurvey } from '../prefect-ports.ts'
import { planWorkPool, templatedPool } from '../work-pool/plan.ts'
import type { ManagedWorkPool, PoolPin, WorkPoolPlan } from '../work-pool/plan.ts'
import { sharePools } from '../work-pool/sharing.ts'
import type { SharedWorkPools } from '../work-pool/sharing.ts'
import type { WorkPoolTemplate } from '../work-pool/template.ts'

export type WorkPoolRequest = {
  readonly template: WorkPoolTemplate | undefined
  /** The selected deployments, their names resolved. */
  readonly configs: readonly DeploymentConfig[]
  /** Of these deployments and of the template. */
  readonly live: readonly LiveWorkPool[]
  readonly pin: Pin
  /** Of the task definitions that this release registers. */
  readonly families: readonly string[]
}

/**
 * The pools that a release manages: the template's, and with `pin: pool` all that its deployments run in.
 * @throws DeployError `work-pool-template-invalid`, `work-pool-missing`, `work-pool-unsupported` or
 * `task-definition-ambiguous`, where a deployment says its pool.
 */
export function manageWorkPools({ template, configs, live, pin, families }: WorkPoolRequest): ManagedWorkPool[] {
  const firsts = configs.filter(({ workPool }, index) => configs.findIndex((other) => other.workPool.name === workPool.name) === index)
  const named = template && (template.name ?? onlyPool(firsts.map(({ workPool }) => workPool.name), template))
  const templated = named === undefined ? [] : [templatedPool(named, template, live.find(({ name }) => name === named))]
  const pools = [...templated, ...live.filter(({ name }) => name !== named)]
  const pins = new Map<string, PoolPin>()
  for (const config of pin === 'pool' ? configs : []) {
    const [pinned] = Object.entries(poolPinOf({ config, pool: findWorkPool(config, pools), families, pin }))
    if (pinned === undefined) continue
    if (/^prefect/i.test(config.workPool.name)) throw reserved(config)
    const [variable, value] = pinned
    const { value: other = value } = pins.get(config.workPool.name) ?? {}
    if (!isDeepStrictEqual(other, value)) throw twoRevisions(config)
    pins.set(config.workPool.name, { variable, value })
  }
  const names = [...new Set([...(named === undefined ? [] : [named]), ...pins.keys()])]
  return names.map((name) => ({ name, template: name === named ? template : undefined, pin: pins.get(name) }))
}

function onlyPool([only, ...others]: readonly string[], { location }: WorkPoolTemplate): string {
  if (only !== undefined && others.length === 0) return only
  throw new DeployError('work-pool-template-invalid', `the selected deployments run in several work pools: ${[only, ...others].join(', ')}`, {
    hint: 'Say which one the template is for: put it under base_job_template, and beside it the name of the pool.', location,
  })
}

function twoRevisions({ workPool, locationOf }: DeploymentConfig): DeployError {
  const message = `the deployments in work pool "${workPool.name}" name several task definitions, and pin: pool gives it one`
  return new DeployError('task-definition-ambiguous', message, {
    hint: 'Give each task definition a pool of its own, or set the input pin to deployment.', location: locationOf('work_pool', 'job_variables', 'task_definition_arn'),
  })
}

function reserved({ workPool, locationOf }: DeploymentConfig): DeployError {
  return new DeployError('work-pool-unsupported', `work pool "${workPool.name}" has a name that the server keeps for itself: its template cannot be changed`, {
    hint: 'Set the input pin to deployment.', location: locationOf('work_pool', 'name'),
  })
}

/** The plans of the managed pools, over a live state and with the results that are known so far. */
export function planWorkPools(managed: readonly ManagedWorkPool[], live: readonly LiveWorkPool[], results: Results): WorkPoolPlan[] {
  return managed.map((each) => planWorkPool(each, live.find(({ name }) => name === each.name), results))
}

/** All pools as they are after the release, the new ones too: what its deployments are planned and judged by. */
export function poolsAfter(plans: readonly WorkPoolPlan[], live: readonly LiveWorkPool[]): LiveWorkPool[] {
  return [...plans.map(({ pool }) => pool), ...live.filter(({ name }) => plans.every((plan) => plan.name !== name))]
}

/**
 * Who else runs in the pools that change, in one request, none when no pool does.
 * @param released `flow/deployment` of all that this release is about.
 */
export async function surveyWorkPools(plans: readonly WorkPoolPlan[], released: readonly string[], survey: PrefectSurvey): Promise<SharedWorkPools> {
  const workPools = plans.filter(({ action }) => action === 'update').map(({ name }) => name)
  const tenants = workPools.length === 0 ? [] : await survey.deploymentsOf({ workPools })
  return sharePools(plans, { tenants, released })
}
