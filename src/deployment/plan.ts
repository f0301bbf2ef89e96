import { fullName } from '../deployment-name.ts'
import type { Location } from '../errors.ts'
import type { Results } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import { planCreation } from './creation-plan.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import type { DeploymentChange } from './planned-writes.ts'
import { planUpdate } from './update-plan.ts'

/** What a release does to one deployment of the Prefect file. */
export type DeploymentPlan = DeploymentChange & {
  /** `flow/deployment` */
  readonly name: string
  readonly flowName: string
  readonly deploymentName: string
  readonly entrypoint: string
  /** Where the Prefect file defines it. */
  readonly location: Location
}

/**
 * What makes a deployment what it is to be. A deployment that is so already is not written at all: every write drops
 * the runs that are scheduled. Pure: with the same deployment read again after the writes, the plan is empty.
 * @param live the deployment of this flow and name, as the server has it.
 * @param results of this release so far; what is still unknown is a change.
 */
export function planDeployment(desired: DesiredDeployment, live: LiveDeployment | undefined, results: Results): DeploymentPlan {
  return {
    name: fullName(desired),
    flowName: desired.flowName,
    deploymentName: desired.name,
    entrypoint: desired.fields.entrypoint,
    location: desired.location,
    ...(live === undefined ? planCreation(desired, results) : planUpdate(desired, live, results)),
  }
}
