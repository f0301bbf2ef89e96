import { throwProblems } from '../errors.ts'
import { planChange } from '../plan-value.ts'
import type { PlanChange, PlanValue } from '../plan-value.ts'
import type { Results } from '../planned.ts'
import type { LiveState, PrefectWorkspace } from '../prefect-ports.ts'
import type { DeploymentPlan } from './plan.ts'

export type Verification = {
  readonly workspace: PrefectWorkspace
  /** What was read for the plans. */
  readonly query: Parameters<PrefectWorkspace['read']>[0]
  /** What the release has made; values are shown with it. */
  readonly results: Results
  /** Plans the same deployments again, over what the server now holds. */
  readonly replan: (live: LiveState) => readonly DeploymentPlan[]
}

/**
 * Reads back what was written, in one bulk read, and compares once more: some servers answer a write well and leave
 * out a part of it. Asks nothing when nothing was written.
 * @throws DeployError `write-not-taken` that names deployments, fields, both values and the server's version.
 */
export async function verifyDeployments(
  plans: readonly DeploymentPlan[], { workspace, query, results, replan }: Verification,
): Promise<void> {
  const written = new Set(plans.filter(({ action }) => action !== 'unchanged').map(({ name }) => name))
  if (written.size === 0) return
  const left = replan(await workspace.read(query)).filter(({ name, action }) => written.has(name) && action !== 'unchanged')
  const version = workspace.version()
  const server = workspace.isCloud ? 'Prefect Cloud' : version === undefined ? 'the server' : `the server (Prefect ${version})`
  throwProblems(left.map(({ name, action, changes, location }) => ({
    code: 'write-not-taken',
    message: action === 'create'
      ? `Deployment ${name} was created and is not there, says ${server}`
      : `Deployment ${name} still differs after the write, ${server} did not take: `
        + changes.map((each) => describe(planChange(each, results))).join('; '),
    hint: 'The server may be too old for the field, or somebody changed it at the same time: '
      + 'run again, upgrade it, or leave the field to the UI with the input keep.',
    location,
  })))
}

function describe({ path, before, after }: PlanChange): string {
  return `${path} (wanted ${valueOf(after)}, has ${valueOf(before)})`
}

const LONGEST_VALUE = 120

function valueOf(value: PlanValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value).replaceAll('{"$sensitive":true}', 'a hidden value')
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
