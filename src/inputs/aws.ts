import type { Environment, InputReader } from './input-reader.ts'

export type AwsInputs = {
  /** Empty only for a plan without credentials. */
  readonly region: string
  readonly roleToAssume: string | undefined
  readonly roleSessionName: string
  readonly roleDurationSeconds: number
  readonly audience: string | undefined
  readonly allowedAccountIds: readonly string[]
  /** The runner's token route, present when the job has `id-token: write`. */
  readonly oidc: { readonly requestUrl: string; readonly requestToken: string } | undefined
}

export function readAwsInputs(reader: InputReader, env: Environment): AwsInputs {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken } = env
  const region = reader.text('aws-region', 'AWS_REGION') ?? env.AWS_DEFAULT_REGION ?? ''
  if (region !== '' && !/^[a-z]{2,}(-[a-z]+)+-\d$/.test(region)) {
    reader.problem('aws-region', `"${region}" is not an AWS region`, REGION_HINT)
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
    oidc: isSet(requestUrl) && isSet(requestToken) ? { requestUrl, requestToken } : undefined,
  }
}

/** Keeps a problem when there is no region, which only a plan without credentials can do without. */
export function requireAws({ region }: AwsInputs, reader: InputReader): void {
  if (region === '') reader.problem('aws-region', 'is missing', REGION_HINT)
}

const REGION_HINT = 'Set aws-region, for example eu-central-1.'

/**
 * Whether there is no way to AWS: a role needs the job's OIDC token, without a role the SDK looks for ambient
 * credentials. Those of a self-hosted machine (an instance profile, a shared file) show in no variable.
 */
export function lacksAws({ roleToAssume, oidc }: AwsInputs, env: Environment): boolean {
  if (roleToAssume !== undefined) return oidc === undefined
  return env.RUNNER_ENVIRONMENT !== 'self-hosted' && !AMBIENT.some((name) => isSet(env[name]))
}

/** Where the SDK's default chain begins (AWS SDKs and Tools reference, "Settings reference"). */
const AMBIENT = [
  'AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
]

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

/** RoleSessionName is the only audit handle of an OIDC session: 2–64 characters of `[\w+=,.@-]` (AWS STS reference). */
function sessionName(env: Environment): string {
  const name = `${env.GITHUB_RUN_ID ?? 'local'}-${env.GITHUB_REPOSITORY ?? 'prefect-ecs-deploy'}`
  return name.replace(/[^\w+=,.@-]/g, '-').slice(0, 64)
}
