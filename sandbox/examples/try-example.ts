import { basename } from 'node:path'
import { runWorkflow } from '../act.ts'
import type { WorkflowResult } from '../act.ts'
import { startBuilder } from '../builder.ts'
import { attempt } from '../command.ts'
import type { Sandbox } from '../connect.ts'
import { bin } from '../paths.ts'
import { startPrefect } from '../prefect.ts'
import { isPrefectWrite } from '../prefect-recorder.ts'
import { account, roleArn, roles } from '../scene.ts'
import { seedPrefect } from '../seed-prefect.ts'
import { arnOf, createExampleRoles } from './account.ts'
import type { ExampleRun, OtherServer, Scene, Stage, Values } from './scene.ts'
import { scenes } from './scenes.ts'
import { sceneNameOf } from './workflow-files.ts'

export type Trial = {
  readonly workflow: string
  /** Titles of the runs that act made. */
  readonly runs: readonly string[]
  /** What is wrong, in words; empty when the example does what it says. */
  readonly problems: readonly string[]
}

/** Lints a workflow and runs it for each event that it is for, in an account and a workspace that are new; what cannot be tried is a problem. */
export async function tryExample(sandbox: Sandbox, path: string): Promise<Trial> {
  const workflow = basename(path)
  const problems = await lint(path)
  const scene = scenes[sceneNameOf(path, Object.keys(scenes))]
  if (scene === undefined) return { workflow, runs: [], problems: [...problems, 'nothing says how it is tried (sandbox/examples/scenes.ts)'] }
  const server = scene.other === undefined ? undefined : await startOther(sandbox, scene.other)
  const builder = scene.hasBuilder === true ? await startBuilder(sandbox.endpoints) : undefined
  try {
    const stage = await prepare(sandbox, scene, server ?? { apiUrl: '' })
    for (const run of scene.runs) problems.push(...(await play(path, { scene, stage, run, env: builder?.environment ?? {} })).map((problem) => `${run.title}: ${problem}`))
  } catch (error) {
    problems.push(String(error))
  } finally {
    await Promise.all([server?.stop(), builder?.stop()])
  }
  return { workflow, runs: scene.runs.map(({ title }) => title), problems }
}

async function lint(path: string): Promise<string[]> {
  const { exitCode, stdout, stderr } = await attempt([`${bin}/actionlint`, path])
  return exitCode === 0 ? [] : [`actionlint: ${stdout}${stderr}`]
}

async function startOther({ endpoints }: Sandbox, options: NonNullable<Scene['other']>): Promise<OtherServer & { stop(): Promise<void> }> {
  const server = await startPrefect({ folder: endpoints.folder, ...options })
  const login = options.authString === undefined ? {} : { authString: options.authString }
  await seedPrefect({ directUrl: server.apiUrl, ...login })
  return { apiUrl: server.apiUrl, ...login, stop: () => server.stop() }
}

async function prepare(sandbox: Sandbox, { prepare: prepareScene }: Scene, other: OtherServer): Promise<Stage> {
  await sandbox.reset()
  await createExampleRoles(sandbox)
  const stage = { sandbox, workspace: await sandbox.checkOut(), other, facts: {} }
  return { ...stage, facts: (await prepareScene?.(stage)) ?? {} }
}

type Play = { readonly scene: Scene; readonly stage: Stage; readonly run: ExampleRun; readonly env: Values }

async function play(workflow: string, { scene, stage, run, env }: Play): Promise<string[]> {
  const { aws, prefect } = stage.sandbox
  const event = await run.event(stage)
  await Promise.all([aws.clearJournal(), prefect.clearJournal()])
  const secrets = secretsOf(scene, stage)
  const inputs = await run.inputs?.(stage)
  const over = new AbortController()
  const others = run.meanwhile?.(stage, over.signal)
  const result = await runWorkflow(stage.sandbox, {
    workflow, event, workspace: stage.workspace, secrets, vars: variablesOf(scene, stage), env, ...(inputs !== undefined && { inputs }), timeoutSeconds: 600,
  }).finally(() => { over.abort() })
  await others
  const failed = failuresOf(result, run)
  if (failed.length > 0) return [...failed, result.log]
  return [...(await writesOf(stage.sandbox, run)), ...shownSecrets(result, secrets), ...(await aws.defects()), ...((await run.wrong?.(stage, result)) ?? [])]
}

function variablesOf({ vars }: Scene, stage: Stage): Values {
  const { cloud } = stage.sandbox.endpoints
  return {
    AWS_PLAN_ROLE: roleArn(roles.plan), AWS_DRIFT_ROLE: arnOf('drift'), AWS_DEPLOY_ROLE: arnOf('main'), AWS_ACCOUNT_ID: account.id,
    PREFECT_API_URL: cloud.apiUrl, ...vars?.(stage),
  }
}

function secretsOf({ secrets }: Scene, stage: Stage): Values {
  const { apiKey } = stage.sandbox.endpoints.cloud
  return { PREFECT_API_KEY: apiKey, PREFECT_PLAN_API_KEY: apiKey, ...secrets?.(stage) }
}

function failuresOf({ exitCode, jobs }: WorkflowResult, { skipped = [], red = [] }: ExampleRun): string[] {
  const expected = (id: string) => (red.includes(id) ? 'failure' : skipped.includes(id) ? 'skipped' : 'success')
  const unexpected = Object.entries(jobs).filter(([id, { conclusion }]) => conclusion !== expected(id))
  return [
    ...((exitCode === 0) === (red.length === 0) ? [] : [`exit code ${exitCode}`]),
    ...unexpected.map(([id, { conclusion }]) => `job ${id} is ${conclusion}`),
  ]
}

async function writesOf({ aws, prefect }: Sandbox, { writes: expected }: ExampleRun): Promise<string[]> {
  const [calls, exchanges] = await Promise.all([aws.journal(), prefect.journal()])
  if (calls.length === 0) return ['it did not get as far as AWS']
  const writes = [
    ...calls.filter(({ write }) => write).map(({ operation }) => operation),
    ...exchanges.filter(isPrefectWrite).map(({ method, path }) => `${method} ${path}`),
  ]
  if (expected) return writes.length > 0 ? [] : ['it wrote nothing']
  return writes.map((write) => `it wrote: ${write}`)
}

function shownSecrets({ log }: WorkflowResult, secrets: Values): string[] {
  return Object.entries(secrets).filter(([, value]) => value !== '' && log.includes(value)).map(([name]) => `it shows ${name}`)
}
