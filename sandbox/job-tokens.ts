/** Each job's own OIDC token, which act does not know: it has neither permissions nor environments. */
import { parseDocument } from 'yaml'
import { idTokenEnvironment } from './github/oidc.ts'
import type { Oidc } from './github/oidc.ts'
import { claimsOf } from './runner/event.ts'
import type { WorkflowEvent } from './runner/event.ts'

type Permissions = string | Readonly<Record<string, string>>
type Job = { readonly permissions?: Permissions; readonly environment?: string | { readonly name: string } }
type Workflow = { readonly permissions?: Permissions; readonly jobs: Readonly<Record<string, Job>> }

/**
 * @returns the text of the workflow in which every job that has `id-token: write` knows the way to its token, whose
 * claims name the job's environment or the ref, as GitHub's do.
 */
export function withIdTokens(text: string, event: WorkflowEvent, oidc: Pick<Oidc, 'issuer' | 'secret'>): string {
  const document = parseDocument(text)
  const { permissions, jobs } = document.toJS() as Workflow
  for (const [id, job] of Object.entries(jobs)) {
    if (!mayHaveIdToken(job.permissions ?? permissions)) continue
    const variables = idTokenEnvironment(oidc, { claims: claimsOf({ ...event, subject: subjectOf(job, event) }) })
    for (const [name, value] of Object.entries(variables)) document.setIn(['jobs', id, 'env', name], value)
  }
  return document.toString({ lineWidth: 0 })
}

function mayHaveIdToken(permissions: Permissions | undefined): boolean {
  return typeof permissions === 'object' ? permissions['id-token'] === 'write' : permissions === 'write-all'
}

function subjectOf({ environment }: Job, { name, ref }: WorkflowEvent): string {
  const named = typeof environment === 'object' ? environment.name : environment
  if (named !== undefined) return `environment:${named}`
  return name === 'pull_request' ? name : `ref:${ref}`
}
