import { flowElsewhere } from '../deployment/code-elsewhere.ts'
import { locateCode } from '../deployment/code-location.ts'
import type { DeploymentConfig } from '../deployment/deployment-config.ts'
import { UNREAD_DIRECTORY, unreadFlow } from '../deployment/unread-flow.ts'
import type { Inputs } from '../inputs.ts'
import type { FlowsRequest, ReadFlow, ReleaseFlows } from './release-flows.ts'
import type { Omission } from '../release-plan.ts'

/** Why a plan leaves the flows in the image unread; undefined when they are read, as those of a release always are. */
export function whyUnread({ image, isOffline }: FlowsRequest, { dryRun, dryRunBuild }: Inputs): string | undefined {
  if (image.action !== 'build') return isOffline ? 'the image cannot be pulled without credentials' : undefined
  return dryRun && !dryRunBuild ? 'dry-run-build is false, so no image is built' : undefined
}

/**
 * The flows of a plan without an image.
 * @throws DeployError `step-unsupported` as when they are read.
 */
export function leaveUnread(request: FlowsRequest, { run }: Inputs, reason: string): ReleaseFlows {
  const flows = new Map(request.configs.map((config) => [config, flowOf(config, request, run.repository)]))
  return {
    of: (config) => flows.get(config) ?? unread(config, request),
    warnings: [],
    omissions: [unreadOmission(request.configs, reason, request.isOffline)],
  }
}

function flowOf(config: DeploymentConfig, request: FlowsRequest, repository: string): ReadFlow {
  const { live, sources, isOffline } = request
  const place = locateCode(config, { image: { workingDirectory: UNREAD_DIRECTORY }, repository, sources })
  if (place.kind !== 'elsewhere' || isOffline) return unread(config, request)
  return { flow: flowElsewhere(config, live.deployments, place.location), workingDirectory: UNREAD_DIRECTORY, isUnread: false }
}

/** One flow that is not read, besides others that are. */
export function unread(config: DeploymentConfig, { live }: FlowsRequest): ReadFlow {
  return { ...unreadFlow(config, live.deployments), isUnread: true }
}

/** What a reviewer does not see of these deployments. */
export function unreadOmission(configs: readonly DeploymentConfig[], reason: string, isOffline: boolean): Omission {
  const [first] = configs
  const isOne = configs.length === 1 && first !== undefined
  const whose = isOne ? `The flow of deployment "${first.name}"` : `The flows of ${configs.length} deployments`
  const live = isOffline ? '' : 'name and schema are those of the live deployment, of a new one '
  return { what: whose, reason: `${reason}; ${live}the name is the entrypoint's, parameters are not checked` }
}
