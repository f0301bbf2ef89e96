import { afterEach, describe, expect, it } from '@jest/globals'
import { awsError, startWire } from '../../__fixtures__/aws-wire.ts'
import type { Wire, WireAnswer, WireRequest } from '../../__fixtures__/aws-wire.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { aTaskDefinition, revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { createEcs } from '../../src/adapters/ecs.ts'

const REFERENCE = { cluster: 'main', service: 'worker' }
const SERVICE_ARN = 'arn:aws:ecs:eu-central-1:123456789012:service/main/worker'
const TASK_ARN = 'arn:aws:ecs:eu-central-1:123456789012:task/main/0123'

const endpoint = process.env.AWS_ENDPOINT_URL
let wire: Wire | undefined

afterEach(async () => {
  if (endpoint === undefined) Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL')
  else process.env.AWS_ENDPOINT_URL = endpoint
  await wire?.close()
  wire = undefined
})

type Answering = (request: WireRequest) => WireAnswer
type Answers = Readonly<Record<string, WireAnswer['body'] | Answering>>

function isAnswering(answer: Answers[string]): answer is Answering {
  return typeof answer === 'function'
}

/** Answers by operation; an object is the body of a 200. */
async function arrange(answers: Answers) {
  const started: Wire = await startWire((request): WireAnswer | undefined => {
    const answer = answers[request.operation]
    if (answer === undefined) return undefined
    return isAnswering(answer) ? answer(request) : { body: answer }
  })
  wire = started
  process.env.AWS_ENDPOINT_URL = started.url
  const credentials = () => Promise.resolve({ accessKeyId: 'ASIA1', secretAccessKey: 'x', sessionToken: 'y' })
  const log = createFakeLog()
  return { wire: started, log, ...createEcs({ region: 'eu-central-1', credentials, log }) }
}

describe('task definitions in ECS', () => {
  it('are described with their tags and without what cannot be registered', async () => {
    const described = {
      ...aTaskDefinition(),
      taskDefinitionArn: revisionArn('flows', 3),
      revision: 3,
      status: 'ACTIVE',
      registeredAt: 1_780_000_000.5,
      registeredBy: 'me',
      compatibilities: ['EC2', 'FARGATE'],
      requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
      volumes: [],
      placementConstraints: [],
    }
    const tags = [
      { key: 'team', value: 'data' },
      { key: 'aws:cloudformation:stack-name', value: 's' },
    ]
    const { taskDefinitions, wire } = await arrange({ DescribeTaskDefinition: { taskDefinition: described, tags } })

    await expect(taskDefinitions.describe('flows')).resolves.toEqual({
      arn: revisionArn('flows', 3),
      active: true,
      definition: { ...aTaskDefinition(), volumes: [], placementConstraints: [], tags: [{ key: 'team', value: 'data' }] },
    })
    expect(wire.requests[0]?.body).toEqual({ taskDefinition: 'flows', include: ['TAGS'] })
  })

  it('have no tags when only AWS has set some', async () => {
    const { taskDefinitions } = await arrange({
      DescribeTaskDefinition: {
        taskDefinition: { ...aTaskDefinition(), status: 'INACTIVE', taskDefinitionArn: 'a' },
        tags: [{ key: 'aws:x', value: 's' }],
      },
    })

    await expect(taskDefinitions.describe('flows:1')).resolves.toEqual({ arn: 'a', active: false, definition: aTaskDefinition() })
  })

  it('are undefined when there are none', async () => {
    const { taskDefinitions } = await arrange({
      DescribeTaskDefinition: () => awsError('ClientException', 'Unable to describe task definition.'),
    })

    await expect(taskDefinitions.describe('flows')).resolves.toBeUndefined()
  })

  it('are registered as the user wrote them, empty texts and lists included', async () => {
    const definition = aTaskDefinition({
      volumes: [],
      pidMode: null,
      containerDefinitions: [
        { name: 'prefect', image: 'x', command: ['sh', '-c', ''], environment: [{ name: 'EMPTY', value: '' }], dockerLabels: { a: '' } },
      ],
    })
    const { taskDefinitions, wire } = await arrange({
      RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: revisionArn('flows', 4) } },
    })

    await expect(taskDefinitions.register(definition)).resolves.toBe(revisionArn('flows', 4))
    expect(wire.requests[0]?.body).toEqual(aTaskDefinition({ volumes: [], containerDefinitions: definition.containerDefinitions }))
  })

  it('keep what AWS says when it does not take one', async () => {
    const { taskDefinitions, wire } = await arrange({
      RegisterTaskDefinition: () =>
        awsError('ClientException', 'Too many concurrent attempts to create a new revision of the specified family.'),
    })

    await expect(taskDefinitions.register(aTaskDefinition())).rejects.toThrow(
      expect.objectContaining({
        code: 'aws-request-failed',
        cause: expect.objectContaining({ name: 'ClientException', message: expect.stringContaining('Too many concurrent attempts') }),
      }),
    )
    expect(wire.requests).toHaveLength(1)
  })

  it('name the missing permission', async () => {
    const denied =
      'User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: ' +
      'ecs:RegisterTaskDefinition on resource: arn:aws:ecs:eu-central-1:123456789012:task-definition/flows:*'
    const { taskDefinitions } = await arrange({ RegisterTaskDefinition: () => awsError('AccessDeniedException', denied) })

    await expect(taskDefinitions.register(aTaskDefinition())).rejects.toThrow(
      expect.objectContaining({
        code: 'aws-access-denied',
        message: expect.stringContaining('ecs:RegisterTaskDefinition'),
      }),
    )
  })

  it("are checked against the API's model, maps of the user's own keys excepted", async () => {
    const { taskDefinitions } = await arrange({})
    const definition = aTaskDefinition({
      containerDefinitions: [
        {
          name: 'prefect',
          image: 'x',
          Cpu: 1,
          dockerLabels: { 'my.own.label': 'x' },
          logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g' }, secretOption: [] },
          repositoryCredentials: null,
        },
      ],
      enableFaultInjection: 'no',
    })

    expect(taskDefinitions.check(definition)).toEqual([
      {
        path: ['containerDefinitions', 0, 'Cpu'],
        message: '"containerDefinitions.0.Cpu" is not a field of a task definition; did you mean "cpu"?',
      },
      {
        path: ['containerDefinitions', 0, 'logConfiguration', 'secretOption'],
        message:
          '"containerDefinitions.0.logConfiguration.secretOption" is not a field of a task definition; did you mean "secretOptions"?',
      },
      { path: ['enableFaultInjection'], message: '"enableFaultInjection" must be true or false' },
    ])
  })
})

describe('a service in ECS', () => {
  const service = {
    serviceArn: SERVICE_ARN,
    status: 'ACTIVE',
    desiredCount: 2,
    runningCount: 1,
    pendingCount: 1,
    taskDefinition: revisionArn('worker', 5),
    events: [{ id: 'e1', createdAt: 1_780_000_000, message: 'has reached a steady state' }],
    deployments: [
      { id: 'ecs-svc/1', status: 'ACTIVE', taskDefinition: revisionArn('worker', 4), createdAt: 1_770_000_000, rolloutState: 'COMPLETED' },
      {
        id: 'ecs-svc/2',
        status: 'PRIMARY',
        taskDefinition: revisionArn('worker', 5),
        createdAt: 1_780_000_000,
        rolloutState: 'IN_PROGRESS',
        rolloutStateReason: 'in progress',
        failedTasks: 1,
      },
    ],
  }

  it('is described with its deployments, newest first', async () => {
    const { services, wire } = await arrange({ DescribeServices: { services: [service], failures: [] } })

    await expect(services.describe(REFERENCE)).resolves.toEqual({
      arn: SERVICE_ARN,
      status: 'ACTIVE',
      controller: 'ECS',
      strategy: 'ROLLING',
      taskDefinitionArn: revisionArn('worker', 5),
      desiredCount: 2,
      runningCount: 1,
      pendingCount: 1,
      events: [{ id: 'e1', at: new Date(1_780_000_000_000), message: 'has reached a steady state' }],
      deployments: [
        {
          id: 'ecs-svc/2',
          taskDefinitionArn: revisionArn('worker', 5),
          primary: true,
          rolloutState: 'IN_PROGRESS',
          reason: 'in progress',
          failedTasks: 1,
        },
        {
          id: 'ecs-svc/1',
          taskDefinitionArn: revisionArn('worker', 4),
          primary: false,
          rolloutState: 'COMPLETED',
          reason: '',
          failedTasks: 0,
        },
      ],
    })
    expect(wire.requests[0]?.body).toEqual({ cluster: 'main', services: ['worker'] })
  })

  it('says which controller deploys it', async () => {
    const { services } = await arrange({ DescribeServices: { services: [{ ...service, deploymentController: { type: 'EXTERNAL' } }] } })

    await expect(services.describe(REFERENCE)).resolves.toMatchObject({ controller: 'EXTERNAL' })
  })

  it.each<[string, Answers]>([
    ['the service', { DescribeServices: { services: [], failures: [{ arn: SERVICE_ARN, reason: 'MISSING' }] } }],
    ['the cluster', { DescribeServices: () => awsError('ClusterNotFoundException', 'Cluster not found.') }],
  ])('is undefined when %s is missing', async (_, answers) => {
    const { services } = await arrange(answers)

    await expect(services.describe(REFERENCE)).resolves.toBeUndefined()
  })

  it('is updated with its revision and nothing else', async () => {
    const { services, wire } = await arrange({ UpdateService: { service } })

    await services.update(REFERENCE, revisionArn('worker', 5))

    expect(wire.requests[0]?.body).toEqual({ cluster: 'main', service: 'worker', taskDefinition: revisionArn('worker', 5) })
  })

  it('keeps what AWS says when it cannot be updated', async () => {
    const { services } = await arrange({ UpdateService: () => awsError('ServiceNotActiveException', 'Service was not ACTIVE.') })

    await expect(services.update(REFERENCE, 'x')).rejects.toThrow(
      expect.objectContaining({
        code: 'aws-request-failed',
        message: expect.stringContaining('Service was not ACTIVE'),
      }),
    )
  })
})

describe('service deployments in ECS', () => {
  const arn = (number: number) => `arn:aws:ecs:eu-central-1:123456789012:service-deployment/main/worker/${number}`
  const revision = (number: number) => `arn:aws:ecs:eu-central-1:123456789012:service-revision/main/worker/${number}`
  const describeAll = ({ body }: WireRequest): WireAnswer => ({
    body: {
      serviceDeployments: (body.serviceDeploymentArns as string[]).map((serviceDeploymentArn) => {
        const number = Number(serviceDeploymentArn.split('/').at(-1))
        return {
          serviceDeploymentArn,
          createdAt: 1_780_000_000 + number,
          status: number === 1 ? 'ROLLBACK_SUCCESSFUL' : 'IN_PROGRESS',
          statusReason: 'why',
          targetServiceRevision: { arn: revision(number % 3), requestedTaskCount: 2, runningTaskCount: 1, pendingTaskCount: 1 },
          ...(number === 1 && {
            rollback: { reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.' },
          }),
        }
      }),
    },
  })
  const revisions = ({ body }: WireRequest): WireAnswer => ({
    body: {
      serviceRevisions: (body.serviceRevisionArns as string[]).map((serviceRevisionArn) => ({
        serviceRevisionArn,
        taskDefinition: revisionArn('worker', Number(serviceRevisionArn.at(-1))),
      })),
    },
  })
  const listed = (...numbers: number[]) => ({ serviceDeployments: numbers.map((number) => ({ serviceDeploymentArn: arn(number) })) })
  const since = new Date(1_780_000_000_000)

  it('are rollouts to the task definition of their target revision, newest first', async () => {
    const { services, wire } = await arrange({
      ListServiceDeployments: listed(1, 2),
      DescribeServiceDeployments: describeAll,
      DescribeServiceRevisions: revisions,
    })

    await expect(services.rollouts(REFERENCE, since)).resolves.toEqual([
      {
        arn: arn(2),
        status: 'IN_PROGRESS',
        reason: 'why',
        taskDefinitionArn: revisionArn('worker', 2),
        createdAt: new Date(1_780_000_002_000),
        requested: 2,
        running: 1,
        pending: 1,
        stage: '',
        pause: undefined,
      },
      {
        arn: arn(1),
        status: 'ROLLBACK_SUCCESSFUL',
        reason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
        taskDefinitionArn: revisionArn('worker', 1),
        createdAt: new Date(1_780_000_001_000),
        requested: 2,
        running: 1,
        pending: 1,
        stage: '',
        pause: undefined,
      },
    ])
    expect(wire.requests[0]?.body).toEqual({ cluster: 'main', service: 'worker', createdAt: { after: 1_780_000_000 } })
  })

  it('are read in pages and in batches of twenty, each revision once', async () => {
    const pages = ({ body }: WireRequest): WireAnswer => ({
      body:
        body.nextToken === 'more'
          ? listed(24, 25)
          : { ...listed(...Array.from({ length: 23 }, (_, index) => index + 1)), nextToken: 'more' },
    })
    const { services, wire } = await arrange({
      ListServiceDeployments: pages,
      DescribeServiceDeployments: describeAll,
      DescribeServiceRevisions: revisions,
    })

    await expect(services.rollouts(REFERENCE, since)).resolves.toHaveLength(25)
    await services.rollouts(REFERENCE, since)

    expect(wire.of('DescribeServiceDeployments').map(({ body }) => (body.serviceDeploymentArns as string[]).length)).toEqual([20, 5, 20, 5])
    expect(wire.of('DescribeServiceRevisions').map(({ body }) => body.serviceRevisionArns)).toEqual([
      [revision(1), revision(2), revision(0)],
    ])
  })

  it('are none when none is listed, without further requests', async () => {
    const { services, wire } = await arrange({ ListServiceDeployments: listed() })

    await expect(services.rollouts(REFERENCE, since)).resolves.toEqual([])
    expect(wire.requests).toHaveLength(1)
  })

  it.each(['ListServiceDeployments', 'DescribeServiceDeployments', 'DescribeServiceRevisions'])(
    'are undefined when %s is not permitted, which is said once',
    async (operation) => {
      const { services, log } = await arrange({
        ListServiceDeployments: listed(1),
        DescribeServiceDeployments: describeAll,
        DescribeServiceRevisions: revisions,
        [operation]: () => awsError('AccessDeniedException', `User: u is not authorized to perform: ecs:${operation} on resource: r`),
      })

      await expect(services.rollouts(REFERENCE, since)).resolves.toBeUndefined()
      await expect(services.rollouts(REFERENCE, since)).resolves.toBeUndefined()
      expect(log.lines).toEqual([expect.stringMatching(`^notice: The service deployments of worker cannot be read.* do ecs:${operation} on r.* EcsService`)])
    },
  )

  const hook = (targetType: string, status: string, hookId: string) => ({ hookId, targetType, status, expiresAt: 1_780_000_900, timeoutAction: 'ROLLBACK' })

  it.each([
    ['a hook that awaits a word', [hook('PAUSE', 'SUCCEEDED', 'b'), hook('PAUSE', 'AWAITING_ACTION', 'c')], { hookId: 'c', expiresAt: new Date(1_780_000_900_000), timeoutAction: 'ROLLBACK' }],
    ['no hook that goes on by itself', [hook('AWS_LAMBDA', 'AWAITING_ACTION', 'a')], undefined],
  ])('tell their stage and %s', async (_, hooks, pause) => {
    const { services } = await arrange({
      ListServiceDeployments: listed(3),
      DescribeServiceDeployments: { serviceDeployments: [{
        serviceDeploymentArn: arn(3), status: 'IN_PROGRESS', createdAt: 1_780_000_003, lifecycleStage: 'POST_SCALE_UP', lifecycleHookDetails: hooks,
        targetServiceRevision: { arn: revision(0) },
      }] },
      DescribeServiceRevisions: revisions,
    })

    await expect(services.rollouts(REFERENCE, since)).resolves.toMatchObject([{ stage: 'POST_SCALE_UP', pause }])
  })

  it('are stopped with ROLLBACK, the only type that the API reference calls valid', async () => {
    const { services, wire } = await arrange({ StopServiceDeployment: { serviceDeploymentArn: arn(1) } })

    await expect(services.stop(arn(1))).resolves.toBe(true)
    expect(wire.requests[0]?.body).toEqual({ serviceDeploymentArn: arn(1), stopType: 'ROLLBACK' })
  })

  it.each([
    ['UnsupportedFeatureException', false],
    ['ConflictException', true],
  ])('that answer %s to that are taken back by ECS: %s', async (error, isTakenBack) => {
    const { services } = await arrange({ StopServiceDeployment: () => awsError(error, 'no') })

    await expect(services.stop(arn(1))).resolves.toBe(isTakenBack)
  })

  it('that may not be stopped are an error that names the statement', async () => {
    const { services } = await arrange({ StopServiceDeployment: () => awsError('AccessDeniedException', 'no') })

    await expect(services.stop(arn(1))).rejects.toThrow(expect.objectContaining({ code: 'aws-access-denied', hint: expect.stringContaining('EcsServiceDeployments') }))
  })

  it('that are not there to be stopped are an error', async () => {
    const { services } = await arrange({ StopServiceDeployment: () => awsError('ServiceDeploymentNotFoundException', 'Service deployment not found.') })

    await expect(services.stop(arn(1))).rejects.toThrow(expect.objectContaining({ code: 'aws-request-failed' }))
  })

  it('are undefined when the service has none', async () => {
    const { services } = await arrange({ ListServiceDeployments: () => awsError('UnsupportedFeatureException', 'not here') })

    await expect(services.rollouts(REFERENCE, since)).resolves.toBeUndefined()
  })
})

describe('stopped tasks in ECS', () => {
  it('are described, the last to stop first', async () => {
    const task = (number: number) => ({
      taskArn: `${TASK_ARN}${number}`,
      taskDefinitionArn: revisionArn('worker', 5),
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'why',
      stoppedAt: 1_780_000_000 + number,
      startedBy: 'ecs-svc/2',
      containers: [
        { name: 'prefect', exitCode: number },
        { name: 'log', reason: 'gone' },
      ],
    })
    const { services, wire } = await arrange({
      ListTasks: { taskArns: [`${TASK_ARN}1`, `${TASK_ARN}2`] },
      DescribeTasks: { tasks: [task(1), task(2)] },
    })

    const tasks = await services.stoppedTasks({ cluster: 'main', service: SERVICE_ARN })

    expect(tasks[0]).toEqual({
      arn: `${TASK_ARN}2`,
      taskDefinitionArn: revisionArn('worker', 5),
      deploymentId: 'ecs-svc/2',
      stopCode: 'EssentialContainerExited',
      reason: 'why',
      containers: [
        { name: 'prefect', exitCode: 2, reason: '' },
        { name: 'log', exitCode: undefined, reason: 'gone' },
      ],
    })
    expect(wire.requests[0]?.body).toEqual({ cluster: 'main', serviceName: 'worker', desiredStatus: 'STOPPED', maxResults: 100 })
  })

  it('are read from every page: a crash loop leaves more than one', async () => {
    const { services, wire } = await arrange({
      ListTasks: ({ body }) => ({ body: body.nextToken === 'more' ? { taskArns: [`${TASK_ARN}2`] } : { taskArns: [`${TASK_ARN}1`], nextToken: 'more' } }),
      DescribeTasks: ({ body }) => ({ body: { tasks: [{ taskArn: (body.tasks as string[])[0], stoppedAt: (body.tasks as string[])[0] === `${TASK_ARN}2` ? 2 : 1 }] } }),
    })

    const tasks = await services.stoppedTasks(REFERENCE)

    expect(tasks.map(({ arn }) => arn)).toEqual([`${TASK_ARN}2`, `${TASK_ARN}1`])
    expect(wire.requests.map(({ operation }) => operation)).toEqual(['ListTasks', 'ListTasks', 'DescribeTasks', 'DescribeTasks'])
  })

  it('are none when none is listed', async () => {
    const { services } = await arrange({ ListTasks: { taskArns: [] } })

    await expect(services.stoppedTasks(REFERENCE)).resolves.toEqual([])
  })

  it('name the permission that is missing', async () => {
    const { services } = await arrange({
      ListTasks: { taskArns: [TASK_ARN] },
      DescribeTasks: () => awsError('AccessDeniedException', 'no'),
    })

    await expect(services.stoppedTasks(REFERENCE)).rejects.toThrow(
      expect.objectContaining({
        code: 'aws-access-denied',
        message: expect.stringContaining('ecs:DescribeTasks'),
      }),
    )
  })
})

describe('the log of a stopped task', () => {
  const task = { arn: TASK_ARN, taskDefinitionArn: revisionArn('worker', 5), deploymentId: '', stopCode: '', reason: '', containers: [] }
  const logging = (logConfiguration: object) => ({
    taskDefinition: {
      ...aTaskDefinition({ containerDefinitions: [{ name: 'prefect', image: 'x' }] }),
      containerDefinitions: [{ name: 'prefect', image: 'x', logConfiguration }],
    },
  })
  const awslogs = logging({
    logDriver: 'awslogs',
    options: { 'awslogs-group': '/ecs/worker', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'flows' },
  })

  it('is the end of its stream in CloudWatch, in the region of its options', async () => {
    const { services, wire } = await arrange({
      DescribeTaskDefinition: awslogs,
      GetLogEvents: { events: [{ message: 'one' }, { message: 'two' }] },
    })

    await expect(services.logTail(task, 'prefect')).resolves.toEqual(['one', 'two'])
    const request = wire.of('GetLogEvents')[0]
    expect(request?.body).toEqual({ logGroupName: '/ecs/worker', logStreamName: 'flows/prefect/0123', limit: 30, startFromHead: false })
    expect(request?.headers.authorization).toContain('/eu-west-1/logs/')
  })

  it.each([
    ['goes elsewhere', logging({ logDriver: 'splunk', options: {} })],
    ['has no stream prefix, so that nobody knows its name', logging({ logDriver: 'awslogs', options: { 'awslogs-group': 'g' } })],
    ['is not configured', { taskDefinition: aTaskDefinition() }],
  ])('is empty when it %s', async (_, DescribeTaskDefinition) => {
    const { services, wire } = await arrange({ DescribeTaskDefinition })

    await expect(services.logTail(task, 'prefect')).resolves.toEqual([])
    expect(wire.of('GetLogEvents')).toHaveLength(0)
  })

  it('is empty when there is none', async () => {
    const { services } = await arrange({ DescribeTaskDefinition: awslogs, GetLogEvents: () => awsError('ResourceNotFoundException', 'no') })

    await expect(services.logTail(task, 'prefect')).resolves.toEqual([])
  })

  it('that may not be read is an error that names the statement', async () => {
    const { services } = await arrange({ DescribeTaskDefinition: awslogs, GetLogEvents: () => awsError('AccessDeniedException', 'no') })

    await expect(services.logTail(task, 'prefect')).rejects.toThrow(expect.objectContaining({ code: 'aws-access-denied', hint: expect.stringContaining('CrashLogs') }))
  })
})
