import { DeployError } from '../errors.ts'
import type { RecordedDeployment } from '../release-record.ts'
import { matcherOf } from './select.ts'

/**
 * The recorded deployments that the patterns name, as `selectDeployments` takes those of a file; the flow is its real name, too.
 * @throws DeployError `deployment-not-found` for a pattern that names none.
 */
export function selectRecorded(deployments: readonly RecordedDeployment[], patterns: readonly string[], record: string): readonly RecordedDeployment[] {
  const isNamed = (pattern: string) => {
    const matches = matcherOf(pattern)
    return ({ name, flowName, fields: { entrypoint } }: RecordedDeployment) => matches({ name, entrypoint }) || matches({ name, entrypoint: `:${flowName}` })
  }
  const missing = patterns.filter((pattern) => !deployments.some(isNamed(pattern)))
  if (missing.length > 0) {
    throw new DeployError('deployment-not-found', `The record ${record} has no deployment ${missing.map((pattern) => `"${pattern}"`).join(', ')}`, {
      hint: `It has ${deployments.map(({ flowName, name }) => `${flowName}/${name}`).join(', ') || 'none'}.`,
    })
  }
  return patterns.length === 0 ? deployments : deployments.filter((each) => patterns.some((pattern) => isNamed(pattern)(each)))
}
