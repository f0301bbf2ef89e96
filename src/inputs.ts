import { join, resolve } from 'node:path'
import { readAwsInputs, requireAws } from './inputs/aws.ts'
import type { AwsInputs } from './inputs/aws.ts'
import { readDefinitionEdits, secretsOfEdits } from './inputs/task-definition.ts'
import { KEPT_FIELDS } from './deployment/desired-deployment.ts'
import type { KeptField } from './deployment/desired-deployment.ts'
import { parseKept } from './deployment/kept-fields.ts'
import type { Pin } from './deployment/job-image.ts'
import { throwProblems } from './errors.ts'
import { readImageInputs, requireImage } from './inputs/image.ts'
import type { ImageInputs } from './inputs/image.ts'
import { InputReader } from './inputs/input-reader.ts'
import type { Environment } from './inputs/input-reader.ts'
import { missingCredentials } from './inputs/missing-credentials.ts'
import type { MissingCredentials } from './inputs/missing-credentials.ts'
import { readPrefectInputs, requirePrefect, secretsOfPrefect } from './inputs/prefect.ts'
import type { PrefectInputs } from './inputs/prefect.ts'
import { readRecordInputs } from './inputs/records.ts'
import type { RecordInputs } from './inputs/records.ts'
import { refuseForeignCode, refuseUnavailable } from './inputs/refused-inputs.ts'
import { readRunContext } from './inputs/run-context.ts'
import type { RunContext } from './inputs/run-context.ts'
import type { DefinitionEdits } from './task-definition/edits.ts'

/** All that the step was asked to do, parsed and checked; nothing else reads inputs or the environment. */
export type Inputs = {
  readonly name: string
  readonly run: RunContext
  readonly dryRun: boolean
  /** Whether a plan builds an image that is not in ECR, to read its flows; a release builds it in any case. */
  readonly dryRunBuild: boolean
  /** Hash of the plan that was approved; with another one the run stops. */
  readonly expectPlanHash: string | undefined
  /** Whether the plan, and what came of it, is kept in a comment on the pull request. */
  readonly comment: boolean
  readonly github: GithubInputs
  /** Without these the plan is made offline: of what the checkout alone says. */
  readonly missing: readonly MissingCredentials[]
  /** Absolute path of the checkout; locations in messages are relative to it. */
  readonly workspace: string
  /** Absolute path that file inputs are relative to. */
  readonly projectDirectory: string
  readonly temporaryDirectory: string
  readonly aws: AwsInputs
  readonly prefect: PrefectInputs
  /** Paths and globs, relative to {@link projectDirectory}. */
  readonly prefectFiles: readonly string[]
  readonly deployments: readonly string[]
  /** File of a work pool's template, relative to {@link projectDirectory}. */
  readonly workPoolTemplate: string | undefined
  readonly pin: Pin
  /** What the UI owns: an update never writes it. */
  readonly keep: readonly KeptField[]
  readonly image: ImageInputs
  readonly records: RecordInputs
  readonly flows: { readonly strict: boolean; readonly always: boolean }
  /** Files, families, `family:revision` or ARNs, of as many families. */
  readonly taskDefinitions: readonly string[]
  readonly containerName: string | undefined
  /** Of `task-definition`, or without it of the service's own definition. */
  readonly definitionEdits: DefinitionEdits
  readonly service: ServiceInputs | undefined
  /** What `{{ $NAME }}` in the Prefect file may read: the job's variables without the runner's and the inputs' own. */
  readonly environment: Readonly<Record<string, string>>
  /** Everything in these inputs that must never be shown. */
  readonly secrets: readonly string[]
}

export type GithubInputs = {
  /** `https://api.github.com`, or that of a GitHub Enterprise server. */
  readonly apiUrl: string
  readonly token: string | undefined
  /** `owner/name` on GitHub; empty outside of it. */
  readonly repository: string
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
  const run = readRunContext(env)
  refuseForeignCode(run)
  const reader = new InputReader(env)
  refuseUnavailable(reader)
  const inputs = collect(reader, env, run)
  if (inputs.missing.length === 0) {
    requireAws(inputs.aws, reader)
    requirePrefect(inputs.prefect, reader)
    if (inputs.records.rollbackTo === undefined || inputs.records.place.kind !== 'bucket') requireImage(inputs.image, reader)
  } else if (inputs.records.rollbackTo !== undefined) {
    reader.problem('rollback-to', 'needs credentials for AWS and Prefect', 'Give them; what was recorded cannot be planned without.')
  }
  throwProblems(reader.problems)
  return inputs
}

function collect(reader: InputReader, env: Environment, run: RunContext): Inputs {
  const workspace = env.GITHUB_WORKSPACE ?? process.cwd()
  const dryRun = reader.boolean('dry-run', !RELEASING_EVENTS.includes(run.event))
  const prefect = readPrefectInputs(reader)
  const aws = readAwsInputs(reader, env)
  const github = readGithub(reader, env)
  const definitionEdits = readDefinitionEdits(reader)
  const image = readImageInputs(reader, run.event)
  return {
    name: reader.text('name') ?? 'default',
    run,
    dryRun,
    dryRunBuild: reader.boolean('dry-run-build', true),
    expectPlanHash: readPlanHash(reader),
    comment: reader.boolean('comment', run.pullRequest !== undefined || !dryRun),
    github,
    missing: missingCredentials({ aws, prefect, dryRun, run }, env),
    workspace,
    projectDirectory: resolve(workspace, reader.text('working-directory') ?? '.'),
    temporaryDirectory: env.RUNNER_TEMP ?? join(workspace, '.prefect-ecs-deploy'),
    aws,
    prefect,
    prefectFiles: readPrefectFiles(reader),
    deployments: reader.list('deployments'),
    workPoolTemplate: reader.text('work-pool-template'),
    pin: reader.choice('pin', ['deployment', 'pool']) === 'pool' ? 'pool' : 'deployment',
    keep: readKept(reader),
    image,
    records: readRecordInputs(reader, image),
    flows: {
      strict: reader.choice('flow-import', ['safe', 'strict']) === 'strict',
      always: reader.choice('read-flows', ['auto', 'always']) === 'always',
    },
    taskDefinitions: reader.list('task-definition'),
    containerName: readContainerName(reader),
    definitionEdits,
    service: readService(reader),
    environment: templateEnvironment(env),
    secrets: [
      ...secretsOfPrefect(prefect),
      ...Object.values(reader.pairs('build-secrets')),
      ...secretsOfEdits(definitionEdits),
      ...[github.token, env.ACTIONS_ID_TOKEN_REQUEST_TOKEN, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN].filter((value) => value !== undefined),
    ].filter((secret) => secret !== ''),
  }
}

function readPrefectFiles(reader: InputReader): readonly string[] {
  const given = reader.list('prefect-file')
  return given.length === 0 ? ['prefect.yaml'] : given
}

function readKept(reader: InputReader): readonly KeptField[] {
  const { kept, unknown } = parseKept(reader.list('keep'))
  for (const name of unknown) {
    const hint = name === 'paused' ? 'What is paused in the UI stays so unless the file says "paused: false".' : `Keep any of ${KEPT_FIELDS.join(', ')}.`
    reader.problem('keep', `names "${name}", which is no field that can be kept`, hint)
  }
  return kept
}

function readPlanHash(reader: InputReader): string | undefined {
  const hash = reader.text('expect-plan-hash')
  if (hash === undefined || /^[0-9a-f]{64}$/.test(hash)) return hash
  reader.problem('expect-plan-hash', `"${hash}" is not the hash of a plan`, 'Give the output plan-hash of the plan, 64 hexadecimal digits.')
  return undefined
}

function readGithub(reader: InputReader, env: Environment): GithubInputs {
  return { apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com', token: reader.text('github-token'), repository: env.GITHUB_REPOSITORY ?? '' }
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

function templateEnvironment(env: Environment): Record<string, string> {
  const own = /^(INPUT_|ACTIONS_|GITHUB_TOKEN$)/
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined || own.test(name) ? [] : [[name, value]])))
}
