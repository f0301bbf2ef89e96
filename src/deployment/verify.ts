import type { Problem } from '../errors.ts'
import { planChange } from '../plan-value.ts'
import type { PlanChange, PlanValue } from '../plan-value.ts'
import type { Results } from '../planned.ts'
import type { PrefectWorkspace } from '../prefect-ports.ts'
import type { DeploymentPlan } from './plan.ts'

export type Verification = {
  readonly workspace: Pick<PrefectWorkspace, 'isCloud' | 'version'>
  /** What the release has made; values are shown with it. */
  readonly results: Results
}

/**
 * What the server did not take of the deployments that were written: `write-not-taken`, with the fields, both values and
 * the server's version.
 * @param again the same deployments planned once more, over what the server now holds.
 */
export function deploymentsNotTaken(
  plans: readonly DeploymentPlan[], again: readonly DeploymentPlan[], { workspace, results }: Verification,
): Problem[] {
  const written = new Set(plans.filter(({ action }) => action !== 'unchanged').map(({ name }) => name))
  const left = again.filter(({ name, action }) => written.has(name) && action !== 'unchanged')
  const version = workspace.version()
  const server = workspace.isCloud ? 'Prefect Cloud' : version === undefined ? 'the server' : `the server (Prefect ${version})`
  return left.map(({ name, action, changes, location }) => ({
    code: 'write-not-taken',
    message: action === 'create'
      ? `Deployment ${name} was created and is not there, says ${server}`
      : `Deployment ${name} still differs after the write, ${server} did not take: `
        + changes.map((each) => describe(planChange(each, results))).join('; '),
    hint: 'The server may be too old for the field, or somebody changed it at the same time: '
      + 'run again, upgrade it, or leave the field to the UI with the input keep.',
    location,
  }))
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
