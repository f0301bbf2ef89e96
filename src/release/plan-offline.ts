import { closedConfig } from '../deployment/closed-config.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { nameTraps } from '../deployment/name-traps.ts'
import { resolveNames } from '../deployment/names.ts'
import { readSteps } from '../deployment/step-read.ts'
import type { StepsPlan } from '../deployment/step-read.ts'
import { planDeployment } from '../deployment/plan.ts'
import type { Sources } from '../deployment/rendering.ts'
import { scheduleTraps } from '../deployment/schedule-traps.ts'
import { desireAll } from './desired-deployments.ts'
import type { Desired } from './desired-deployments.ts'
import type { Warning } from '../errors.ts'
import { offlineImage } from '../image/offline.ts'
import type { ImagePlan } from '../image/plan.ts'
import type { Inputs } from '../inputs.ts'
import type { MissingCredentials } from '../inputs/missing-credentials.ts'
import { offlineOmissions } from './offline-omissions.ts'
import { contentOf, hashOf } from './plan-hash.ts'
import { imageNames, plannedOutcome, trapsOfDefinitions } from './plan-release.ts'
import { resultOf } from '../planned.ts'
import type { Log, Ports } from '../ports.ts'
import type { LiveState, LiveWorkPool } from '../prefect-ports.ts'
import { platformOf, readBuild, readProject, wantedImage } from './read.ts'
import type { Project } from './read.ts'
import { readReleaseFlows } from './release-flows.ts'
import type { ReleaseFlows } from './release-flows.ts'
import { composePlan } from '../release.ts'
import type { LayerPlans } from '../release.ts'
import type { Outcome, ReleasePlan } from '../release-plan.ts'
import { planTaskDefinition } from '../task-definition/plan.ts'
import type { TaskDefinitionPlan } from '../task-definition/plan.ts'

type Planning = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }
type Reported = { readonly plan: ReleasePlan; readonly outcome: Outcome }

/**
 * The plan of what the checkout alone says, for a pull request whose run has no credentials: nothing of AWS or Prefect
 * is asked. The image is built all the same and its flows are read, which needs no credentials; what is left out is named.
 * @throws DeployError of whatever is wrong in the checkout.
 */
export async function planOffline(inputs: Inputs, ports: Ports, log: Log): Promise<Reported> {
  for (const words of expected(inputs.missing)) log.notice(words)
  const planning = { inputs: withRepository(inputs), ports, log }
  const project = await log.group('Read the project', () => readProject(inputs, ports, log))
  const closed = project.configs.map(closedConfig)
  const read = await readOffline(closed.map(({ config }) => config), project, planning)
  const desired = desireAll(read.configs, read)
  const taskDefinitions = planDefinitions(inputs, project)
  const layers: LayerPlans = {
    image: read.image,
    tags: undefined,
    taskDefinitions,
    service: undefined,
    serviceTaskDefinition: undefined,
    steps: read.steps.planned,
    workPools: [],
    deployments: desired.deployments.map((each) => planDeployment(each.desired, undefined, {})),
    unlisted: [],
    impact: undefined,
    omissions: [...offlineOmissions(inputs, project, closed.flatMap(({ left }) => left)), ...read.flows.omissions],
    warnings: [
      ...unexpected(inputs.missing), ...project.files.warnings, ...read.steps.warnings, ...read.flows.warnings, ...desired.warnings,
      ...trapsOffline(desired.deployments, taskDefinitions, { inputs, project }),
    ],
  }
  const plan = composeOffline(layers, inputs, ports.clock.now())
  return { plan, outcome: plannedOutcome(plan, undefined) }
}

type OfflineReading = {
  readonly configs: readonly DeploymentConfig[]
  readonly live: LiveState
  readonly sources: Sources
  readonly image: ImagePlan
  readonly names: ReturnType<typeof imageNames>
  readonly families: readonly string[]
  readonly flows: ReleaseFlows
  readonly steps: StepsPlan
}

async function readOffline(closed: readonly DeploymentConfig[], project: Project, planning: Planning): Promise<OfflineReading> {
  const { inputs } = planning
  const platform = platformOf(inputs, project.definitions.flatMap(({ definition }) => definition ?? []))
  const build = inputs.image.given === undefined ? await readBuild(inputs, platform, project) : undefined
  const wanted = wantedImage(inputs, build, platform)
  const image = offlineImage(wanted)
  const sources: Sources = { environment: inputs.environment, lookups: undefined }
  const configs = resolveNames(closed, sources)
  const families = project.definitions.map(({ family }) => family)
  const live = { deployments: [], workPools: configs.map(({ workPool }) => unseenPool(workPool.name, families)) }
  const names = imageNames(image)
  const steps = await readSteps(configs, { sources, image: names, projectDirectory: inputs.projectDirectory, objects: undefined })
  const known = { configs, live, sources, image, names, families, pin: inputs.pin, steps }
  return { ...known, flows: await readReleaseFlows({ ...known, build, platform, results: {}, isOffline: true }, planning) }
}

/**
 * In the place of a pool that was not read: it takes whatever a release gives, and refuses nothing. Whether a deployment
 * has to say which of several task definitions it runs on, only a pool that was read tells.
 */
function unseenPool(name: string, families: readonly string[]): LiveWorkPool {
  const variables = ['image', ...(families.length > 1 ? [] : ['task_definition_arn'])]
  const job = Object.fromEntries(variables.map((variable) => [variable, `{{ ${variable} }}`]))
  const properties = Object.fromEntries(variables.map((variable) => [variable, {}]))
  return { name, type: 'ecs', paused: false, status: null, baseJobTemplate: { job_configuration: job, variables: { properties } } }
}

/** What is in AWS alone is not planned. */
function planDefinitions({ containerName }: Inputs, { definitions }: Project): TaskDefinitionPlan[] {
  return definitions.flatMap(({ definition }) =>
    definition === undefined ? [] : [planTaskDefinition({ definition, live: undefined, containerName, image: resultOf('image'), results: {} })])
}

/** The traps that no pool is needed to see. */
function trapsOffline(
  deployments: readonly Desired[], taskDefinitions: readonly TaskDefinitionPlan[], { inputs, project }: { readonly inputs: Inputs; readonly project: Project },
): Warning[] {
  return [
    ...trapsOfDefinitions(taskDefinitions, project, { inputs }),
    ...deployments.flatMap(({ desired, config }) => scheduleTraps(desired, config)),
    ...nameTraps(deployments.map(({ desired }) => desired)),
  ]
}

/** Its hash is of the same content as an online plan's, and never the same: nothing of it was compared with what is live. */
function composeOffline(layers: LayerPlans, { name, dryRun }: Inputs, now: Date): ReleasePlan {
  const plan = composePlan(layers, { name, dryRun, results: {}, pageOf: () => '', now })
  const content = contentOf(layers, {})
  return {
    ...plan,
    hash: hashOf({ ...content, taskDefinition: `unknown ${content.taskDefinition}`, service: 'unknown' }),
    image: { ...plan.image, action: 'unknown', reference: null },
    taskDefinitions: plan.taskDefinitions.map((each) => ({ ...each, action: 'unknown', changes: [] })),
    deployments: plan.deployments.map((each) => ({ ...each, action: 'unknown', takeover: false, changes: [] })),
  }
}

/** Forks see none of the repository's variables, which may name it. */
function withRepository(inputs: Inputs): Inputs {
  return { ...inputs, image: { ...inputs.image, repository: inputs.image.repository ?? 'unknown-repository' } }
}

function expected(missing: readonly MissingCredentials[]): string[] {
  const withheld = missing.filter(({ hint }) => hint === undefined)
  const [first] = withheld
  return first === undefined ? [] : [`The plan is made without ${withheld.map(({ what }) => what).join(' and ')}: ${first.reason}`]
}

function unexpected(missing: readonly MissingCredentials[]): Warning[] {
  return missing.flatMap(({ what, reason, hint }): Warning[] =>
    hint === undefined ? [] : [{
      code: 'credentials-missing', message: `there are no credentials for ${what}, so the plan is incomplete: ${reason}`, hint,
    }])
}
