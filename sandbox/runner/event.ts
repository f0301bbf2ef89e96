/** What triggered the workflow: the event file, the variables and the OIDC claims that go with it. */
import { environment, repository } from '../scene.ts'

export type WorkflowEvent = {
  readonly name: string
  /** Content of the event file. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly ref: string
  /** Head and base branch, on pull requests. */
  readonly headRef?: string
  readonly baseRef?: string
  /** What `sub` says after the repository. */
  readonly subject: string
  /** Commit of the run. */
  readonly sha: string
}

const MAIN = 'refs/heads/main'
const SHA = '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567'
/** What was on main before, and what a pull request's branch is at. */
const BEFORE = '89abcdef0123456789abcdef0123456789abcdef'
const HEAD = 'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00'
const SLUG = `${repository.owner}/${repository.name}`
const REPOSITORY = { id: Number(repository.id), name: repository.name, full_name: SLUG, owner: { id: Number(repository.ownerId), login: repository.owner }, default_branch: 'main' }

/** A push to main, in a job with an environment; `before` is where main was. */
export function pushEvent(sha = SHA, before = BEFORE): WorkflowEvent {
  const payload = { ref: MAIN, before, after: sha, repository: REPOSITORY, head_commit: { id: sha, message: 'Change a flow' } }
  return { name: 'push', payload, ref: MAIN, subject: `environment:${environment}`, sha }
}

/** A tag that is pushed. */
export function tagEvent(tag: string, sha = SHA): WorkflowEvent {
  const ref = `refs/tags/${tag}`
  return { name: 'push', payload: { ref, after: sha, repository: REPOSITORY }, ref, subject: `ref:${ref}`, sha }
}

/** A workflow started by hand on main. */
export function dispatchEvent(inputs: Readonly<Record<string, string>> = {}, sha = SHA): WorkflowEvent {
  return { name: 'workflow_dispatch', payload: { ref: MAIN, inputs, repository: REPOSITORY }, ref: MAIN, subject: `environment:${environment}`, sha }
}

/** What the workflow's `schedule` starts on main. */
export function scheduleEvent(sha = SHA): WorkflowEvent {
  return { name: 'schedule', payload: { schedule: '17 4 * * *', repository: REPOSITORY }, ref: MAIN, subject: `environment:${environment}`, sha }
}

/** What another system starts on main by `POST /repos/{owner}/{repo}/dispatches`. */
export function repositoryDispatchEvent(action: string, clientPayload: Readonly<Record<string, string>>, sha = SHA): WorkflowEvent {
  const payload = { action, branch: 'main', client_payload: clientPayload, repository: REPOSITORY }
  return { name: 'repository_dispatch', payload, ref: MAIN, subject: `environment:${environment}`, sha }
}

export type PullRequest = {
  readonly number: number
  readonly fork?: boolean
  /** It is `pull_request_target`, which runs with the base repository's rights. */
  readonly target?: boolean
  /** Commit of the run: GitHub's test merge of head and base, which no branch has. */
  readonly sha?: string
  /** Newest commit of the pull request, and that of its base. */
  readonly head?: string
  readonly base?: string
}

export function pullRequestEvent({ number, fork = false, target = false, sha = SHA, head = HEAD, base = BEFORE }: PullRequest): WorkflowEvent {
  const from = fork ? { ...REPOSITORY, id: 3003, full_name: `stranger/${repository.name}`, owner: { id: 4004, login: 'stranger' }, fork: true } : REPOSITORY
  return {
    name: target ? 'pull_request_target' : 'pull_request',
    payload: {
      action: 'synchronize',
      number,
      repository: REPOSITORY,
      pull_request: { number, head: { ref: 'change', sha: head, repo: from }, base: { ref: 'main', sha: base, repo: REPOSITORY }, user: { login: from.owner.login } },
    },
    ref: target ? MAIN : `refs/pull/${number}/merge`,
    headRef: 'change',
    baseRef: 'main',
    subject: target ? 'ref:refs/heads/main' : 'pull_request',
    sha,
  }
}

/** The claims of GitHub's token for a job that this event started. */
export function claimsOf(event: WorkflowEvent): Record<string, string> {
  return {
    sub: `repo:${SLUG}:${event.subject}`,
    repository: SLUG,
    repository_id: repository.id,
    repository_owner: repository.owner,
    repository_owner_id: repository.ownerId,
    repository_visibility: 'private',
    ref: event.ref,
    ref_type: 'branch',
    sha: event.sha,
    event_name: event.name,
    workflow: 'Deploy',
    job_workflow_ref: `${SLUG}/.github/workflows/deploy.yml@${event.ref}`,
    run_id: '7007',
    run_attempt: '1',
    actor: repository.owner,
    runner_environment: 'github-hosted',
    ...(event.headRef !== undefined && { head_ref: event.headRef, base_ref: event.baseRef ?? '' }),
    ...(event.subject.startsWith('environment:') && { environment: event.subject.slice('environment:'.length) }),
  }
}
