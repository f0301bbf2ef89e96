/** Runs whole workflow files on this machine as GitHub would, with act: jobs, expressions and outputs, and no network. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import type { Sandbox } from './connect.ts'
import { withIdTokens } from './job-tokens.ts'
import { bin, createRunFolder, node, root } from './paths.ts'
import { startProcess } from './process.ts'
import { dispatchEvent, pullRequestEvent, pushEvent } from './runner/event.ts'
import type { WorkflowEvent } from './runner/event.ts'
import { createShims } from './runner/shims.ts'
import type { ChildProcessCall } from './runner/shims.ts'
import type { Endpoints } from './stack.ts'
import { repository } from './scene.ts'
import { commitAll } from './workspace.ts'

type Values = Readonly<Record<string, string>>

export type WorkflowOptions = {
  /** Path of the workflow file. */
  readonly workflow: string
  /** As GitHub would send it; a name stands for one that is about nothing in particular. */
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch' | WorkflowEvent
  /** What was typed in by hand, for `workflow_dispatch`. */
  readonly inputs?: Values
  /** The repository's variables and secrets. */
  readonly vars: Values
  readonly secrets: Values
  /** Variables that an earlier step would have left to the later ones. */
  readonly env?: Values
  /** A checkout; all that is in it is committed, with the workflow, before the run. */
  readonly workspace: string
  readonly timeoutSeconds?: number
  /** The only job to run, with those that it needs. */
  readonly job?: string
  /** Folder of stand-ins for programs that GitHub's runner has and this machine lacks. */
  readonly programs?: string
}

export type JobResult = {
  /** `skipped` when its `if`, or a job that it needs, kept it from running. */
  readonly conclusion: 'success' | 'failure' | 'skipped'
  /** What its steps printed, line by line. */
  readonly output: readonly string[]
  /** What its steps added to the summary. */
  readonly summary: string
}

export type WorkflowResult = {
  /** 0 when no job failed. */
  readonly exitCode: number
  /** As people see it, secrets masked. */
  readonly log: string
  /** All jobs of the workflow file, by their ids. */
  readonly jobs: Readonly<Record<string, JobResult>>
  /** Calls of `docker` and `git`. */
  readonly children: readonly ChildProcessCall[]
}

/** What workflows call the action of this checkout. */
const ACTION = 'org/prefect-ecs-deploy@v1'
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A workflow that fails, or is cancelled because it takes too long, is a result. @throws Error when it cannot be started. */
export async function runWorkflow({ endpoints }: Pick<Sandbox, 'endpoints'>, options: WorkflowOptions): Promise<WorkflowResult> {
  const folder = createRunFolder()
  try {
    const shims = createShims(folder)
    const text = readFileSync(options.workflow, 'utf8')
    const workflow = parse(text) as { readonly jobs: Readonly<Record<string, unknown>> }
    const event = eventOf(options, endpoints, await commit(options))
    writeFileSync(join(folder, basename(options.workflow)), withIdTokens(text, event, endpoints.oidc), { mode: 0o600 })
    writeFiles(folder, {
      event: event.payload,
      vars: options.vars,
      secrets: { GITHUB_TOKEN: endpoints.github.token, ...options.secrets },
      env: { ...stepEnvironment(endpoints), ...options.env },
    })
    const { exitCode, lines } = await runAct(folder, shims.path, { ...options, event })
    const entries = lines.map(readEntry)
    const jobs = Object.keys(workflow.jobs).map((id) => [id, jobResult(entries.filter(({ jobID }) => jobID === id))] as const)
    const log = entries.map(({ jobID, msg }) => (jobID === undefined ? msg : `[${jobID}] ${msg}`)).join('\n')
    return { exitCode, log, jobs: Object.fromEntries(jobs), children: shims.calls() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns the commit that the checkout is then at. */
async function commit({ workflow, workspace }: WorkflowOptions): Promise<string> {
  const workflows = join(workspace, '.github/workflows')
  mkdirSync(workflows, { recursive: true })
  cpSync(workflow, join(workflows, basename(workflow)))
  return commitAll(workspace, 'Change the flows')
}

function eventOf({ event, inputs }: WorkflowOptions, { github }: Endpoints, sha: string): WorkflowEvent {
  if (typeof event !== 'string') return event
  switch (event) {
    case 'push': return pushEvent(sha)
    case 'pull_request': return pullRequestEvent({ number: github.pullRequest, sha })
    case 'workflow_dispatch': return dispatchEvent(inputs, sha)
  }
}

/** What the runner of this repository gives to each step, and what the sandbox needs to be found. */
function stepEnvironment({ aws, docker, github }: Endpoints): Values {
  return {
    AWS_ENDPOINT_URL: aws.url,
    DOCKER_HOST: docker.host,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_REPOSITORY: `${repository.owner}/${repository.name}`,
    GITHUB_REPOSITORY_ID: repository.id,
    GITHUB_REPOSITORY_OWNER: repository.owner,
    GITHUB_REPOSITORY_OWNER_ID: repository.ownerId,
    GITHUB_RUN_ID: '7007',
  }
}

/** JSON is YAML, which act reads without a dialect of quotes; only the owner may read these. */
function writeFiles(folder: string, files: Readonly<Record<'event' | 'vars' | 'secrets' | 'env', unknown>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, `${name}.yml`), JSON.stringify(content), { mode: 0o600 })
}

async function runAct(
  folder: string, shims: string, { event, workflow, workspace, job, programs, timeoutSeconds = 300 }: WorkflowOptions & { readonly event: WorkflowEvent },
) {
  const file = (name: string) => join(folder, `${name}.yml`)
  const [home, log] = [join(folder, 'home'), join(folder, 'act.log')]
  mkdirSync(home)
  const act = await startProcess({
    command: [
      join(bin, 'act'), event.name, '--json', '--workflows', join(folder, basename(workflow)), '--actor', repository.owner,
      '--platform', 'ubuntu-latest=-self-hosted', '--container-daemon-socket', '-',
      '--no-cache-server', '--action-offline-mode', ...actionsOf(workflow, folder), ...(job === undefined ? [] : ['--job', job]),
      '--eventpath', file('event'), '--var-file', file('vars'), '--secret-file', file('secrets'), '--env-file', file('env'),
    ],
    cwd: workspace,
    // Each step inherits these. A step runs whatever `node` it finds first.
    env: { PATH: [...(programs === undefined ? [] : [programs]), shims, dirname(node), SYSTEM_PATH].join(':'), HOME: home, LANG: 'C.UTF-8', ACT_DISABLE_VERSION_CHECK: '1', ...certificates() },
    log,
    ready: () => Promise.resolve(true),
  })
  const timer = setTimeout(() => { void act.stop() }, timeoutSeconds * 1000)
  const exitCode = await act.exited.finally(() => { clearTimeout(timer) })
  return { exitCode, lines: readFileSync(log, 'utf8').trimEnd().split('\n') }
}

/** What this machine needs to trust its package registries. */
function certificates(): Values {
  const file = process.env.NODE_EXTRA_CA_CERTS
  return file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file }
}

/** Where act finds the actions that a workflow uses, without GitHub; checkouts are its own. */
function actionsOf(workflow: string, folder: string): string[] {
  const uses = readFileSync(workflow, 'utf8').matchAll(/uses: ([\w-]+\/[\w-]+@[\w.]+)/g)
  const others = new Set([...uses].map(([, action = '']) => action).filter((action) => action !== ACTION && !action.startsWith('actions/checkout@')))
  const places = [`${ACTION}=${publishAction(folder)}`, ...[...others].map((action) => `${action}=${standInFor(action)}`)]
  return places.flatMap((place) => ['--local-repository', place])
}

/** Programs that an action would install are there already. */
function standInFor(action: string): string {
  const name = action.startsWith('aws-actions/configure-aws-credentials@') ? 'configure-aws-credentials' : 'already-there'
  return join(root, 'sandbox/stand-ins', name)
}

/** act copies a local action whole; this is what a release of it has to have. */
function publishAction(folder: string): string {
  const action = join(folder, 'action')
  for (const part of ['action.yml', 'dist']) cpSync(join(root, part), join(action, part), { recursive: true })
  return action
}

/** A line of act's log. */
type Entry = {
  readonly msg: string
  readonly jobID?: string
  readonly raw_output?: boolean
  readonly jobResult?: 'success' | 'failure'
  readonly command?: string
  readonly content?: string
}

function readEntry(line: string): Entry {
  try {
    const entry = JSON.parse(line) as Entry
    return { ...entry, msg: entry.msg.trimEnd() }
  } catch {
    return { msg: line }
  }
}

/** act says nothing of a job that it skips. */
function jobResult(entries: readonly Entry[]): JobResult {
  return {
    conclusion: entries.find(({ jobResult }) => jobResult !== undefined)?.jobResult ?? 'skipped',
    output: entries.filter(({ raw_output: printed }) => printed === true).map(({ msg }) => msg),
    summary: entries.filter(({ command }) => command === 'summary').map(({ content = '' }) => content).join('\n'),
  }
}
