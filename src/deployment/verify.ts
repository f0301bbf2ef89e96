import { throwProblems } from '../errors.ts'
import type { LiveState, PrefectWorkspace } from '../ports.ts'
import type { DeploymentPlan } from './plan.ts'

export type Verification = {
  readonly workspace: PrefectWorkspace
  /** What was read for the plans. */
  readonly query: Parameters<PrefectWorkspace['read']>[0]
  /** Plans the same deployments again, over what the server now holds. */
  readonly replan: (live: LiveState) => readonly DeploymentPlan[]
}

/**
 * Reads back what was written, in one bulk read, and compares once more: some servers answer a write well and leave
 * out a part of it. Asks nothing when nothing was written.
 * @throws DeployError `write-not-taken` that names deployments and fields.
 */
export async function verifyDeployments(plans: readonly DeploymentPlan[], { workspace, query, replan }: Verification): Promise<void> {
  const written = new Set(plans.filter(({ action }) => action !== 'unchanged').map(({ name }) => name))
  if (written.size === 0) return
  const left = replan(await workspace.read(query)).filter(({ name, action }) => written.has(name) && action !== 'unchanged')
  throwProblems(left.map(({ name, action, changes, location }) => ({
    code: 'write-not-taken',
    message: action === 'create'
      ? `Deployment ${name} was created and is not there`
      : `Deployment ${name} still differs after the write, the server did not take: ${changes.map(({ path }) => path).join(', ')}`,
    hint: 'The server may be too old for the field, or somebody changed it at the same time: run again, or set it in the user interface.',
    location,
  })))
}
