/** The sample project's life: planned on a pull request, released, released again unchanged, changed, and run. */
import type { Sandbox } from './connect.ts'
import { poll } from './poll.ts'
import { isPrefectWrite } from './prefect-recorder.ts'
import type { StepResult } from './runner.ts'
import { pushEvent } from './runner/event.ts'
import { edit } from './workspace.ts'

/** The sample's deployment that is paused by hand after the first release, and the one whose flow is run. */
const PAUSED = 'report-daily'
const RUN = 'orders-backfill'

export type Counts = { readonly created: number; readonly updated: number; readonly unchanged: number }
/** What the simulator, the registry and the Prefect server saw of one step; what it says of itself does not count. */
export type Seen = { readonly writes: number; readonly builds: number; readonly containers: number; readonly prefectRequests: number; readonly seconds: number }

export type Report = {
  readonly plan: Counts & Seen
  readonly first: Counts & Seen & { readonly image: string; readonly taskDefinition: string }
  readonly noop: Counts & Seen
  readonly changed: Counts & Seen & { readonly image: string; readonly taskDefinition: string }
  readonly flowRun: string
  /** Containers of the task that ran it. */
  readonly containers: readonly string[]
  /** Runs that the paused deployment ever had after it was paused. */
  readonly runsOfPaused: number
  /** Name and page of each deployment. */
  readonly links: Readonly<Record<string, string>>
}

export type ScenarioOptions = {
  /** Instead of the inputs for the server itself: those for its shape as Prefect Cloud, for example. */
  readonly inputs?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly say?: (line: string) => void
}

export async function playScenario(sandbox: Sandbox, { say = () => undefined, ...step }: ScenarioOptions = {}): Promise<Report> {
  const workspace = await sandbox.checkOut()
  const release = async (title: string, event = pushEvent()) => {
    const seen = await watch(sandbox, () => sandbox.run({ ...step, workspace, event }))
    say(`${title}: ${describe(seen)}`)
    return seen
  }

  const plan = await release('plan on a pull request', (await sandbox.openPullRequest(workspace)).event())
  const first = await release('first release')
  const ids = deploymentIds(first.step)
  await sandbox.prefectRequest('POST', `/deployments/${idOf(ids, PAUSED)}/pause_deployment`)
  say(`${PAUSED} is paused, as in the UI`)
  const noop = await release('release again, nothing changed')
  edit(workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = 2\n\n\n')
  const changed = await release('release of a changed flow')
  const flowRun = await runFlow(sandbox, idOf(ids, RUN))
  say(`${RUN}, run by a Prefect ECS worker from the released image: ${flowRun}`)
  return {
    plan: { ...counts(plan.step), ...plan.seen },
    first: { ...counts(first.step), ...first.seen, ...released(first.step) },
    noop: { ...counts(noop.step), ...noop.seen },
    changed: { ...counts(changed.step), ...changed.seen, ...released(changed.step) },
    flowRun,
    containers: await containersOfLastTask(sandbox),
    runsOfPaused: await countRuns(sandbox, idOf(ids, PAUSED)),
    links: Object.fromEntries(deployments(first.step).map(({ name, url }) => [name, url])),
  }
}

type Watched = { readonly step: StepResult; readonly seen: Seen }

/** Runs a step and counts what it did, by the other side's account. @throws Error when the step is red. */
export async function watch({ aws, prefect }: Sandbox, run: () => Promise<StepResult>): Promise<Watched> {
  await Promise.all([aws.clearJournal(), prefect.clearJournal()])
  const step = await run()
  const [calls, exchanges] = await Promise.all([aws.journal(), prefect.journal()])
  if (step.exitCode !== 0) throw new Error(`The step failed:\n${step.log}`)
  const docker = (command: string) => step.children.filter(({ argv }) => argv.includes(command)).length
  return {
    step,
    seen: {
      writes: calls.filter(({ write }) => write).length + exchanges.filter(isPrefectWrite).length,
      builds: docker('build'),
      containers: docker('run'),
      // A request that was refused for want of a token is part of asking for one.
      prefectRequests: exchanges.filter(({ path, status }) => status !== 403 && !/\/(admin\/version|csrf-token)/.test(path)).length,
      seconds: step.seconds,
    },
  }
}

/** A run by hand, seen to its end. @returns its last state's type. */
async function runFlow(sandbox: Sandbox, deployment: string): Promise<string> {
  const { id } = (await sandbox.prefectRequest('POST', `/deployments/${deployment}/create_flow_run`, {})) as { id: string }
  await sandbox.runWorker()
  return sandbox.runEnded(id)
}

/** Names of the containers that ran in the newest task that somebody started; it ends a little after the flow run. */
async function containersOfLastTask({ aws }: Sandbox): Promise<string[]> {
  const containers = await poll('the end of the task', 60, async () => {
    const task = (await aws.state()).tasks.filter(({ group }) => group?.startsWith('family:') === true).at(-1)
    return task?.lastStatus === 'STOPPED' ? task.containers : undefined
  })
  return containers.filter(({ exitCode }) => exitCode !== undefined).map(({ name = '' }) => name)
}

/** Flow runs of a deployment, whatever their state. */
export async function countRuns(sandbox: Sandbox, deployment: string): Promise<number> {
  return (await sandbox.prefectRequest('POST', '/flow_runs/count', { deployments: { id: { any_: [deployment] } } })) as number
}

type DeploymentRow = { readonly name: string; readonly id: string; readonly url: string }

export function deployments({ outputs }: StepResult): DeploymentRow[] {
  return JSON.parse(outputs.deployments ?? '[]') as DeploymentRow[]
}

/** Ids by the deployment's own name, without the flow's. */
export function deploymentIds(step: StepResult): ReadonlyMap<string, string> {
  return new Map(deployments(step).map(({ name, id }) => [name.slice(name.indexOf('/') + 1), id]))
}

function idOf(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name)
  if (id === undefined) throw new Error(`The release has no deployment ${name}`)
  return id
}

function counts({ outputs }: StepResult): Counts {
  return { created: Number(outputs.created), updated: Number(outputs.updated), unchanged: Number(outputs.unchanged) }
}

function released({ outputs }: StepResult) {
  return { image: outputs.image ?? '', taskDefinition: outputs['task-definition-arn'] ?? '' }
}

function describe({ step: { outputs }, seen }: Watched): string {
  const { created, updated, unchanged } = outputs
  return `${created ?? '?'} created, ${updated ?? '?'} updated, ${unchanged ?? '?'} unchanged; ` +
    `${seen.writes} writes, ${seen.builds} builds, ${seen.containers} containers, ${seen.prefectRequests} Prefect requests, ${seen.seconds.toFixed(1)} s`
}
