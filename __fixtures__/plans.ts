import type { DeploymentPlan } from '../src/deployment/plan.ts'
import { planImage } from '../src/image/plan.ts'
import { resultOf, revisionOf } from '../src/planned.ts'
import type { Results } from '../src/planned.ts'
import type { ServiceState, TaskDefinition } from '../src/ecs-ports.ts'
import type { LayerPlans } from '../src/release.ts'
import type { Outcome, PlannedStep, PlannedTaskDefinition, PlannedWorkPool, ReleasePlan } from '../src/release-plan.ts'
import type { Report } from '../src/report/report.ts'
import { planService } from '../src/service/plan.ts'
import { planTaskDefinition } from '../src/task-definition/plan.ts'
import { aTaskDefinition, revisionArn } from './fake-task-definitions.ts'
import { IMAGE, REPOSITORY } from './prefect-files/deployments.ts'

export const FINGERPRINT = 'f'.repeat(64)
export const TAG = `tree-${'f'.repeat(40)}`

type PlannedDeployments = ReleasePlan['deployments']

/** A release that reuses its image, and in which nothing differs. */
export function aReleasePlan(overrides: Partial<ReleasePlan> = {}): ReleasePlan {
  return {
    version: 1,
    dryRun: false,
    hash: '0123456789abcdef'.repeat(4),
    name: 'default',
    rollback: null,
    image: { action: 'reuse', repository: REPOSITORY, tag: TAG, fingerprint: FINGERPRINT, reference: IMAGE, createsRepository: false, tags: [] },
    taskDefinitions: [aPlannedTaskDefinition()],
    service: {
      action: 'unchanged', cluster: 'default', service: 'worker', from: revisionArn('flows', 7), reason: 'It already runs flows:7',
      restartsWorker: false, changes: [],
    },
    steps: [],
    workPools: [],
    deployments: [aPlannedDeployment()],
    unlisted: [],
    impact: { scheduledRuns: 0, lateRuns: 0, pendingRuns: [], lowerBound: false, overwrittenFields: 0, takeovers: 0 },
    omissions: [],
    warnings: [],
    ...overrides,
  }
}

export function aPlannedTaskDefinition(overrides: Partial<PlannedTaskDefinition> = {}): PlannedTaskDefinition {
  return {
    action: 'unchanged', family: 'flows', container: 'prefect', changes: [],
    arn: revisionArn('flows', 7), previousArn: revisionArn('flows', 7), ...overrides,
  }
}

/** A script that builds a package. */
export function aScript(overrides: Partial<PlannedStep> = {}): PlannedStep {
  return {
    action: 'run', step: 'prefect.deployments.steps.run_shell_script', script: 'make sdist', target: null, files: null,
    deployments: ['nightly'], ...overrides,
  }
}

/** A copy of a folder of 120 files to S3. */
export function aCopy(changed: number, overrides: Partial<PlannedStep> = {}): PlannedStep {
  return {
    action: changed === 0 ? 'skip' : 'push', step: 'prefect_aws.deployments.steps.push_to_s3', script: null,
    target: 's3://acme-flows/flows', files: { changed, unchanged: 120 - changed }, deployments: ['nightly'], ...overrides,
  }
}

export function aPlannedWorkPool(overrides: Partial<PlannedWorkPool> = {}): PlannedWorkPool {
  return { name: 'ecs', action: 'unchanged', changes: [], sharedWith: [], ...overrides }
}

export function aPlannedDeployment(overrides: Partial<PlannedDeployments[number]> = {}): PlannedDeployments[number] {
  const hash = overrides.action === undefined || overrides.action === 'unchanged' ? '' : '0123456789abcdef'
  return {
    name: 'etl/nightly', id: 'd1', action: 'unchanged', url: pageOf('d1'), hash, takeover: false, changes: [], schedules: [], ...overrides,
  }
}

/** What comes of {@link aReleasePlan}. */
export function anOutcome(overrides: Partial<Outcome> = {}): Outcome {
  return {
    image: { reference: IMAGE, digest: 'sha256:new', tag: TAG, built: false },
    revisions: { flows: revisionArn('flows', 7) },
    serviceStatus: 'unchanged',
    deployments: [{ name: 'etl/nightly', id: 'd1', action: 'unchanged', url: pageOf('d1') }],
    failure: undefined,
    ...overrides,
  }
}

/** What is told of {@link aReleasePlan} in a run of a pull request. */
export function aReport(overrides: Partial<Report> = {}): Report {
  return {
    plan: aReleasePlan({ dryRun: true }),
    outcome: anOutcome(),
    run: {
      event: 'pull_request', commit: 'abc1234'.repeat(5), base: undefined, pullRequest: { number: 7, isForeign: false },
      runUrl: 'https://github.com/acme/flows/actions/runs/1', repository: 'acme/flows',
    },
    phases: [],
    at: new Date('2026-11-24T15:00:00Z'),
    deviations: [],
    ...overrides,
  }
}

export function pageOf(id: string): string {
  return `https://prefect.example/deployments/deployment/${id}`
}

export type LayersOptions = {
  /** Whether an image with this fingerprint was pushed before. */
  readonly isPushed?: boolean
  readonly fingerprint?: string
  /** The wanted task definition and the one that is live; others of other families beside it. */
  readonly definition?: Definition & { readonly others?: readonly Definition[] }
  /** Family of the worker service. */
  readonly worker?: string
  readonly deployments?: (results: Results) => readonly DeploymentPlan[]
}

type Definition = { readonly wanted: TaskDefinition; readonly live?: TaskDefinition }

/** The four layers' plans as the layers make them, and what is known before anything is applied. */
export function planLayers(options: LayersOptions = {}): { readonly layers: LayerPlans; readonly results: Results } {
  const { isPushed = false, fingerprint = FINGERPRINT, definition, worker, deployments = () => [] } = options
  const repository = { name: 'flows', uri: REPOSITORY, immutable: true }
  const pushed = isPushed ? { digest: IMAGE.slice(IMAGE.indexOf('@') + 1), tags: [TAG], platforms: [] } : undefined
  const image = planImage(
    { kind: 'build', repository: 'flows', fingerprint, tag: TAG, platform: undefined },
    { registry: 'ecr', name: 'flows', repository, image: pushed },
  )
  const known: Results = image.action === 'build' ? {} : { image: image.reference }
  const taskDefinitions = (definition === undefined ? [] : [definition, ...(definition.others ?? [])]).map(({ wanted, live }) => planTaskDefinition({
    definition: wanted, live: registered(live), image: resultOf('image'), results: known,
  }))
  const reference = { cluster: 'default', service: 'worker' }
  const service = worker === undefined
    ? undefined
    : planService({ reference, state: onFamily(worker), flows: taskDefinitions, own: undefined })
  const results: Results = { ...known, ...Object.fromEntries(taskDefinitions.flatMap(({ family, arn }) => (arn === undefined ? [] : [[revisionOf(family), arn]]))) }
  const layers = {
    image, tags: undefined, taskDefinitions, service, steps: [],
    workPools: [],
    serviceTaskDefinition: undefined, deployments: deployments(results),
    unlisted: [], impact: undefined, omissions: [], warnings: [],
  }
  return { layers, results }
}

/** The definition of flow runs with an image in its only container. */
export function aDefinition(image = IMAGE, overrides: Partial<TaskDefinition> = {}): TaskDefinition {
  return aTaskDefinition({ containerDefinitions: [{ name: 'prefect', image }], ...overrides })
}

function registered(definition: TaskDefinition | undefined) {
  return definition && { arn: revisionArn(definition.family, 7), active: true, definition }
}

function onFamily(family: string): ServiceState {
  return {
    arn: 'arn:aws:ecs:eu-central-1:123456789012:service/default/worker', status: 'ACTIVE', controller: 'ECS', strategy: 'ROLLING',
    taskDefinitionArn: revisionArn(family, 6),
    desiredCount: 1, runningCount: 1, pendingCount: 0, events: [], deployments: [],
  }
}
