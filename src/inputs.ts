import { join, resolve } from 'node:path'
import { throwProblems } from './errors.ts'
import { InputReader } from './input-reader.ts'
import type { Environment } from './input-reader.ts'
import { refuseForeignCode, refuseUnavailable } from './refused-inputs.ts'

/** All that the step was asked to do, parsed and checked; nothing else reads inputs or the environment. */
export type Inputs = {
  readonly name: string
  readonly dryRun: boolean
  /** `owner/name` on GitHub; empty outside of it. */
  readonly repository: string
  /** Absolute path of the checkout; locations in messages are relative to it. */
  readonly workspace: string
  /** Absolute path that file inputs are relative to. */
  readonly projectDirectory: string
  readonly temporaryDirectory: string
  readonly aws: AwsInputs
  readonly prefect: PrefectInputs
  readonly prefectFile: string
  readonly deployments: readonly string[]
  readonly image: ImageInputs
  readonly flows: { readonly strict: boolean; readonly always: boolean }
  readonly taskDefinition: string | undefined
  readonly containerName: string | undefined
  readonly service: ServiceInputs | undefined
  /** What `{{ $NAME }}` in the Prefect file may read: the job's variables without the runner's and the inputs' own. */
  readonly environment: Readonly<Record<string, string>>
  /** Everything in these inputs that must never be shown. */
  readonly secrets: readonly string[]
}

export type AwsInputs = {
  readonly region: string
  readonly roleToAssume: string | undefined
  readonly roleSessionName: string
  readonly roleDurationSeconds: number
  readonly audience: string | undefined
  readonly allowedAccountIds: readonly string[]
  /** The runner's token route, present when the job has `id-token: write`. */
  readonly oidc: { readonly requestUrl: string; readonly requestToken: string } | undefined
}

export type PrefectInputs = {
  readonly apiUrl: string
  readonly apiKey: string | undefined
  readonly authString: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

export type ImageInputs = {
  readonly given: string | undefined
  readonly repository: string | undefined
  readonly context: string
  readonly dockerfile: string
  readonly target: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  /** Part of the fingerprint, also where the values are withheld. */
  readonly buildSecretNames: readonly string[]
  /** By name; empty on pull requests unless they are asked for: a pull request's Dockerfile could send them anywhere. */
  readonly buildSecrets: Readonly<Record<string, string>>
  readonly platform: string | undefined
}

export type ServiceInputs = {
  readonly cluster: string
  readonly service: string
  readonly containerName: string | undefined
  readonly wait: boolean
  readonly timeoutMinutes: number
  readonly rollback: boolean
}

/** Events on which the step releases; on any other it plans, for an event that is not known must not write. */
const RELEASING_EVENTS = ['push', 'workflow_dispatch', 'schedule', 'release', 'workflow_call', 'repository_dispatch']

/**
 * Reads all inputs. An empty string is an absent input.
 * @throws DeployError with every problem there is, so that a user mends them in one go.
 */
export function readInputs(env: Environment): Inputs {
  refuseForeignCode(env)
  const reader = new InputReader(env)
  refuseUnavailable(reader)
  const inputs = collect(reader, env)
  throwProblems(reader.problems)
  return inputs
}

function collect(reader: InputReader, env: Environment): Inputs {
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd()
  const prefect = readPrefect(reader)
  const image = readImage(reader, env)
  return {
    name: reader.text('name') ?? 'default',
    dryRun: reader.boolean('dry-run', !RELEASING_EVENTS.includes(env.GITHUB_EVENT_NAME ?? '')),
    repository: env.GITHUB_REPOSITORY ?? '',
    workspace,
    projectDirectory: resolve(workspace, reader.text('working-directory') ?? '.'),
    temporaryDirectory: env.RUNNER_TEMP ?? join(workspace, '.prefect-ecs-deploy'),
    aws: readAws(reader, env),
    prefect,
    prefectFile: reader.text('prefect-file') ?? 'prefect.yaml',
    deployments: reader.list('deployments'),
    image,
    flows: {
      strict: reader.choice('flow-import', ['safe', 'strict']) === 'strict',
      always: reader.choice('read-flows', ['auto', 'always']) === 'always',
    },
    taskDefinition: reader.text('task-definition'),
    containerName: readContainerName(reader),
    service: readService(reader),
    environment: templateEnvironment(env),
    secrets: [
      ...secretsOf(prefect),
      ...Object.values(reader.pairs('build-secrets')),
      ...[env.ACTIONS_ID_TOKEN_REQUEST_TOKEN, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN].filter((value) => value !== undefined),
    ].filter((secret) => secret !== ''),
  }
}

function readAws(reader: InputReader, env: Environment): AwsInputs {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = env
  const region = reader.text('aws-region', 'AWS_REGION') ?? env.AWS_DEFAULT_REGION ?? ''
  if (!/^[a-z]{2,}(-[a-z]+)+-\d$/.test(region)) {
    reader.problem('aws-region', region === '' ? 'is missing' : `"${region}" is not an AWS region`, 'Set aws-region, for example eu-central-1.')
  }
  const roleToAssume = reader.text('role-to-assume')
  if (roleToAssume !== undefined && !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(roleToAssume)) {
    reader.problem('role-to-assume', `"${roleToAssume}" is not a role ARN`, 'Give the whole ARN, arn:aws:iam::<account>:role/<name>.')
  }
  return {
    region,
    roleToAssume,
    roleSessionName: reader.text('role-session-name') ?? sessionName(env),
    roleDurationSeconds: reader.number('role-duration-seconds', { default: 3600, min: 900, max: 43_200 }),
    audience: reader.text('audience'),
    allowedAccountIds: reader.list('allowed-account-ids'),
    oidc: requestUrl === undefined || requestToken === undefined ? undefined : { requestUrl, requestToken },
  }
}

/** RoleSessionName is the only audit handle of an OIDC session: 2–64 characters of `[\w+=,.@-]` (AWS STS reference). */
function sessionName(env: Environment): string {
  const name = `${env.GITHUB_RUN_ID ?? 'local'}-${env.GITHUB_REPOSITORY ?? 'prefect-ecs-deploy'}`
  return name.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
}

function readPrefect(reader: InputReader): PrefectInputs {
  const apiUrl = (reader.text('prefect-api-url', 'PREFECT_API_URL') ?? '').replace(/\/+$/, '')
  if (apiUrl === '') reader.problem('prefect-api-url', 'is missing', 'Set prefect-api-url or the variable PREFECT_API_URL.')
  else if (!/^https?:$/.test(URL.parse(apiUrl)?.protocol ?? '')) reader.problem('prefect-api-url', `"${apiUrl}" is not an http(s) URL`)
  return {
    apiUrl,
    apiKey: reader.text('prefect-api-key', 'PREFECT_API_KEY'),
    authString: reader.text('prefect-api-auth-string', 'PREFECT_API_AUTH_STRING'),
    headers: readHeaders(reader),
  }
}

function readHeaders(reader: InputReader): Readonly<Record<string, string>> {
  const text = reader.text('prefect-headers', 'PREFECT_CLIENT_CUSTOM_HEADERS')
  if (text === undefined) return {}
  try {
    const headers: unknown = JSON.parse(text)
    if (headers !== null && typeof headers === 'object' && Object.values(headers).every((value) => typeof value === 'string')) {
      return headers as Record<string, string>
    }
  } catch {
    // Said below, without the text: headers hold secrets.
  }
  reader.problem('prefect-headers', 'is not a JSON object of strings', 'For example {"CF-Access-Client-Id": "…"}.')
  return {}
}

function readImage(reader: InputReader, env: Environment): ImageInputs {
  const given = reader.text('image')
  const repository = reader.text('ecr-repository')
  if (repository === undefined && given === undefined) {
    reader.problem('ecr-repository', 'is missing, and so is "image"', 'Name the repository to push to, or an existing image to deploy.')
  }
  const cache = reader.text('cache') ?? 'auto'
  if (cache !== 'auto' && cache !== 'off') reader.unavailable('cache', `a registry reference ("${cache}")`)
  const secrets = reader.pairs('build-secrets')
  const withheld = !reader.boolean('pull-request-build-secrets', false) && (env.GITHUB_EVENT_NAME ?? '').startsWith('pull_request')
  return {
    given,
    repository,
    context: reader.text('context') ?? '.',
    dockerfile: reader.text('dockerfile') ?? 'Dockerfile',
    target: reader.text('target'),
    buildArgs: reader.pairs('build-args'),
    buildSecretNames: Object.keys(secrets),
    buildSecrets: withheld ? {} : secrets,
    platform: reader.text('platform'),
  }
}

function readContainerName(reader: InputReader): string | undefined {
  const name = reader.text('container-name')
  if (name !== undefined && reader.text('task-definition') === undefined) {
    reader.problem('container-name', 'is set without "task-definition"', 'Name the task definition, or remove it.')
  }
  return name
}

function readService(reader: InputReader): ServiceInputs | undefined {
  const service = reader.text('service')
  const containerName = reader.text('service-container-name')
  const options = {
    cluster: reader.text('cluster') ?? 'default',
    containerName,
    wait: reader.boolean('wait', true),
    timeoutMinutes: reader.number('timeout-minutes', { default: 15, min: 1, max: 360 }),
    rollback: reader.boolean('rollback', true),
  }
  if (service !== undefined) return { ...options, service }
  if (containerName !== undefined) reader.problem('service-container-name', 'is set without "service"', 'Name the service, or remove it.')
  return undefined
}

function secretsOf({ apiKey, authString, headers }: PrefectInputs): string[] {
  const basic = authString === undefined ? [] : [authString, authString.slice(authString.indexOf(':') + 1), Buffer.from(authString).toString('base64')]
  return [...(apiKey === undefined ? [] : [apiKey]), ...basic, ...Object.values(headers)]
}

function templateEnvironment(env: Environment): Record<string, string> {
  const own = /^(INPUT_|ACTIONS_|GITHUB_TOKEN$)/
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined || own.test(name) ? [] : [[name, value]])))
}
