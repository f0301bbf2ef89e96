import { estimateImpact, touchedDeployments } from '../deployment/impact.ts'
import type { Impact } from '../deployment/impact.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { basesOf, markOutside } from '../deployment/outside.ts'
import type { DeploymentPlan } from '../deployment/plan.ts'
import { defaultWorkPoolOf } from '../deployment/default-work-pool.ts'
import { parsePrefectFiles } from '../deployment/prefect-file.ts'
import { findUnlisted, poolsBefore } from '../deployment/unlisted.ts'
import type { UnlistedDeployment } from '../deployment/unlisted.ts'
import { DeployError, describeLocation, isCancelled, messageOf } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Log, Ports } from '../ports.ts'
import type { LiveState } from '../prefect-ports.ts'
import type { Project } from './read.ts'
import type { Omission } from '../release-plan.ts'
import { surveyWorkPools } from './release-work-pools.ts'
import type { WorkPoolPlan } from '../work-pool/plan.ts'

export type Surveyed = {
  readonly plans: readonly DeploymentPlan[]
  /** Of the selected deployments, their names resolved. */
  readonly configs: readonly DeploymentConfig[]
  readonly live: LiveState
  readonly project: Project
  /** Of the pools that the release manages. */
  readonly workPools: readonly WorkPoolPlan[]
}

export type Survey = {
  /** With what was set outside of the file marked. */
  readonly plans: readonly DeploymentPlan[]
  /** With who else runs in them. */
  readonly workPools: readonly WorkPoolPlan[]
  readonly unlisted: readonly UnlistedDeployment[]
  readonly impact: Impact | undefined
  readonly omissions: readonly Omission[]
  readonly warnings: readonly Warning[]
}

type Context = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

/**
 * What the workspace has besides the deployments of a plan, and what the plan does to it: one request each, none for
 * nothing. It is for people only, so what cannot be read is left out, and said to be.
 * @throws DeployError `cancelled`
 */
export async function surveyWorkspace(surveyed: Surveyed, context: Context): Promise<Survey> {
  try {
    return await survey(surveyed, context)
  } catch (error) {
    if (!(error instanceof DeployError) || isCancelled(error)) throw error
    const omissions = [{ what: 'the impact on runs, what is on the server only, and who else runs in the work pools', reason: error.message }]
    return { plans: surveyed.plans, workPools: surveyed.workPools, unlisted: [], impact: undefined, omissions, warnings: [] }
  }
}

async function survey(surveyed: Surveyed, context: Context): Promise<Survey> {
  const { plans, live, project } = surveyed
  const { ports: { survey: port, clock } } = context
  const flowNames = [...new Set(plans.map(({ flowName }) => flowName))]
  const workPools = [...live.workPools.map(({ name }) => name), ...poolsBefore(plans, live.deployments)]
  const touched = touchedDeployments(plans)
  const known = live.deployments.map(({ id }) => id)
  const [inScope, shared, waiting, base] = await Promise.all([
    port.deploymentsOf({ flowNames, workPools, known }),
    surveyWorkPools(surveyed.workPools, plans.map(({ name }) => name), port),
    touched.length === 0 ? { earliest: [], total: 0 } : port.waitingRuns(touched),
    plans.some(({ action }) => action === 'update') ? readBase(project, context) : [],
  ])
  const selected = new Map(surveyed.configs.map((config) => [describeLocation(config.location), config]))
  const baseOf = basesOf(base)
  const marked = plans.map((plan) => {
    const config = selected.get(describeLocation(plan.location))
    return config === undefined ? plan : markOutside(plan, { config, base: baseOf(config) })
  })
  const configs = project.files.deployments.map((config) => selected.get(describeLocation(config.location)) ?? config)
  const { unlisted, warnings } = findUnlisted({ live: [...live.deployments, ...inScope], configs, plans })
  const impact = estimateImpact({ plans: marked, waiting, now: clock.now() })
  return { plans: marked, workPools: shared.workPools, unlisted, warnings: [...warnings, ...shared.warnings], omissions: [], impact }
}

/** The Prefect files before this change; without them, nobody can say who set a live value, and nothing fails for that. */
async function readBase({ files }: Project, { inputs: { run, comment, environment }, ports: { pullRequests }, log }: Context): Promise<readonly DeploymentConfig[]> {
  const { base } = run
  if (base === undefined || !comment) return []
  try {
    const texts = await Promise.all(files.paths.map(async (path) => ({ path, text: await pullRequests.fileAt(base, path) })))
    const found = texts.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]))
    return parsePrefectFiles(found, { defaultWorkPool: defaultWorkPoolOf(environment) }).deployments
  } catch (error) {
    if (isCancelled(error)) throw error
    log.debug(`The Prefect files of ${base} could not be read: ${messageOf(error)}`)
    return []
  }
}
