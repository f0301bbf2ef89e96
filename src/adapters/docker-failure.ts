import { DeployError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { missingStatement } from '../policy-statements.ts'
import type { ChildResult } from './child-process.ts'

/** What a failed `docker` command means; an engine that is not there is `docker-unavailable`, whatever the command. */
export function dockerFailure(code: ErrorCode, what: string, result: ChildResult): DeployError {
  if (NO_ENGINE.test(result.stderr)) return engineUnreachable(result)
  const hint = hintFor(result.stderr)
  return new DeployError(code, `${what}: ${lastLines(result.stderr)}`, { hint })
}

/** What a failed `docker pull` means; the engine words a platform that the image does not have as "not found" too. */
export function pullFailure(reference: string, result: ChildResult): DeployError {
  const what = `Pulling ${reference} failed`
  if (NO_SUCH_PLATFORM.test(result.stderr)) return platformMismatch(`${what}: ${lastLines(result.stderr)}`)
  return dockerFailure(saysNotFound(result) ? 'image-missing' : 'pull-failed', what, result)
}

export function platformMismatch(message: string): DeployError {
  return new DeployError('platform-mismatch', message, { hint: 'Build it for that platform, or change runtimePlatform in the task definition.' })
}

/** The build's failing step, its last lines and BuildKit's reason, in one message. */
export function buildFailure(result: ChildResult): DeployError {
  if (NO_ENGINE.test(result.stderr)) return engineUnreachable(result)
  const lines = result.stderr.split('\n')
  const reason = reasonIn(lines)
  const { step, said } = failedStep(lines)
  if (step === undefined) return new DeployError('build-failed', `The build failed: ${reason ?? lastLines(result.stderr)}`)
  const place = lines.find((line) => PLACE.test(line))
  const message = `The build failed at ${step}${place === undefined ? '' : ` (${place})`}: ${reason ?? ''}\n${said.join('\n')}`.trimEnd()
  return foreignPlatform(result.stderr) ?? new DeployError('build-failed', message, { hint: 'The build\'s output above has all of it.' })
}

/** A cache that could not be written, with BuildKit's reason. */
export function cacheFailure(reference: string, result: ChildResult): DeployError {
  return builderFailure(`Writing the build cache to ${reference} failed`, result)
}

/** An image that the builder itself could not push, with BuildKit's reason. */
export function attestedPushFailure(tag: string, result: ChildResult): DeployError {
  return builderFailure(`Pushing ${tag} with its provenance failed`, result)
}

function builderFailure(what: string, { stderr }: ChildResult): DeployError {
  return new DeployError('push-failed', `${what}: ${reasonIn(stderr.split('\n')) ?? lastLines(stderr)}`, { hint: hintFor(stderr) })
}

export function dockerMissing(cause: unknown): DeployError {
  return new DeployError('docker-unavailable', 'There is no program "docker" on this runner', {
    hint: 'Use a runner with Docker, as ubuntu-latest has it.',
    cause,
  })
}

export function buildxMissing({ stderr }: ChildResult): DeployError {
  return new DeployError('docker-unavailable', `Docker has no buildx on this runner: ${lastLines(stderr)}`, {
    hint: 'Install the buildx plugin, for example with docker/setup-buildx-action.',
  })
}

/** Whether a registry says that it does not have what was asked for. */
export function saysNotFound({ stderr }: ChildResult): boolean {
  return /manifest unknown|name unknown|NAME_UNKNOWN|MANIFEST_UNKNOWN|: not found/.test(stderr)
}

const NO_ENGINE = new RegExp([
  'Cannot connect to the Docker daemon', 'error during connect',
  'permission denied while trying to connect', 'failed to connect to the docker API',
].join('|'), 'i')
/** The engine's words, with its image stores old and new, for a platform that an image does not have. */
const NO_SUCH_PLATFORM = /no matching manifest|no match for platform|does not (?:match|provide) the specified platform/
/** Where BuildKit shows the Dockerfile, `Dockerfile:4`. */
const PLACE = /^\S+:\d+$/
const LAST_LINES = 12

function engineUnreachable({ stderr }: ChildResult): DeployError {
  return new DeployError('docker-unavailable', `The Docker engine does not answer: ${lastLines(stderr)}`, {
    hint: 'Use a runner with Docker, as ubuntu-latest has it, or point DOCKER_HOST at an engine.',
  })
}

function reasonIn(lines: readonly string[]): string | undefined {
  return /^ERROR: (?:failed to (?:solve|build): )*(.*)/.exec(lines.findLast((line) => line.startsWith('ERROR: ')) ?? '')?.[1]
}

/** BuildKit repeats the output of the step that failed between two rules, under ` > [stage 2/5] RUN …:`. */
function failedStep(lines: readonly string[]): { step: string | undefined; said: readonly string[] } {
  const at = lines.findLastIndex((line) => line.startsWith(' > ') && line.endsWith(':'))
  if (at === -1) return { step: undefined, said: [] }
  const rest = lines.slice(at + 1)
  const end = rest.findIndex((line) => line.startsWith('------'))
  const said = end === -1 ? [] : rest.slice(0, end)
  return { step: lines[at]?.slice(3, -1), said: said.map((line) => line.replace(/^\d+\.\d+ /, '')).slice(-LAST_LINES) }
}

function foreignPlatform(stderr: string): DeployError | undefined {
  if (!stderr.includes('exec format error')) return undefined
  return new DeployError('platform-mismatch', 'The build runs programs of a platform that this runner cannot run (exec format error)', {
    hint: 'Use a runner of that platform, for example ubuntu-24.04-arm, or docker/setup-qemu-action.',
  })
}

function hintFor(stderr: string): string | undefined {
  if (/no space left on device/i.test(stderr)) return 'Free disk space on the runner.'
  const [, action] = /not authorized to perform: (ecr:\w+)/.exec(stderr) ?? []
  if (action !== undefined) return missingStatement(action)
  const isRefused = /no basic auth|denied|unauthorized|authorization failed/i.test(stderr)
  return isRefused ? 'Check that the credentials may use that repository.' : undefined
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-LAST_LINES).join('\n')
}
