/** Every way a release can fail for a reason that its user can act on; each has its entry in docs/errors.md. */
export type ErrorCode =
  | 'invalid-input'
  | 'unsupported-input'
  | 'unsafe-event'
  | 'oidc-not-permitted'
  | 'oidc-failed'
  | 'role-not-assumable'
  | 'aws-credentials-missing'
  | 'aws-access-denied'
  | 'aws-request-failed'
  | 'account-not-allowed'
  | 'repository-missing'
  | 'image-missing'
  | 'tag-taken'
  | 'tag-not-written'
  | 'builder-unable'
  | 'platform-mismatch'
  | 'build-context-invalid'
  | 'build-failed'
  | 'push-failed'
  | 'pull-failed'
  | 'docker-unavailable'
  | 'entrypoint-missing'
  | 'flow-import-failed'
  | 'flow-read-failed'
  | 'task-definition-missing'
  | 'task-definition-invalid'
  | 'task-definition-ambiguous'
  | 'container-missing'
  | 'service-missing'
  | 'service-unsupported'
  | 'rollout-failed'
  | 'rollout-timeout'
  | 'rollout-paused'
  | 'rollout-superseded'
  | 'worker-offline'
  | 'prefect-file-missing'
  | 'prefect-file-syntax'
  | 'prefect-file-invalid'
  | 'deployment-unnamed'
  | 'deployment-not-found'
  | 'step-unsupported'
  | 'step-failed'
  | 'bucket-unusable'
  | 'work-pool-template-invalid'
  | 'reference-missing'
  | 'prefect-unauthorized'
  | 'prefect-unreachable'
  | 'prefect-request-failed'
  | 'work-pool-missing'
  | 'work-pool-unsupported'
  | 'parameters-invalid'
  | 'job-variables-invalid'
  | 'secret-mismatch'
  | 'container-ambiguous'
  | 'worker-would-refuse'
  | 'write-not-taken'
  | 'plan-changed'
  | 'older-commit'
  | 'record-missing'
  | 'record-invalid'
  | 'cancelled'

/** A place in a file of the user's repository; `file` is relative to the workspace, lines and columns count from 1. */
export type Location = { readonly file: string; readonly line?: number; readonly column?: number }

export type DeployErrorOptions = {
  readonly hint?: string | undefined
  readonly location?: Location | undefined
  readonly cause?: unknown
  readonly problems?: readonly Problem[]
  readonly mayBeDone?: boolean
}

/**
 * An error the user can act on: what happened and where (`message`), what to do (`hint`). Anything else that is
 * thrown is a bug of the action or of a library, and is reported as such.
 */
export class DeployError extends Error {
  override readonly name = 'DeployError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly location: Location | undefined
  /** When it is about several things at once, each of them; they are annotated where they are. */
  readonly problems: readonly Problem[]
  /** Whether what was asked for may have been done all the same: the answer speaks of the server, not of the request. */
  readonly mayBeDone: boolean

  constructor(code: ErrorCode, message: string, options: DeployErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.location = options.location
    this.problems = options.problems ?? []
    this.mayBeDone = options.mayBeDone ?? false
  }
}

/** One thing wrong among several that are looked for together. */
export type Problem = { readonly code: ErrorCode; readonly message: string; readonly hint?: string | undefined; readonly location?: Location | undefined }

/**
 * Throws one error for all problems, so that a user mends them in one go; does nothing when there are none.
 * The code, hint and location are those of the first problem.
 */
export function throwProblems(found: readonly (Problem | DeployError)[]): void {
  const problems = found.flatMap((problem) => ('problems' in problem && problem.problems.length > 0 ? problem.problems : [problem]))
  const [first, ...others] = problems
  if (first === undefined) return
  const messages = problems.map(({ message, location }) => (location === undefined ? message : `${describeLocation(location)}: ${message}`))
  const message = others.length === 0 ? first.message : `${problems.length} problems: ${messages.join('; ')}`
  throw new DeployError(first.code, message, { hint: first.hint, location: first.location, ...(others.length > 0 && { problems }) })
}

/** `file:line:column`, as far as known. */
export function describeLocation({ file, line, column }: Location): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

/** Whether the run was cancelled meanwhile, which is no failure of what was under way. */
export function isCancelled(error: unknown): boolean {
  return error instanceof DeployError && error.code === 'cancelled'
}

/** Whether the server may have made a write although it failed: its answer was lost, or is an error of the server's own. */
export function mayBeMade(error: unknown): boolean {
  return isCancelled(error) || (error instanceof DeployError && (error.code === 'prefect-unreachable' || error.mayBeDone))
}

/** What ended a release or a plan, as data: what happened, and each thing to do about it with the code that it is known by. */
export type Failure = { readonly message: string; readonly advice: readonly { readonly code: ErrorCode; readonly hint?: string | undefined }[] }

/** An error that is a bug has no advice. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof DeployError)) return { message: messageOf(error), advice: [] }
  const problems = error.problems.length > 0 ? error.problems : [error]
  const advice = new Map(problems.map(({ code, hint }) => [`${code} ${hint ?? ''}`, { code, hint }]))
  return { message: error.message, advice: [...advice.values()] }
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The words of an error with what to do about it, for one that does not end the release. */
export function adviceOf(error: unknown): string {
  const hint = error instanceof DeployError ? error.hint : undefined
  return hint === undefined ? messageOf(error) : `${messageOf(error)}. ${hint}`
}

/** What a plan warns of; each has its entry in docs/warnings.md. */
export type WarningCode =
  | 'flow-loaded-safely'
  | 'image-ignored'
  | 'pull-step-on-runner'
  | 'limit-shared'
  | 'step-skipped'
  | 'unsupported-key'
  | 'placeholder-unresolved'
  | 'schedules-removed'
  | 'triggers-removed'
  | 'automation-unlisted'
  | 'reference-unverifiable'
  | 'deployment-renamed'
  | 'pause-overridden'
  | 'deployment-incomplete'
  | 'secret-variable-unused'
  | 'job-variable-unknown'
  | 'job-variable-ignored'
  | 'size-overridden'
  | 'fargate-size'
  | 'image-unpinned'
  | 'image-foreign'
  | 'secret-in-environment'
  | 'interval-unanchored'
  | 'schedule-without-timezone'
  | 'schedule-without-slug'
  | 'pool-without-worker'
  | 'pool-paused'
  | 'pool-shared'
  | 'names-differ-in-case'
  | 'platform-differs'
  | 'credentials-missing'
  | 'value-not-recorded'
  | 'code-not-recorded'
  | 'live-not-recorded'
  | 'older-commit'
  | 'record-not-written'
  | 'lifecycle-not-set'

/** Something that does not stop a release but that a reviewer should know: what, where, what to do. */
export type Warning = { readonly code: WarningCode; readonly message: string; readonly hint: string; readonly location?: Location }
