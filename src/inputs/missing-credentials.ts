import { lacksAws } from './aws.ts'
import type { AwsInputs } from './aws.ts'
import type { Environment } from './input-reader.ts'
import { lacksPrefect } from './prefect.ts'
import type { PrefectInputs } from './prefect.ts'
import type { RunContext } from './run-context.ts'

/** Credentials that a plan would need and that its run has not got. */
export type MissingCredentials = {
  readonly what: 'AWS' | 'Prefect'
  /** Why, in words that go after "because". */
  readonly reason: string
  /** What to add; undefined where GitHub gives none on purpose and nothing is to be mended. */
  readonly hint: string | undefined
}

export type CredentialInputs = {
  readonly aws: AwsInputs
  readonly prefect: PrefectInputs
  readonly dryRun: boolean
  readonly run: RunContext
}

/**
 * What the plan of a pull request has to do without; empty on every other event, where missing credentials are errors.
 * GitHub gives no OIDC token and no secrets to forks and to Dependabot ("Events that trigger workflows", pull_request).
 */
export function missingCredentials({ aws, prefect, dryRun, run }: CredentialInputs, env: Environment): MissingCredentials[] {
  if (run.event !== 'pull_request' || !dryRun) return []
  const withheld = withheldBecause(run, env)
  const missing = (what: MissingCredentials['what'], reason: string, hint: string): MissingCredentials =>
    withheld === undefined ? { what, reason, hint } : { what, reason: withheld, hint: undefined }
  return [
    ...(lacksAws(aws, env) ? [missing('AWS', ...awsWords(aws))] : []),
    ...(lacksPrefect(prefect, withheld === undefined) ? [missing('Prefect', ...prefectWords(prefect))] : []),
  ]
}

function withheldBecause({ pullRequest }: RunContext, { GITHUB_ACTOR: actor }: Environment): string | undefined {
  if (actor === 'dependabot[bot]') return 'pull requests by Dependabot get no credentials'
  return pullRequest?.isForeign === true ? 'pull requests from forks get no credentials' : undefined
}

function awsWords({ roleToAssume }: AwsInputs): [reason: string, hint: string] {
  return roleToAssume === undefined
    ? ['there is neither "role-to-assume" nor a variable with AWS credentials', 'Set role-to-assume, with "permissions: id-token: write" for the job.']
    : ['the job has no OIDC token to assume the role with', 'Add "permissions: id-token: write" to the job.']
}

function prefectWords({ apiUrl }: PrefectInputs): [reason: string, hint: string] {
  return apiUrl === ''
    ? ['there is no "prefect-api-url"', 'Set prefect-api-url, and the secret for prefect-api-key or prefect-api-auth-string.']
    : ['there is no API key for Prefect Cloud', 'Set prefect-api-key to a secret that pull requests of this repository can read.']
}
