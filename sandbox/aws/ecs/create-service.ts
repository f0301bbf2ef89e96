import type { CreateServiceRequest, CreateServiceResponse } from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import { resolveRevision } from './revision.ts'
import { serviceArn } from './references.ts'
import { startRollout } from './rollout.ts'
import { emptyService } from './service-creation.ts'
import { viewService } from './service-view.ts'
import { checkLaunchType, serviceGrant } from './services.ts'
import { findActiveRevision } from './task-definitions.ts'

/** A service from its first deployment on, which a release never makes; see {@link createService} for one that has long been stable. */
export const createServiceOperation: Operations = {
  CreateService: operation({
    grants: ({ cluster, serviceName = '' }: CreateServiceRequest, { world }) => [serviceGrant(world, 'CreateService', { cluster, service: serviceName })],
    async run(request: CreateServiceRequest, { world, principal }): Promise<CreateServiceResponse> {
      refuseUnsupported(request)
      const { cluster = 'default', serviceName: name = '', taskDefinition = '', desiredCount = 0, launchType = 'EC2', tags = [] } = request
      const { networkConfiguration, deploymentConfiguration } = request
      const network = networkConfiguration === undefined ? {} : { networkConfiguration }
      const empty = emptyService(world, { cluster, name, taskDefinition, desiredCount, launchType, ...network })
      const service = { ...empty, createdBy: principal.arn, tags, deploymentConfiguration: { ...empty.deploymentConfiguration, ...deploymentConfiguration } }
      if (world.services.has(serviceArn(world.account, cluster, name))) {
        throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.')
      }
      const registered = findActiveRevision(world, taskDefinition)
      checkLaunchType(service, registered.definition.compatibilities ?? [])
      checkNetwork(request, registered.definition.networkMode)
      const revision = await resolveRevision(world, service, registered)
      service.revisions.unshift(revision)
      startRollout({ world, service }, revision)
      world.services.set(service.serviceArn, service)
      return { service: { ...viewService({ world, service }), ...(tags.length > 0 && { tags }) } }
    },
  }),
}

const SUPPORTED: readonly string[] = [
  'cluster', 'serviceName', 'taskDefinition', 'desiredCount', 'launchType', 'networkConfiguration', 'deploymentConfiguration', 'tags',
] satisfies (keyof CreateServiceRequest)[]

function refuseUnsupported(request: CreateServiceRequest): void {
  const unsupported = Object.keys(request).filter((member) => !SUPPORTED.includes(member))
  if (unsupported.length > 0)
    throw new AwsError('UnsupportedFeatureException', `The simulator does not implement ${unsupported.join(', ')} of CreateService.`)
}

function checkNetwork({ networkConfiguration }: CreateServiceRequest, networkMode: string | undefined): void {
  if (networkMode === 'awsvpc' && networkConfiguration === undefined) {
    throw new AwsError('InvalidParameterException', "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  }
  if (networkMode !== 'awsvpc' && networkConfiguration !== undefined) {
    throw new AwsError('InvalidParameterException', 'Network Configuration is not valid for the given networkMode of this task definition.')
  }
}
