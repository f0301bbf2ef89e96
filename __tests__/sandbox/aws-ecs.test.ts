import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { ContainerDefinition, CreateServiceRequest, RegisterTaskDefinitionRequest, ServiceDeployment } from '@aws-sdk/client-ecs'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListServiceDeploymentsCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  ContinueServiceDeploymentCommand,
  StopServiceDeploymentCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import type { TestAccount } from './aws-account.ts'
import type { ServiceRequest } from '../../sandbox/aws/ecs/service-creation.ts'
import { startAccount } from './aws-account.ts'

const ARN = 'arn:aws:ecs:eu-central-1:123456789012'
const CONTAINER = { name: 'prefect', image: 'prefecthq/prefect:3' }
const FARGATE = {
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
} satisfies Partial<RegisterTaskDefinitionRequest>
const EXECUTION_ROLE = 'arn:aws:iam::123456789012:role/exec'

let account: TestAccount
let ecs: ECSClient

beforeAll(async () => {
  account = await startAccount()
})

beforeEach(async () => {
  await account.control.reset()
  await account.control.createCluster('main')
  ecs = new ECSClient(await account.client())
})

afterAll(async () => {
  await account.stop()
})

async function register(request: Partial<RegisterTaskDefinitionRequest> = {}, container: Partial<ContainerDefinition> = {}) {
  const containerDefinitions = [{ ...CONTAINER, ...container }]
  const { taskDefinition, tags } = await ecs.send(
    new RegisterTaskDefinitionCommand({ family: 'flows', memory: '512', containerDefinitions, ...request }),
  )
  return { ...taskDefinition, arn: taskDefinition?.taskDefinitionArn ?? '', tags }
}

describe('a task definition', () => {
  it('gets the next revision of its family', async () => {
    await register()

    expect(await register()).toMatchObject({
      taskDefinitionArn: `${ARN}:task-definition/flows:2`,
      revision: 2,
      status: 'ACTIVE',
      registeredBy: 'arn:aws:iam::123456789012:user/user',
    })
  })

  it('is filled in as ECS does it', async () => {
    const { arn } = await register({ ...FARGATE, cpu: '1 vCPU', memory: '2 GB' }, { portMappings: [{ containerPort: 8080 }] })

    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }))

    expect(taskDefinition).toMatchObject({
      cpu: '1024',
      memory: '2048',
      volumes: [],
      placementConstraints: [],
      compatibilities: ['EC2', 'MANAGED_INSTANCES', 'FARGATE'],
      containerDefinitions: [
        {
          ...CONTAINER,
          cpu: 0,
          essential: true,
          environment: [],
          mountPoints: [],
          volumesFrom: [],
          portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
        },
      ],
    })
  })

  it('is filled in with what a health check and a file system are without a word', async () => {
    const { arn } = await register(
      { volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] },
      { healthCheck: { command: ['CMD', 'true'], timeout: 3 } },
    )

    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }))).taskDefinition).toMatchObject({
      networkMode: 'bridge',
      volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/' } }],
      containerDefinitions: [{ healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 3, retries: 3 } }],
    })
  })

  it('is found by family, by revision and by ARN', async () => {
    const { arn } = await register()
    await register()
    const find = async (taskDefinition: string) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition?.revision

    expect([await find('flows'), await find('flows:1'), await find(arn)]).toEqual([2, 1, 1])
  })

  it('is no longer the family once it is INACTIVE', async () => {
    await register()
    const { arn } = await register()

    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }))

    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'flows' }))).taskDefinition?.revision).toBe(1)
    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }))).taskDefinition).toMatchObject({
      status: 'INACTIVE',
      deregisteredAt: expect.any(Date),
    })
    expect((await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'flows' }))).taskDefinitionArns).toEqual([
      `${ARN}:task-definition/flows:1`,
    ])
  })

  it('is listed page by page', async () => {
    for (let count = 0; count < 3; count += 1) await register()
    const first = await ecs.send(new ListTaskDefinitionsCommand({ sort: 'DESC', maxResults: 2 }))
    const second = await ecs.send(new ListTaskDefinitionsCommand({ sort: 'DESC', maxResults: 2, nextToken: first.nextToken }))

    expect([first.taskDefinitionArns, second.taskDefinitionArns, second.nextToken]).toEqual([
      [`${ARN}:task-definition/flows:3`, `${ARN}:task-definition/flows:2`],
      [`${ARN}:task-definition/flows:1`],
      undefined,
    ])
  })

  it('shows its tags only when they are asked for', async () => {
    const { arn } = await register({ tags: [{ key: 'team', value: 'data' }] })

    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }))).tags).toBeUndefined()
    expect((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] }))).tags).toEqual([
      { key: 'team', value: 'data' },
    ])
  })

  it.each<[string, Partial<RegisterTaskDefinitionRequest>, Partial<ContainerDefinition>, string]>([
    ['without a container', { containerDefinitions: [] }, {}, 'Container list cannot be empty.'],
    ['without an image', {}, { image: '' }, 'Container.image should not be null or empty.'],
    ['without a name', {}, { name: '' }, 'Container.name should not be null or empty.'],
    ['of a family with a slash', { family: 'a/b' }, {}, 'Family contains invalid characters.'],
    ['without memory', { memory: undefined }, {}, "At least one of 'memory' or 'memoryReservation' must be specified."],
    ['with two containers of one name', { containerDefinitions: [CONTAINER, CONTAINER] }, {}, "'prefect' should be unique"],
    ['without an essential container', {}, { essential: false }, 'at least one essential container'],
    [
      'with a variable twice',
      {},
      {
        environment: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      "such as 'A'",
    ],
    [
      'with secrets and no execution role',
      {},
      { secrets: [{ name: 'A', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/a' }] },
      "'executionRoleArn'",
    ],
    ['with an unknown volume', {}, { mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }, "Unknown volume 'data'."],
    [
      'with another host port',
      { networkMode: 'host' },
      { portMappings: [{ containerPort: 80, hostPort: 81 }] },
      'host ports and container ports in port mappings must match',
    ],
    ['that depends on a stranger', {}, { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] }, "Container dependency 'init'"],
    ['with a role that is none', { taskRoleArn: 'arn:aws:iam::1:user/me' }, {}, 'Role is not valid'],
    ['for Fargate on a bridge', { ...FARGATE, networkMode: 'bridge' }, {}, 'Fargate only supports network mode ‘awsvpc’.'],
    ['for Fargate without cpu', { ...FARGATE, cpu: undefined }, {}, "Fargate requires that 'cpu' be defined at the task level."],
    [
      'for Fargate of a size that it does not have',
      { ...FARGATE, cpu: '512' },
      {},
      'No Fargate configuration exists for given values: 512 CPU, 512 memory.',
    ],
    ['for Fargate with a container that is too large', FARGATE, { memory: 1024 }, "must not exceed the task's '512'"],
    [
      'for Fargate that logs without an execution role',
      FARGATE,
      { logConfiguration: { logDriver: 'awslogs' } },
      'to support log driver awslogs',
    ],
    ['that is too large', {}, { environment: [{ name: 'A', value: 'x'.repeat(70_000) }] }, "Max allowed length is '65536' bytes."],
  ])('%s is refused', async (_what, request, container, message) => {
    await expect(register(request, container)).rejects.toMatchObject({ name: 'ClientException', message: expect.stringContaining(message) })
  })

  it('for Fargate with an image of ECR needs an execution role', async () => {
    const image = `${account.ecrHost}/flows:1`

    await expect(register(FARGATE, { image })).rejects.toMatchObject({ message: expect.stringContaining('to support ECR images') })
    await expect(register({ ...FARGATE, executionRoleArn: EXECUTION_ROLE }, { image })).resolves.toMatchObject({ revision: 1 })
  })

  it('needs permissions for tags and for each role', async () => {
    const registerOnly: PolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'ecs:RegisterTaskDefinition', Resource: '*' }],
    }
    ecs = new ECSClient(await account.client(registerOnly))

    await register()

    await expect(register({ tags: [{ key: 'a', value: 'b' }] })).rejects.toMatchObject({
      message: expect.stringContaining('ecs:TagResource'),
    })
    await expect(register({ executionRoleArn: EXECUTION_ROLE })).rejects.toMatchObject({
      message: expect.stringContaining(`iam:PassRole on resource: ${EXECUTION_ROLE}`),
    })
  })

  it('is refused when a member is misspelt, which AWS would ignore', async () => {
    const misspelt = { family: 'flows', containerDefinitions: [CONTAINER], memroy: '512' }
    ecs.middlewareStack.add(
      (next) => (args) => next({ ...args, request: Object.assign(args.request as object, { body: JSON.stringify(misspelt) }) }),
      { step: 'build' },
    )

    await expect(register()).rejects.toMatchObject({ name: 'SerializationException', message: expect.stringContaining("'memroy'") })
  })

  it('that does not exist cannot be described', async () => {
    await expect(ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'none' }))).rejects.toMatchObject({
      name: 'ClientException',
      message: 'Unable to describe task definition.',
    })
  })
})

describe('a service that is created', () => {
  const request = { cluster: 'main', serviceName: 'new', taskDefinition: 'flows', desiredCount: 1 }
  const create = (change: Partial<CreateServiceRequest> = {}) => ecs.send(new CreateServiceCommand({ ...request, ...change }))

  it('begins with a deployment, and is steady when that is complete', async () => {
    await register()
    const { service } = await create()
    await account.control.clock({ advance: 60 })
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['new'] }))

    expect(service).toMatchObject({ runningCount: 0, deployments: [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' }], createdBy: expect.stringContaining(':user/user') })
    expect(services).toMatchObject([{ runningCount: 1, deployments: [{ rolloutState: 'COMPLETED' }] }])
  })

  it('is there once', async () => {
    await register()
    await create()

    await expect(create()).rejects.toMatchObject({ name: 'InvalidParameterException', message: 'Creation of service was not idempotent.' })
  })

  it.each<[string, Partial<RegisterTaskDefinitionRequest>, Partial<CreateServiceRequest>, string]>([
    ['with awsvpc and no network', FARGATE, { launchType: 'FARGATE' }, 'InvalidParameterException'],
    ['with a network and another mode', {}, { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } }, 'InvalidParameterException'],
    ['for a launch type that the definition does not fit', {}, { launchType: 'FARGATE' }, 'ClientException'],
    ['in a cluster that is not there', {}, { cluster: 'other' }, 'ClusterNotFoundException'],
    ['with what is not simulated', {}, { schedulingStrategy: 'DAEMON' }, 'UnsupportedFeatureException'],
  ])('%s is refused', async (_, definition, change, name) => {
    await register(definition)

    await expect(create(change)).rejects.toMatchObject({ name })
  })
})

describe('a cluster', () => {
  it('is created, listed, and tells its settings only when it is asked to', async () => {
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: 'second' }))
    const [plain, full] = await Promise.all([
      ecs.send(new DescribeClustersCommand({ clusters: ['second'] })), ecs.send(new DescribeClustersCommand({ clusters: ['second'], include: ['SETTINGS'] })),
    ])

    expect((await ecs.send(new ListClustersCommand())).clusterArns).toEqual([`${ARN}:cluster/main`, `${ARN}:cluster/second`])
    expect([cluster, plain.clusters?.[0], full.clusters?.[0]].map((each) => each?.settings?.length)).toEqual([1, 0, 1])
  })

  it('is not created with what is not simulated', async () => {
    await expect(ecs.send(new CreateClusterCommand({ clusterName: 'x', tags: [{ key: 'a', value: 'b' }] }))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})

describe('a service', () => {
  const service = { cluster: 'main', service: 'worker' }

  beforeEach(async () => {
    await register(
      { family: 'worker' },
      { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'workers', 'awslogs-stream-prefix': 'w' } } },
    )
    await account.control.createService({
      cluster: 'main',
      name: 'worker',
      taskDefinition: 'worker',
      desiredCount: 1,
      launchType: 'EC2',
      circuitBreaker: { enable: true, rollback: true },
    })
    await account.control.clock({ speed: 0 })
  })

  async function roll(family = 'worker') {
    const { arn } = await register({ family })
    return ecs.send(new UpdateServiceCommand({ ...service, taskDefinition: arn }))
  }

  async function describeService() {
    return (await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['worker'] }))).services?.[0]
  }

  async function listRollouts() {
    return (await ecs.send(new ListServiceDeploymentsCommand(service))).serviceDeployments ?? []
  }

  async function newestRollout(): Promise<ServiceDeployment | undefined> {
    const serviceDeploymentArns = (await listRollouts()).slice(0, 1).map(({ serviceDeploymentArn = '' }) => serviceDeploymentArn)
    return (await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }))).serviceDeployments?.[0]
  }

  it('is stable when it is created', async () => {
    expect(await describeService()).toMatchObject({
      serviceArn: `${ARN}:service/main/worker`,
      status: 'ACTIVE',
      runningCount: 1,
      deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED', taskDefinition: `${ARN}:task-definition/worker:1` }],
    })
  })

  it('that does not exist is a failure of its own', async () => {
    const { services, failures } = await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: ['worker', 'other'] }))

    expect(services).toHaveLength(1)
    expect(failures).toEqual([{ arn: `${ARN}:service/main/other`, reason: 'MISSING' }])
  })

  it('of a cluster that does not exist is an error', async () => {
    await expect(ecs.send(new DescribeServicesCommand({ services: ['worker'] }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    })
    expect((await ecs.send(new DescribeClustersCommand({ clusters: ['main', 'none'] }))).failures).toEqual([
      { arn: `${ARN}:cluster/none`, reason: 'MISSING' },
    ])
  })

  it('rolls to another revision, which is listed a moment later', async () => {
    await roll()
    const before = await listRollouts()
    await account.control.clock({ advance: 0.5 })
    const during = await newestRollout()
    await account.control.clock({ advance: 2 })
    const after = await newestRollout()

    expect(before).toHaveLength(1)
    expect(during).toMatchObject({
      status: 'IN_PROGRESS',
      targetServiceRevision: { requestedTaskCount: 1, runningTaskCount: 0, pendingTaskCount: 1 },
    })
    expect(during?.serviceDeploymentArn).toMatch(/^arn:aws:ecs:eu-central-1:123456789012:service-deployment\/main\/worker\/[0-9a-f]{32}$/)
    expect(after).toMatchObject({
      status: 'SUCCESSFUL',
      targetServiceRevision: { runningTaskCount: 1 },
      deploymentCircuitBreaker: { status: 'MONITORING_COMPLETE', threshold: 3 },
    })
    expect(await describeService()).toMatchObject({
      taskDefinition: `${ARN}:task-definition/worker:2`,
      deployments: [{ rolloutState: 'COMPLETED' }],
    })
  })

  it('tells which revision it rolls to', async () => {
    await roll()
    await account.control.clock({ advance: 2 })
    const { targetServiceRevision } = (await newestRollout()) ?? {}

    const { serviceRevisions } = await ecs.send(
      new DescribeServiceRevisionsCommand({ serviceRevisionArns: [targetServiceRevision?.arn ?? ''] }),
    )

    expect(serviceRevisions).toMatchObject([
      { taskDefinition: `${ARN}:task-definition/worker:2`, containerImages: [{ containerName: 'prefect', image: CONTAINER.image }] },
    ])
  })

  it('is not rolled by an update that changes nothing', async () => {
    await ecs.send(new UpdateServiceCommand({ ...service, taskDefinition: 'worker:1' }))
    await account.control.clock({ advance: 2 })

    expect(await listRollouts()).toHaveLength(1)

    await ecs.send(new UpdateServiceCommand({ ...service, forceNewDeployment: true }))
    await account.control.clock({ advance: 2 })

    expect(await listRollouts()).toHaveLength(2)
  })

  it('cannot be given an INACTIVE revision, or none', async () => {
    const { arn } = await register({ family: 'worker' })
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }))

    await expect(ecs.send(new UpdateServiceCommand({ ...service, taskDefinition: arn }))).rejects.toMatchObject({
      message: 'TaskDefinition is inactive',
    })
    await expect(ecs.send(new UpdateServiceCommand({ ...service, taskDefinition: 'worker:99' }))).rejects.toMatchObject({
      message: 'TaskDefinition not found.',
    })
    await expect(ecs.send(new UpdateServiceCommand({ ...service, service: 'other' }))).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    })
  })

  it('is rolled back when its tasks crash, and says why', async () => {
    await account.control.fate('worker', 'crash')
    await ecs.send(new UpdateServiceCommand({ ...service, forceNewDeployment: true }))
    await account.control.clock({ advance: 60 })
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: 'main', serviceName: 'worker', desiredStatus: 'STOPPED' }))
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: taskArns }))
    const logs = new CloudWatchLogsClient(await account.client())
    const logStreamName = `w/prefect/${taskArns?.[0]?.split('/').at(-1) ?? ''}`

    expect(await newestRollout()).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      rollback: { reason: 'ECS deployment circuit breaker: tasks failed to start.' },
      deploymentCircuitBreaker: { status: 'TRIGGERED', failureCount: 3 },
    })
    expect(tasks?.map(({ stopCode, containers }) => [stopCode, containers?.[0]?.exitCode])).toEqual(
      [1, 2, 3].map(() => ['EssentialContainerExited', 1]),
    )
    expect((await logs.send(new GetLogEventsCommand({ logGroupName: 'workers', logStreamName, limit: 1 }))).events).toMatchObject([
      { message: "ModuleNotFoundError: No module named 'prefect_aws'" },
    ])
  })

  it('cannot start an image that ECR does not have', async () => {
    await account.control.createRepository({ name: 'flows' })
    const image = `${account.ecrHost}/flows:none`
    const { arn } = await register({ family: 'worker' }, { image })
    await ecs.send(new UpdateServiceCommand({ ...service, taskDefinition: arn }))
    await account.control.clock({ advance: 60 })

    expect(await newestRollout()).toMatchObject({ status: 'ROLLBACK_SUCCESSFUL' })
  })

  it('is put back by StopServiceDeployment', async () => {
    await account.control.fate('worker', 'stuck')
    await roll()
    await account.control.clock({ advance: 1 })
    const { currentServiceDeployment: serviceDeploymentArn } = (await describeService()) ?? {}

    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }))
    const requested = await newestRollout()
    await account.control.clock({ advance: 2 })

    expect(requested?.status).toBe('ROLLBACK_REQUESTED')
    expect((await newestRollout())?.status).toBe('ROLLBACK_SUCCESSFUL')
    expect(await describeService()).toMatchObject({ taskDefinition: `${ARN}:task-definition/worker:1`, runningCount: 1 })
    await expect(ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }))).rejects.toMatchObject({ name: 'ConflictException' })
  })

  it('goes on from a PAUSE hook by ContinueServiceDeployment, once', async () => {
    const strategy: NonNullable<ServiceRequest['strategy']> = { strategy: 'BLUE_GREEN', lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP'] }] }
    await account.control.createService({ cluster: 'main', name: 'green', taskDefinition: 'worker:1', desiredCount: 1, launchType: 'EC2', strategy })
    await ecs.send(new UpdateServiceCommand({ cluster: 'main', service: 'green', forceNewDeployment: true }))
    await account.control.clock({ advance: 10 })
    const { serviceDeployments: [{ serviceDeploymentArn = '' } = {}] = [] } =
      await ecs.send(new ListServiceDeploymentsCommand({ cluster: 'main', service: 'green' }))
    const describe = async () => (await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn] }))).serviceDeployments?.[0]
    const paused = await describe()
    const hookId = paused?.lifecycleHookDetails?.[0]?.hookId

    await expect(ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId: 'other' }))).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn: 'arn:none', hookId }))).rejects.toMatchObject({ name: 'ServiceDeploymentNotFoundException' })
    await ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId }))
    await account.control.clock({ advance: 10 })

    expect(paused).toMatchObject({ status: 'IN_PROGRESS', lifecycleStage: 'PRE_SCALE_UP', lifecycleHookDetails: [{ targetType: 'PAUSE', status: 'AWAITING_ACTION' }] })
    expect(await describe()).toMatchObject({ status: 'SUCCESSFUL', lifecycleHookDetails: [{ status: 'SUCCEEDED' }] })
    await expect(ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId }))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('replaces a task that is stopped', async () => {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'main', serviceName: 'worker' }))

    await ecs.send(new StopTaskCommand({ cluster: 'main', task: taskArns[0], reason: 'test' }))
    await account.control.clock({ advance: 2 })

    const { taskArns: after = [] } = await ecs.send(new ListTasksCommand({ cluster: 'main', serviceName: 'worker' }))

    expect(after).toHaveLength(1)
    expect(after).not.toEqual(taskArns)
  })
})

describe('a task', () => {
  const run = (request: object = {}) => ecs.send(new RunTaskCommand({ cluster: 'main', taskDefinition: 'flows', ...request }))

  it('runs from PROVISIONING to STOPPED', async () => {
    await register()
    await account.control.clock({ speed: 0 })
    const { tasks = [] } = await run({
      tags: [{ key: 'a', value: 'b' }],
      overrides: { containerOverrides: [{ name: 'prefect', command: ['true'] }] },
    })
    const states = [tasks[0]?.lastStatus]
    for (const advance of [0.3, 0.4, 0.2]) {
      await account.control.clock({ advance })
      states.push((await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: [tasks[0]?.taskArn ?? ''] }))).tasks?.[0]?.lastStatus)
    }

    expect(states).toEqual(['PROVISIONING', 'PENDING', 'RUNNING', 'STOPPED'])
  })

  it('is forgotten an hour after it stopped', async () => {
    await register()
    const { tasks = [] } = await run()
    const describeTasks = new DescribeTasksCommand({ cluster: 'main', tasks: [tasks[0]?.taskArn ?? ''], include: ['TAGS'] })
    await account.control.clock({ advance: 60 })

    expect((await ecs.send(describeTasks)).tasks).toMatchObject([{ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 0 }] }])

    await account.control.clock({ advance: 3600 })

    expect((await ecs.send(describeTasks)).failures).toEqual([{ arn: tasks[0]?.taskArn, reason: 'MISSING' }])
  })

  it.each<[string, object, string]>([
    [
      'with a launch type that its definition does not support',
      { launchType: 'FARGATE' },
      'Task definition does not support launch_type FARGATE.',
    ],
    [
      'with a network that it does not need',
      { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } },
      'Network Configuration is not valid',
    ],
    [
      'with overrides for a stranger',
      { overrides: { containerOverrides: [{ name: 'other' }] } },
      'Override for container named other is not a container in the TaskDefinition.',
    ],
    ['eleven times', { count: 11 }, 'Count must be between 1 and 10.'],
  ])('does not run %s', async (_what, request, message) => {
    await register()

    await expect(run(request)).rejects.toMatchObject({ name: 'InvalidParameterException', message: expect.stringContaining(message) })
  })

  it('on Fargate needs a network', async () => {
    await register(FARGATE)

    await expect(run({ launchType: 'FARGATE' })).rejects.toMatchObject({
      message: "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    })
  })

  it('that is not there cannot be stopped', async () => {
    await expect(ecs.send(new StopTaskCommand({ cluster: 'main', task: 'none' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    })
  })

  it('keeps the tags it is given', async () => {
    await register()
    const { tasks = [] } = await run({ tags: [{ key: 'a', value: '1' }] })
    const resourceArn = tasks[0]?.taskArn ?? ''

    await ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'b', value: '2' }] }))

    const { tasks: described } = await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: [resourceArn], include: ['TAGS'] }))

    expect(described?.[0]?.tags).toEqual([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ])
  })
})

describe('a fault', () => {
  const list = new ListTaskDefinitionsCommand({})

  it.each([
    ['throttle', { name: 'ThrottlingException', message: 'Rate exceeded' }],
    ['500', { name: 'InternalFailure' }],
    ['503', { name: 'ServiceUnavailableException' }],
    ['reset', { message: expect.stringContaining('socket hang up') }],
  ] as const)('of the kind %s happens as often as is asked for', async (kind, error) => {
    await account.control.fault({ service: 'ecs', operation: 'ListTaskDefinitions', times: 1, kind })

    await expect(ecs.send(list)).rejects.toMatchObject(error)
    await expect(ecs.send(list)).resolves.toMatchObject({ taskDefinitionArns: [] })
  })

  it('hangs until the client gives up', async () => {
    await account.control.fault({ service: 'ecs', operation: '*', times: 1, kind: 'hang' })

    await expect(ecs.send(list, { abortSignal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('can be an error of the operation, in its own words', async () => {
    const message = 'Too many concurrent attempts to create a new revision of the specified family.'
    await account.control.fault({
      service: 'ecs',
      operation: 'RegisterTaskDefinition',
      times: 1,
      kind: { code: 'ClientException', message, status: 400 },
    })

    await expect(register()).rejects.toMatchObject({ name: 'ClientException', message })
  })

  it('cannot be an error that the operation never answers', async () => {
    const fault = {
      service: 'ecs',
      operation: 'RegisterTaskDefinition',
      times: 1,
      kind: { code: 'ServiceNotFoundException', message: '', status: 400 },
    }

    await expect(account.control.fault(fault)).rejects.toThrow('ecs:RegisterTaskDefinition never answers ServiceNotFoundException')
  })
})

describe('the journal', () => {
  it('tells writes from reads, with what was sent and by whom', async () => {
    await account.control.clearJournal()
    await register()
    await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'flows' }))

    expect(await account.control.journal()).toMatchObject([
      {
        service: 'ecs',
        operation: 'RegisterTaskDefinition',
        write: true,
        status: 200,
        principal: 'arn:aws:iam::123456789012:user/user',
        request: { family: 'flows' },
      },
      { service: 'ecs', operation: 'DescribeTaskDefinition', write: false, status: 200, request: { taskDefinition: 'flows' } },
    ])
  })

  it('keeps the error codes', async () => {
    await expect(ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'none' }))).rejects.toThrow('Unable to describe')

    expect((await account.control.journal()).at(-1)).toMatchObject({ status: 400, errorCode: 'ClientException' })
  })
})
