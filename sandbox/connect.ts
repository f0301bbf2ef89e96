/** The sandbox as a test sees it: where everything is, who to ask, and the action ready to run. */
import { createControl } from './aws/control.ts'
import type { CommandResult } from './command.ts'
import { runWorker } from './prefect.ts'
import { createProxyControl } from './recording-proxy.ts'
import type { ProxyControl } from './recording-proxy.ts'
import { runAction } from './runner.ts'
import type { StepOptions, StepResult } from './runner.ts'
import { account, cluster, ecrRepository, roleArn, roles, service, workPool } from './scene.ts'
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
  /** Runs the action with the inputs, variables and tokens that this sandbox needs; what is given replaces them. */
  run(options: Partial<StepOptions> & Pick<StepOptions, 'event' | 'workspace'>): Promise<StepResult>
  /** A real ECS worker polls once and sees its runs through. */
  runWorker(): Promise<CommandResult>
}

/** Connects to the sandbox that this test run, or `npm run sandbox` in another terminal, has started. */
export function connectSandbox(endpoints = announcedEndpoints()): Sandbox {
  return {
    endpoints,
    aws: createControl(endpoints.aws.url),
    prefect: createProxyControl(endpoints.prefect.recorder),
    github: createProxyControl(endpoints.github.apiUrl),
    prefectRequest: (method, path, body) => prefectRequest(endpoints, { method, path, body }),
    checkOut: () => checkOut(endpoints.folder),
    run: (options) => runAction(stepOptions(endpoints, options)),
    runWorker: () => runWorker({ folder: endpoints.folder, apiUrl: endpoints.prefect.directUrl, pool: workPool, env: workerEnvironment(endpoints) }),
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

function announcedEndpoints(): Endpoints {
  const text = process.env.SANDBOX
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

function workerEnvironment({ aws, prefect }: Endpoints): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: aws.worker.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.worker.secretAccessKey,
    AWS_DEFAULT_REGION: account.region,
    ...(prefect.authString !== undefined && { PREFECT_API_AUTH_STRING: prefect.authString }),
  }
}

async function prefectRequest({ prefect }: Endpoints, { method, path, body }: { method: string; path: string; body: unknown }): Promise<unknown> {
  const headers = {
    'content-type': 'application/json',
    ...(prefect.authString !== undefined && { authorization: `Basic ${Buffer.from(prefect.authString).toString('base64')}` }),
  }
  const response = await fetch(`${prefect.directUrl}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}
