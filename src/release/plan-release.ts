import { readBuildCache } from './build-cache.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { fullName } from '../deployment-name.ts'
import { resolveNames } from '../deployment/names.ts'
import { findWorkPool } from '../deployment/job-image.ts'
import { planDeployment } from '../deployment/plan.ts'
import type { DeploymentPlan } from '../deployment/plan.ts'
import type { ReleaseImage, Sources } from '../deployment/rendering.ts'
import type { DesiredDeployment } from '../deployment/desired-deployment.ts'
import { readSteps } from '../deployment/step-read.ts'
import type { StepsPlan } from '../deployment/step-read.ts'
import { trapsOf } from '../deployment/traps.ts'
import { desireAll } from './desired-deployments.ts'
import { throwProblems } from '../errors.ts'
import type { Warning } from '../errors.ts'
import type { BuildOptions } from '../image/build.ts'
import type { BuildInputs } from '../image/fingerprint.ts'
import { checkCommit } from './older-commit.ts'
import type { ImagePlan } from '../image/plan.ts'
import type { Inputs } from '../inputs.ts'
import type { Results } from '../planned.ts'
import { manageWorkPools, planWorkPools, poolsAfter } from './release-work-pools.ts'
import type { ManagedWorkPool, WorkPoolPlan } from '../work-pool/plan.ts'
import type { Log, Ports } from '../ports.ts'
import type { LiveState, PrefectWorkspace } from '../prefect-ports.ts'
import { readAws, readLookups, readProject } from './read.ts'
import type { Project } from './read.ts'
import { readReleaseFlows } from './release-flows.ts'
import { composePlan } from '../release.ts'
import type { LayerPlans } from '../release.ts'
import type { Outcome, ReleasePlan } from '../release-plan.ts'
import { surveyWorkspace } from './survey.ts'
import { definitionTraps } from '../task-definition/definition-traps.ts'
import type { TaskDefinitionPlan } from '../task-definition/plan.ts'
import { planUpperLayers } from './upper-layers.ts'

type Query = Parameters<PrefectWorkspace['read']>[0]

/** A release that is ready to be applied. */
export type PlannedRelease = {
  readonly plan: ReleasePlan
  readonly layers: LayerPlans
  /** What is known without applying it: all that a plan reports. */
  readonly outcome: Outcome
  /** What was asked of the workspace, to ask it again after the writes. */
  readonly query: Query
  /** What it answered, and when. */
  readonly live: LiveState
  readonly readAt: Date
  readonly steps: StepsPlan
  /** What the image is built from, when it is: for its cache, which is written last. */
  readonly build: BuildInputs | undefined
  readonly cache: BuildOptions['cache']
  /** What the deployments and the work pools are to be, for the record. */
  readonly desired: readonly DesiredDeployment[]
  readonly managedPools: readonly ManagedWorkPool[]
  /** The deployments' plans once more, over another live state and with more results known. */
  readonly replan: (live: LiveState, results: Results) => readonly DeploymentPlan[]
  /** The same for the work pools that the release manages. */
  readonly replanWorkPools: (live: LiveState, results: Results) => readonly WorkPoolPlan[]
}

type Planning = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

/**
 * Reads all there is to read, builds the image if it is new (the push comes with the release), and plans the four layers.
 * @throws DeployError of whatever would stop the release: everything is validated before the first write.
 */
export async function planRelease(inputs: Inputs, ports: Ports, log: Log): Promise<PlannedRelease> {
  const planning = { inputs, ports, log }
  const project = await log.group('Read the project', () => readProject(inputs, ports, log))
  const [older, { aws, sources, configs, query, live, readAt }] = await log.group('Read the live state', () =>
    Promise.all([checkCommit(inputs, ports, log), readLive(project, planning)]))
  const { results, ...upper } = planUpperLayers(aws, inputs)
  const { pin } = inputs
  const families = upper.taskDefinitions.map(({ family }) => family)
  const managed = manageWorkPools({ template: project.template, configs, live: live.workPools, pin, families })
  const replanWorkPools = (state: LiveState, known: Results) => planWorkPools(managed, state.workPools, known)
  const pools = replanWorkPools(live, results)
  const after = { ...live, workPools: poolsAfter(pools, live.workPools) }
  for (const config of configs) findWorkPool(config, after.workPools)
  const names = imageNames(upper.image)
  const steps = await readSteps(configs, { sources, image: names, projectDirectory: inputs.projectDirectory, objects: ports.objects })
  const { keep } = inputs
  const { isCloud } = ports.workspace
  const known = { live: after, livePools: live.workPools, sources, names, families, pin, keep, steps, isCloud }
  const cache = await readBuildCache({ image: upper.image, aws, live }, planning)
  const flows = await readReleaseFlows({ ...known, configs, image: upper.image, build: aws.build, cache, platform: aws.wanted.platform, results, isOffline: false }, planning)
  const desired = desireAll(configs, { ...known, flows })
  const traps = trapsOf(desired.deployments, upper.taskDefinitions, pin)
  throwProblems(traps.problems)
  const replan = (state: LiveState, known: Results) => {
    const byName = new Map(state.deployments.map((each) => [fullName(each), each]))
    return desired.deployments.map((each) => planDeployment(each.desired, byName.get(fullName(each.desired)), known))
  }
  const surveyed = { plans: replan(live, results), configs: desired.deployments.map(({ config }) => config), live, project, workPools: pools }
  const survey = await log.group('Survey the workspace', () => surveyWorkspace(surveyed, planning))
  const layers: LayerPlans = {
    ...upper,
    steps: steps.planned,
    workPools: survey.workPools,
    deployments: survey.plans,
    unlisted: survey.unlisted,
    impact: survey.impact,
    omissions: [...flows.omissions, ...survey.omissions],
    warnings: [
      ...older, ...project.files.warnings, ...steps.warnings, ...flows.warnings, ...desired.warnings, ...traps.warnings, ...survey.warnings,
      ...trapsOfDefinitions(upper.taskDefinitions, project, { inputs, account: aws.accountId }),
    ],
  }
  const { name, dryRun } = inputs
  const plan = composePlan(layers, { name, dryRun, results, pageOf: (id) => ports.workspace.pageOf(id), now: ports.clock.now() })
  const wanted = { desired: desired.deployments.map((each) => each.desired), managedPools: managed }
  return { plan, layers, outcome: plannedOutcome(plan, upper.image), query, live, readAt, steps, build: aws.build, cache, replan, replanWorkPools, ...wanted }
}

/** Shared with the offline plan: what needs no workspace to be seen. */
export function trapsOfDefinitions(
  plans: readonly TaskDefinitionPlan[], { definitions }: Project, { inputs, account }: { readonly inputs: Inputs; readonly account?: string },
): Warning[] {
  const { image: { platform }, aws: { region } } = inputs
  return plans.flatMap((plan) =>
    definitionTraps(plan, { platform, home: { account, region }, locate: definitions.find(({ family }) => family === plan.family)?.locate }))
}

async function readLive(project: Project, { inputs, ports, log }: Planning) {
  const readPrefect = async () => {
    const sources: Sources = { environment: inputs.environment, lookups: await readLookups(project.configs, ports, log) }
    const configs = resolveNames(project.configs, sources)
    const query = { deploymentNames: distinct(configs.map(({ name }) => name)), workPools: poolsOf(configs, project) }
    return { sources, configs, query, readAt: ports.clock.now(), live: await ports.workspace.read(query) }
  }
  const [prefect, aws] = await Promise.all([readPrefect(), readAws(inputs, project, { ports, log })]) // the one that takes longer begins
  return { aws, ...prefect }
}

function poolsOf(configs: readonly DeploymentConfig[], { template }: Project): string[] {
  return distinct([...configs.map(({ workPool }) => workPool.name), ...(template?.name === undefined ? [] : [template.name])])
}

export function imageNames(image: ImagePlan): ReleaseImage {
  return { name: image.action === 'build' ? image.repository.uri : image.uri, tag: image.tag }
}

/** @param image undefined when no image is known to be there. */
export function plannedOutcome(plan: ReleasePlan, image: ImagePlan | undefined): Outcome {
  const { taskDefinitions, service } = plan
  return {
    image: image === undefined || image.action === 'build' ? undefined : { reference: image.reference, digest: image.digest, tag: image.tag, built: false },
    revisions: Object.fromEntries(taskDefinitions.flatMap(({ family, arn }) => (arn === null ? [] : [[family, arn]]))),
    serviceStatus: service === null ? undefined : service.action === 'roll' ? 'planned' : service.action === 'leave' ? 'left-alone' : 'unchanged',
    deployments: plan.deployments.map(({ name, id, action, url }) => ({ name, id, action, url })),
    failure: undefined,
  }
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)]
}
