import { fullName } from '../deployment-name.ts'
import { estimateImpact, touchedDeployments } from '../deployment/impact.ts'
import { planDeployment } from '../deployment/plan.ts'
import type { DeploymentPlan } from '../deployment/plan.ts'
import { restoreDeployment } from '../deployment/restoring.ts'
import type { UnlistedDeployment } from '../deployment/unlisted.ts'
import { DeployError, isCancelled } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import { revisionOf } from '../planned.ts'
import type { Result, Results } from '../planned.ts'
import type { Ports } from '../ports.ts'
import type { ServiceState } from '../ecs-ports.ts'
import type { LiveState } from '../prefect-ports.ts'
import type { FoundRecords } from './read-records.ts'
import type { RecordedDeployment, ReleaseRecord } from '../release-record.ts'
import type { LayerPlans } from '../release.ts'
import { surveyWorkPools } from '../release/release-work-pools.ts'
import type { WorkPoolPlan } from '../work-pool/plan.ts'

/** Recorded deployments as they are wanted again; this release's own results are in the place of the recorded ones. */
export function restoreAll(
  deployments: readonly RecordedDeployment[], record: ReleaseRecord, { live, inputs: { keep } }: { readonly live: LiveState; readonly inputs: Inputs },
) {
  const byName = new Map(live.deployments.map((each) => [fullName(each), each]))
  const links = linksOf(record)
  return deployments.map((each) => restoreDeployment(each, { live: byName.get(fullName(each)), links, keep }))
}

/** What a release made, by what it was: a rollback makes its own. */
export function linksOf({ image, taskDefinitions }: ReleaseRecord): ReadonlyMap<string, Result> {
  return new Map<string, Result>([[image.reference, 'image'], ...taskDefinitions.map(({ family, arn }): [string, Result] => [arn, revisionOf(family)])])
}

type Survey = Pick<LayerPlans, 'workPools' | 'impact' | 'omissions' | 'warnings'>

/** What the plans do to runs and to others in the pools is for people only: a plan does not fail for it. */
export async function surveyRollback(plans: readonly DeploymentPlan[], workPools: readonly WorkPoolPlan[], { survey, clock }: Ports): Promise<Survey> {
  const touched = touchedDeployments(plans)
  try {
    const [waiting, shared] = await Promise.all([
      touched.length === 0 ? { earliest: [], total: 0 } : survey.waitingRuns(touched),
      surveyWorkPools(workPools, plans.map(({ name }) => name), survey),
    ])
    return { ...shared, impact: estimateImpact({ plans, waiting, now: clock.now() }), omissions: [] }
  } catch (error) {
    if (!(error instanceof DeployError) || isCancelled(error)) throw error
    return { workPools, impact: undefined, warnings: [], omissions: [{ what: 'the impact on runs, and who else runs in the work pools', reason: error.message }] }
  }
}

/** Deployments of the newest release that the record does not have: they stay. */
export function leftAlone({ chosen, newest }: FoundRecords, live: LiveState): UnlistedDeployment[] {
  const recorded = new Set(chosen.record.deployments.map(fullName))
  const later = new Set(newest.record.deployments.map(fullName).filter((name) => !recorded.has(name)))
  return live.deployments.filter((each) => later.has(fullName(each))).map((each) => ({
    name: fullName(each), id: each.id, renamedTo: undefined, isActive: !each.paused && each.schedules.some(({ active }) => active),
  }))
}

type Seen = { readonly live: LiveState; readonly state: ServiceState | undefined; readonly inputs: Inputs }

/** Whoever goes back to the previous release should know that the live one is none that was released. */
export function liveWarnings({ chosen, newest: { tag, record } }: FoundRecords, { live, state, inputs }: Seen): Warning[] {
  const results = Object.fromEntries([...linksOf(record)].map(([made, result]) => [result, made])) as Results // each result once
  const byName = new Map(live.deployments.map((each) => [fullName(each), each]))
  const plans = restoreAll(record.deployments, record, { live, inputs }).map(({ desired }) => planDeployment(desired, byName.get(fullName(desired)), results))
  const different = [
    ...plans.filter(({ action }) => action !== 'unchanged').map(({ name }) => name),
    ...(record.service !== null && state !== undefined && state.taskDefinitionArn !== record.service.arn ? [`the service ${record.service.service}`] : []),
  ]
  if (chosen.tag === tag || different.length === 0) return []
  return [{
    code: 'live-not-recorded',
    message: `what is live is not what the newest record, ${tag}, says: ${different.join(', ')}`,
    hint: `Something else has changed it since; rollback-to: ${tag} puts that release back.`,
  }]
}
