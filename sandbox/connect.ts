/** The sandbox as a test sees it: where everything is, who to ask, and the action ready to run. */
import { createControl } from './aws/control.ts'
import type { CommandResult } from './command.ts'
import { openPullRequest } from './github/pull-request.ts'
import type { OpenPullRequest } from './github/pull-request.ts'
import { poll } from './poll.ts'
import { runWorker } from './prefect.ts'
import { createProxyControl } from './recording-proxy.ts'
import type { ProxyControl } from './recording-proxy.ts'
import { runAction } from './runner.ts'
import type { StepOptions, StepResult } from './runner.ts'
import { account, cluster, ecrRepository, roleArn, roles, service, workPool } from './scene.ts'
import { createWorkerKey, seedAws } from './seed-aws.ts'
import { askPrefect, resetPrefect } from './seed-prefect.ts'
import type { Endpoints } from './stack.ts'
import { checkOut } from './workspace.ts'

export interface Sandbox {
  readonly endpoints: Endpoints
  readonly aws: ReturnType<typeof createControl>
  /** The recorder in front of the Prefect server. */
  readonly prefect: ProxyControl
  /** The proxy in front of GitHub's REST API. */
  readonly github: ProxyControl
  /** A request to the Prefect server past the recorder. @throws Error when it is refused. */
  prefectRequest(method: string, path: string, body?: unknown): Promise<unknown>
  /** A fresh checkout of the sample project. */
  checkOut(): Promise<string>
  /** Opens a pull request with what a checkout holds. */
  openPullRequest(workspace: string): Promise<OpenPullRequest>
  /** Runs the action with the inputs, variables and tokens that this sandbox needs; what is given replaces them. */
  run(options: Partial<StepOptions> & Pick<StepOptions, 'event' | 'workspace'>): Promise<StepResult>
  /** A real ECS worker polls once and starts the tasks of the runs that are due. */
  runWorker(): Promise<CommandResult>
  /** Waits until a flow run has ended. @returns its final state's type, as `COMPLETED`. */
  runEnded(flowRunId: string): Promise<string>
  /** Everything as it was at the start: account, workspace, journals; no faults. */
  reset(): Promise<void>
}

/** Connects to the sandbox that this test run, or `npm run sandbox` in another terminal, has started. */
export function connectSandbox(endpoints = announcedEndpoints()): Sandbox {
  return {
    endpoints,
    aws: createControl(endpoints.aws.url),
    prefect: createProxyControl(endpoints.prefect.recorder),
    github: createProxyControl(endpoints.github.apiUrl),
    prefectRequest: (method, path, body) => askPrefect(endpoints.prefect, { method, path, body }),
    checkOut: () => checkOut(endpoints.folder),
    openPullRequest: (workspace) => openPullRequest(endpoints.github, workspace),
    run: (options) => runAction(stepOptions(endpoints, options)),
    runWorker: async () => runWorker({ folder: endpoints.folder, apiUrl: endpoints.prefect.directUrl, pool: workPool, env: await workerEnvironment(endpoints) }),
    runEnded: (id) => poll(`the end of flow run ${id}`, 120, () => finalState(endpoints, id)),
    reset: () => reset(endpoints),
  }
}

/** The inputs with which the sample project is released: a plan role on pull requests, the deploy role else. */
export function sampleInputs({ prefect }: Endpoints, event: StepOptions['event']): Record<string, string> {
  return {
    'aws-region': account.region,
    'role-to-assume': roleArn(event.name.startsWith('pull_request') ? roles.plan : roles.deploy),
    'prefect-api-url': prefect.apiUrl,
    ...(prefect.authString !== undefined && { 'prefect-api-auth-string': prefect.authString }),
    'ecr-repository': ecrRepository,
    'task-definition': 'task-definition.json',
    cluster,
    service,
  }
}

/** A worker of `npm run e2e` has a sandbox of its own. */
function announcedEndpoints(): Endpoints {
  const text = process.env[`SANDBOX_${process.env.JEST_WORKER_ID ?? ''}`] ?? process.env.SANDBOX
  if (text === undefined) throw new Error('The sandbox is not started: SANDBOX is not set')
  return JSON.parse(text) as Endpoints
}

function stepOptions(endpoints: Endpoints, options: Parameters<Sandbox['run']>[0]): StepOptions {
  const { aws, docker, github, oidc } = endpoints
  return {
    idToken: oidc,
    token: github.token,
    githubApiUrl: github.apiUrl,
    ...options,
    inputs: { ...sampleInputs(endpoints, options.event), ...options.inputs },
    env: { AWS_ENDPOINT_URL: aws.url, DOCKER_HOST: docker.host, ...options.env },
  }
}

/** What a worker of this sandbox runs with. */
export async function workerEnvironment({ aws, prefect }: Endpoints): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = await createWorkerKey(aws.url)
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: account.region,
    ...(prefect.authString !== undefined && { PREFECT_API_AUTH_STRING: prefect.authString }),
  }
}

async function finalState({ prefect }: Endpoints, id: string): Promise<string | undefined> {
  const { state_type: type } = (await askPrefect(prefect, { method: 'GET', path: `/flow_runs/${id}` })) as { state_type: string }
  return ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'].includes(type) ? type : undefined
}

async function reset({ aws, prefect, github }: Endpoints): Promise<void> {
  await createControl(aws.url).reset()
  await Promise.all([seedAws(aws.url), resetPrefect(prefect)])
  for (const proxy of [prefect.recorder, github.apiUrl]) {
    const control = createProxyControl(proxy)
    await control.clearFaults()
    await control.clearJournal()
  }
}
