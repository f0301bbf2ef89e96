import { describeLocation } from '../errors.ts'
import type { Problem } from '../errors.ts'
import type { DesiredDeployment } from './desired.ts'

/**
 * Deployments that would overwrite one before: the server knows one by the names of its flow and its own, and that two
 * entrypoints have a flow of the same name is seen only once they are read.
 */
export function repeatedDeployments(deployments: readonly DesiredDeployment[]): Problem[] {
  return deployments.flatMap(({ flowName, name, location }, index): Problem[] => {
    const first = deployments.slice(0, index).find((other) => other.flowName === flowName && other.name === name)
    if (first === undefined) return []
    const lines = `${describeLocation(first.location)} and ${describeLocation(location)}`
    return [{
      code: 'prefect-file-invalid',
      message: `the deployments at ${lines} would both be "${flowName}/${name}"`,
      hint: 'Give one of the two flows or deployments another name.',
      location,
    }]
  })
}
