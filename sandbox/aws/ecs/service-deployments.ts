import type {
  ContinueServiceDeploymentRequest,
  ContinueServiceDeploymentResponse,
  DescribeServiceDeploymentsRequest,
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsRequest,
  DescribeServiceRevisionsResponse,
  ListServiceDeploymentsRequest,
  ListServiceDeploymentsResponse,
  ServiceDeployment as EcsServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision as EcsServiceRevision,
  StopServiceDeploymentRequest,
  StopServiceDeploymentResponse,
} from '@aws-sdk/client-ecs'
import { AwsError } from '../error.ts'
import { omit } from '../omit.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Grant } from '../policy-document.ts'
import type { World } from '../world.ts'
import type { Place } from './deployment-tasks.ts'
import { page } from './page.ts'
import { breakerThreshold, STOPPED_BY_USER } from './circuit-breaker.ts'
import { failDeployment, isOver, rollBack, stop } from './rollout.ts'
import type { Service, ServiceDeployment, ServiceRevision } from './service.ts'
import { primaryOf } from './service.ts'
import { viewCounts } from './service-view.ts'
import { settleHook, viewStage } from './stages.ts'
import { findService, serviceGrant } from './services.ts'

export const serviceDeploymentOperations: Operations = {
  ListServiceDeployments: operation({
    grants: ({ cluster, service = '' }: ListServiceDeploymentsRequest, { world }) => [
      serviceGrant(world, 'ListServiceDeployments', { cluster, service }),
    ],
    run(request: ListServiceDeploymentsRequest, { world }): ListServiceDeploymentsResponse {
      const service = findService(world, request.cluster, request.service ?? '')
      const { status: statuses = [], createdAt: { after = new Date(0), before } = {} } = request
      const rollouts = service.rollouts.filter(
        ({ visible, status, createdAt }) =>
          visible &&
          (statuses.length === 0 || statuses.includes(status)) &&
          createdAt >= after &&
          (before === undefined || createdAt <= before),
      )
      const { items, nextToken } = page(
        rollouts.map((rollout) => brief(service, rollout)),
        request,
      )
      return { serviceDeployments: items, ...nextToken }
    },
  }),
  DescribeServiceDeployments: operation({
    grants: ({ serviceDeploymentArns = [] }: DescribeServiceDeploymentsRequest) =>
      grantsOf('DescribeServiceDeployments', serviceDeploymentArns),
    run({ serviceDeploymentArns = [] }: DescribeServiceDeploymentsRequest, { world }): DescribeServiceDeploymentsResponse {
      if (serviceDeploymentArns.length > 20)
        throw new AwsError('InvalidParameterException', 'serviceDeploymentArns cannot have more than 20 elements.')
      const found = serviceDeploymentArns.map((arn) => findRollout(world, arn)).filter((one) => one !== undefined)
      return {
        serviceDeployments: found.map(({ place, rollout }) => viewRollout(place, rollout)),
        failures: missing(serviceDeploymentArns, (arn) => findRollout(world, arn) !== undefined),
      }
    },
  }),
  DescribeServiceRevisions: operation({
    grants: ({ serviceRevisionArns = [] }: DescribeServiceRevisionsRequest) => grantsOf('DescribeServiceRevisions', serviceRevisionArns),
    run({ serviceRevisionArns = [] }: DescribeServiceRevisionsRequest, { world }): DescribeServiceRevisionsResponse {
      if (serviceRevisionArns.length > 20)
        throw new AwsError('InvalidParameterException', 'serviceRevisionArns cannot have more than 20 elements.')
      const revisions = [...world.services.values()].flatMap((service) =>
        service.revisions.map((revision) => viewRevision(service, revision)),
      )
      return {
        serviceRevisions: revisions.filter(({ serviceRevisionArn = '' }) => serviceRevisionArns.includes(serviceRevisionArn)),
        failures: missing(serviceRevisionArns, (arn) => revisions.some(({ serviceRevisionArn }) => serviceRevisionArn === arn)),
      }
    },
  }),
  StopServiceDeployment: operation({
    grants: ({ serviceDeploymentArn = '' }: StopServiceDeploymentRequest) => grantsOf('StopServiceDeployment', [serviceDeploymentArn]),
    run({ serviceDeploymentArn = '', stopType = 'ROLLBACK' }: StopServiceDeploymentRequest, { world }): StopServiceDeploymentResponse {
      const { place, rollout } = findRollout(world, serviceDeploymentArn) ?? {}
      if (place === undefined || rollout === undefined) {
        throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.')
      }
      if (rollout.status !== 'PENDING' && rollout.status !== 'IN_PROGRESS') {
        throw new AwsError('ConflictException', `Service deployment cannot be stopped: its status is ${rollout.status}.`)
      }
      if (stopType === 'ROLLBACK') rollBack(place, rollout, STOPPED_BY_USER)
      else abort(place, rollout)
      return { serviceDeploymentArn }
    },
  }),
  ContinueServiceDeployment: operation({
    grants: ({ serviceDeploymentArn = '' }: ContinueServiceDeploymentRequest) => grantsOf('ContinueServiceDeployment', [serviceDeploymentArn]),
    run({ serviceDeploymentArn = '', hookId, action = 'CONTINUE' }: ContinueServiceDeploymentRequest, { world }): ContinueServiceDeploymentResponse {
      const { place, rollout } = findRollout(world, serviceDeploymentArn) ?? {}
      if (place === undefined || rollout === undefined) {
        throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.')
      }
      if (rollout.hook?.hookId !== hookId || rollout.hook?.status !== 'AWAITING_ACTION') {
        throw new AwsError('InvalidParameterException', `Lifecycle hook ${hookId ?? ''} is not awaiting an action.`)
      }
      settleHook({ place, rollout, rollBack }, action)
      return { serviceDeploymentArn }
    },
  }),
}

/** Without a rollback: the service keeps what ran before, and starts nothing new. */
function abort(place: Place, rollout: ServiceDeployment): void {
  failDeployment(place, primaryOf(place.service), STOPPED_BY_USER)
  stop(place, rollout, STOPPED_BY_USER.state)
}

function findRollout(world: World, arn: string): { readonly place: Place; readonly rollout: ServiceDeployment } | undefined {
  for (const service of world.services.values()) {
    const rollout = service.rollouts.find((rollout) => rollout.arn === arn && rollout.visible)
    if (rollout !== undefined) return { place: { world, service }, rollout }
  }
  return undefined
}

function brief({ serviceArn, clusterArn }: Service, rollout: ServiceDeployment): ServiceDeploymentBrief {
  const { arn, createdAt, startedAt, finishedAt, status, statusReason, target } = rollout
  return {
    serviceDeploymentArn: arn,
    serviceArn,
    clusterArn,
    createdAt,
    startedAt,
    finishedAt,
    targetServiceRevisionArn: target.arn,
    status,
    statusReason,
  }
}

/** A service deployment as DescribeServiceDeployments answers it. */
export function viewRollout(place: Place, rollout: ServiceDeployment): EcsServiceDeployment {
  const { service } = place
  const { stoppedAt, updatedAt, source, target, rollback } = rollout
  const { enable = false } = service.deploymentConfiguration.deploymentCircuitBreaker ?? {}
  const tripped = rollout.failureCount >= breakerThreshold(service)
  return {
    ...omit(brief(service, rollout), 'targetServiceRevisionArn'),
    stoppedAt,
    updatedAt,
    sourceServiceRevisions: source.map((revision) => viewCounts(place, revision)),
    targetServiceRevision: viewCounts(place, target),
    deploymentConfiguration: service.deploymentConfiguration,
    ...viewStage(rollout),
    rollback,
    deploymentCircuitBreaker: {
      status: !enable ? 'DISABLED' : tripped ? 'TRIGGERED' : isOver(rollout) ? 'MONITORING_COMPLETE' : 'MONITORING',
      failureCount: rollout.failureCount,
      threshold: breakerThreshold(service),
    },
    alarms: { status: 'DISABLED', alarmNames: [], triggeredAlarmNames: [] },
  }
}

function viewRevision({ serviceArn, clusterArn, launchType }: Service, revision: ServiceRevision): EcsServiceRevision {
  const { arn, taskDefinitionArn, createdAt, images } = revision
  return {
    serviceRevisionArn: arn,
    serviceArn,
    clusterArn,
    taskDefinition: taskDefinitionArn,
    launchType,
    containerImages: [...images],
    guardDutyEnabled: false,
    createdAt,
  }
}

function grantsOf(operation: string, arns: readonly string[]): Grant[] {
  return arns.map((resource) => ({ action: `ecs:${operation}`, resource }))
}

function missing(arns: readonly string[], isThere: (arn: string) => boolean) {
  return arns.filter((arn) => !isThere(arn)).map((arn) => ({ arn, reason: 'MISSING' }))
}
