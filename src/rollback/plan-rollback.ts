import { fullName } from '../deployment-name.ts'
import { planDeployment } from '../deployment/plan.ts'
import type { StepsPlan } from '../deployment/step-read.ts'
import { throwProblems } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Results } from '../planned.ts'
import { plannedOutcome } from '../release/plan-release.ts'
import type { PlannedRelease } from '../release/plan-release.ts'
import type { Log, Ports } from '../ports.ts'
import type { LiveState, LiveWorkPool } from '../prefect-ports.ts'
import { guardAccount } from '../release/read.ts'
import { readRecords } from './read-records.ts'
import type { FoundRecords } from './read-records.ts'
import { planWorkPools, poolsAfter } from '../release/release-work-pools.ts'
import type { RecordedDeployment } from '../release-record.ts'
import { composePlan } from '../release.ts'
import type { LayerPlans } from '../release.ts'
import { findRecordedImage } from './rollback-image.ts'
import { restoreRevisions } from './rollback-revisions.ts'
import { leftAlone, linksOf, liveWarnings, restoreAll, surveyRollback } from './rollback-survey.ts'
import { knownRevisions } from '../release/upper-layers.ts'
import { restoreWorkPool } from '../work-pool/recording.ts'

type Planning = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

/**
 * Plans an earlier record like any release, without a build: what is to be comes from the record instead of the checkout,
 * and all that follows is the same.
 * @throws DeployError of whatever would stop it: everything is validated before the first write.
 */
export async function planRollback(inputs: Inputs, ports: Ports, log: Log): Promise<PlannedRelease> {
  const planning = { inputs, ports, log }
  const { rollbackTo = { kind: 'previous' } } = inputs.records
  log.info(`AWS account ${await guardAccount(inputs, ports)}, region ${inputs.aws.region}`)
  const found = await log.group('Read the records', () => readRecords(rollbackTo, inputs, planning))
  const { chosen: { tag, record } } = found
  const { image, tags, revisions, query, readAt, live } = await log.group('Read the live state', () => readState(found, planning))
  const results: Results = { image: image.reference, ...knownRevisions(revisions.taskDefinitions) }

  const links = linksOf(record)
  const pools = record.workPools.map((each) => restoreWorkPool(each, { live: live.workPools.find(({ name }) => name === each.name), links, record: tag }))
  const managedPools = pools.map(({ managed }) => managed)
  const replanWorkPools = (state: LiveState, known: Results) => planWorkPools(managedPools, state.workPools, known)
  const workPools = replanWorkPools(live, results)
  requirePools(found, poolsAfter(workPools, live.workPools))

  const restored = restoreAll(found.deployments, record, { live, inputs })
  const desired = restored.map((each) => each.desired)
  const replan = (state: LiveState, known: Results) => {
    const byName = new Map(state.deployments.map((each) => [fullName(each), each]))
    return desired.map((each) => planDeployment(each, byName.get(fullName(each)), known))
  }
  const plans = replan(live, results)
  const survey = await surveyRollback(plans, workPools, ports)
  const { taskDefinitions, serviceTaskDefinition, service } = revisions
  const layers: LayerPlans = {
    image, tags, taskDefinitions, serviceTaskDefinition, service,
    steps: [],
    workPools: survey.workPools,
    deployments: plans,
    unlisted: leftAlone(found, live),
    impact: survey.impact,
    omissions: [...revisions.omissions, ...survey.omissions],
    warnings: [
      ...liveWarnings(found, { live, state: revisions.state, inputs }),
      ...poolWarnings(tag, pools.flatMap(({ managed, missing }) => missing.map((path) => `${managed.name}.${path}`))),
      ...restored.flatMap(({ warnings }) => warnings), ...survey.warnings,
    ],
    rollback: { record: tag, newest: found.newest.tag, commit: record.commit, time: record.time, run: record.run },
  }
  const { name, dryRun } = inputs
  const plan = composePlan(layers, { name, dryRun, results, pageOf: (id) => ports.workspace.pageOf(id), now: ports.clock.now() })
  return { plan, layers, outcome: plannedOutcome(plan, image), query, live, readAt, steps: NO_STEPS, ...NO_BUILD, replan, replanWorkPools, desired, managedPools }
}

const NO_BUILD = { build: undefined, cache: undefined }

/** Scripts and copies of the earlier release have been made; they are not made again. */
const NO_STEPS: StepsPlan = { runs: [], planned: [], warnings: [], outputsOf: () => new Map(), runsOf: () => [], copiesCode: () => false }

async function readState({ chosen, newest, deployments }: FoundRecords, { inputs, ports }: Planning) {
  const query = {
    deploymentNames: distinct([...deployments, ...newest.record.deployments].map(({ name }) => name)),
    workPools: distinct([...deployments.map(poolOf), ...chosen.record.workPools.map(({ name }) => name)]),
  }
  const readAt = ports.clock.now()
  const [{ image, tags }, revisions, live] = await Promise.all([
    findRecordedImage(chosen, inputs, ports), restoreRevisions(chosen.record, inputs, ports), ports.workspace.read(query),
  ])
  return { image, tags, revisions, query, readAt, live }
}

/** @throws DeployError `work-pool-missing` with all that are. */
function requirePools({ chosen: { tag }, deployments }: FoundRecords, pools: readonly LiveWorkPool[]): void {
  const missing = distinct(deployments.map(poolOf)).filter((name) => pools.every((pool) => pool.name !== name))
  throwProblems(missing.map((name) => ({
    code: 'work-pool-missing' as const, message: `there is no work pool "${name}", which the record ${tag} names`,
    hint: 'Create it, or leave its deployments out with the input deployments.',
  })))
}

function poolOf({ fields: { work_pool_name: name } }: RecordedDeployment): string {
  return typeof name === 'string' ? name : ''
}

function poolWarnings(tag: string, missing: readonly string[]): Warning[] {
  if (missing.length === 0) return []
  return [{
    code: 'value-not-recorded',
    message: `the record ${tag} does not hold what is or may be secret in work pools (${missing.join(', ')}): it stays as it is`,
    hint: 'Look whether it fits the earlier release.',
  }]
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)]
}
