import { DeployError } from '../errors.ts'
import type { Location } from '../errors.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Flow } from '../flow.ts'
import { flowOfLive } from './pinned.ts'

/**
 * The flow of a deployment whose code is in another repository, or in a folder of S3 that is filled elsewhere, as the
 * server has it: nothing here can read it, so its schema stays.
 * @param location of the pull step that fetches the code.
 * @throws DeployError `step-unsupported` when it is not exactly one live deployment of this name and entrypoint.
 */
export function flowElsewhere(config: DeploymentConfig, live: readonly LiveDeployment[], location: Location): Flow {
  const { name, entrypoint } = config
  const [only, ...others] = live.filter((each) => each.name === name && each.fields.entrypoint === entrypoint)
  if (only !== undefined && others.length === 0) return flowOfLive(only)
  const found = only === undefined ? 'no deployment' : `${others.length + 1} deployments`
  const reason = `cannot be read here, and the server has ${found} of this name and entrypoint to take the flow from`
  throw new DeployError('step-unsupported', `deployment "${name}" pulls its code from elsewhere, whose flows ${reason}`, {
    hint: 'Release it from where the code is, fill the folder of S3 with push_to_s3 here, or copy the code into the image.', location,
  })
}
