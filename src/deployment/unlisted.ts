import { fullName } from '../deployment-name.ts'
import { describeLocation } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { DeploymentPlan } from './plan.ts'

/** A live deployment of the file's flows, in the file's pools or one that this release moves others out of, that the file does not have; reported, never touched. */
export type UnlistedDeployment = {
  /** `flow/deployment` */
  readonly name: string
  readonly id: string
  /** Whether it still starts runs: not paused, with an active schedule. */
  readonly isActive: boolean
  /** The deployment that this release creates and that is probably the same one renamed: `flow/deployment`. */
  readonly renamedTo: string | undefined
}

export type UnlistedOptions = {
  /** All that is known of the server; what was read twice counts once. */
  readonly live: readonly LiveDeployment[]
  /** All of the file, selected or not, with their names resolved where they can be. */
  readonly configs: readonly DeploymentConfig[]
  readonly plans: readonly DeploymentPlan[]
}

/**
 * What the server has besides the file, by name: deployments of the flows of this release, and those of other flows
 * that one of its new deployments takes the place of. A warning for each of the latter kind that is active.
 */
export function findUnlisted(options: UnlistedOptions): { readonly unlisted: readonly UnlistedDeployment[]; readonly warnings: readonly Warning[] } {
  const unlisted = unlistedOf(options)
  return { unlisted, warnings: renameWarnings(unlisted, options.plans) }
}

/** The pools that the deployments of a release are in now; it may move them to others. */
export function poolsBefore(planned: readonly DeploymentPlan[], live: readonly LiveDeployment[]): string[] {
  const ids = new Set(planned.map(({ id }) => id))
  return [...new Set(live.filter(({ id }) => ids.has(id)).map(poolOf))].filter((name) => name !== '')
}

function unlistedOf({ live, configs, plans: planned }: UnlistedOptions): UnlistedDeployment[] {
  const file = entriesOf(configs, planned)
  const flows = new Set(planned.map(({ flowName }) => flowName))
  const pools = new Set([...configs.map(({ workPool }) => workPool.name), ...poolsBefore(planned, live)])
  const others = [...new Map(live.map((each) => [each.id, each])).values()].filter((each) =>
    pools.has(poolOf(each)) && !file.some((entry) => isListedAs(each, entry)))
  const created = file.filter(({ plan }) => plan?.action === 'create')
  return others
    .map((each): UnlistedDeployment & { readonly inScope: boolean } => ({
      name: fullName(each), id: each.id,
      isActive: !each.paused && each.schedules.some(({ active }) => active),
      renamedTo: renamedTo(each, created, others),
      inScope: flows.has(each.flowName),
    }))
    .filter(({ inScope, renamedTo: to }) => inScope || to !== undefined)
    .map(({ name, id, isActive, renamedTo: to }) => ({ name, id, isActive, renamedTo: to }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** As long as the old one is active, everything runs twice; each is told at the new one's line. */
function renameWarnings(unlisted: readonly UnlistedDeployment[], planned: readonly DeploymentPlan[]): Warning[] {
  return unlisted.filter(({ isActive }) => isActive).flatMap(({ name, renamedTo: to }) =>
    planned.filter((plan) => plan.name === to).map((plan): Warning => ({
      code: 'deployment-renamed',
      message: `${plan.name} looks like ${name} renamed, which stays on the server with an active schedule: everything runs twice`,
      hint: `Delete the old one after the release, with prefect deployment delete "${name}", or pause it.`,
      location: plan.location,
    })))
}

/** A deployment of the file; its flow is known when this release plans it, or another of the same entrypoint. */
type Entry = { readonly config: DeploymentConfig; readonly plan: DeploymentPlan | undefined; readonly flowName: string | undefined }

function entriesOf(configs: readonly DeploymentConfig[], planned: readonly DeploymentPlan[]): Entry[] {
  const plans = new Map(planned.map((plan) => [describeLocation(plan.location), plan]))
  const planOf = ({ location }: DeploymentConfig) => plans.get(describeLocation(location))
  const flows = new Map(configs.map((config) => [config.entrypoint, planOf(config)?.flowName] as const).filter(([, flow]) => flow !== undefined))
  return configs.map((config) => ({ config, plan: planOf(config), flowName: planOf(config)?.flowName ?? flows.get(config.entrypoint) }))
}

/** Where the file leaves a name or a flow open, what may be meant by it counts as listed. */
function isListedAs(live: LiveDeployment, { config, plan, flowName }: Entry): boolean {
  if (plan !== undefined) return plan.name === fullName(live)
  const isNamed = config.name === live.name || (config.name.includes('{{') && config.entrypoint === live.fields.entrypoint)
  return isNamed && (flowName === undefined || flowName === live.flowName)
}

/** Only when nothing else can be meant: one new deployment for the old one, and no second old one for the new. */
function renamedTo(old: LiveDeployment, created: readonly Entry[], others: readonly LiveDeployment[]): string | undefined {
  const [only, ...more] = created.filter((entry) => isRenamed(old, entry))
  if (only === undefined || more.length > 0) return undefined
  return others.filter((other) => isRenamed(other, only)).length === 1 ? only.plan?.name : undefined
}

/** The same code under another deployment's name, or the same deployment under another flow's name. */
function isRenamed(old: LiveDeployment, { config, flowName }: Entry): boolean {
  if (old.fields.entrypoint !== config.entrypoint) return false
  return old.flowName === flowName || (old.name === config.name && poolOf(old) === config.workPool.name)
}

function poolOf({ fields }: LiveDeployment): string {
  return typeof fields.work_pool_name === 'string' ? fields.work_pool_name : ''
}
