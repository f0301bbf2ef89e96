import type { Warning } from '../errors.ts'
import { describeLocation } from '../errors.ts'
import type { DesiredDeployment } from './desired-deployment.ts'

/** Deployments of one flow whose names differ in upper and lower case only: to Prefect two, to people one. */
export function nameTraps(deployments: readonly DesiredDeployment[]): Warning[] {
  const first = new Map<string, DesiredDeployment>()
  return deployments.flatMap((deployment): Warning[] => {
    const key = JSON.stringify([deployment.flowName, deployment.name.toLowerCase()])
    const other = first.get(key)
    if (other === undefined) first.set(key, deployment)
    if (other === undefined || other.name === deployment.name) return []
    return [{
      code: 'names-differ-in-case',
      message: `deployments "${other.name}" and "${deployment.name}" of flow "${deployment.flowName}" differ only in case`,
      hint: `Rename one of them, or delete one: the other is at ${describeLocation(other.location)}.`,
      location: deployment.location,
    }]
  })
}
