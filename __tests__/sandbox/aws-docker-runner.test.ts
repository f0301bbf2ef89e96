import { describe, expect, it } from '@jest/globals'
import type { ContainerDefinition, TaskOverride } from '@aws-sdk/client-ecs'
import { createCluster } from '../../sandbox/aws/ecs/clusters.ts'
import { DockerRunner } from '../../sandbox/aws/ecs/docker-runner.ts'
import type { ContainerEnd, ContainerEngine, ContainerSettings, RegistryAuth } from '../../sandbox/aws/ecs/engine.ts'
import { clusterArn } from '../../sandbox/aws/ecs/references.ts'
import { registerTaskDefinition } from '../../sandbox/aws/ecs/task-definitions.ts'
import { createTask } from '../../sandbox/aws/ecs/task-record.ts'
import { createWorld } from '../../sandbox/aws/world.ts'

const ECR = 'ecr.example:1'
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:key-AbCdEf'

type FakeContainer = ContainerSettings & { readonly name: string; end?: ContainerEnd; removed?: true }

/** A container engine in which a container ends when its command says so, `exit 3`, or when it is stopped. */
class FakeEngine implements ContainerEngine {
  readonly pulled: { image: string; auth: RegistryAuth | undefined }[] = []
  readonly containers: FakeContainer[] = []

  hasImage(image: string): Promise<boolean> {
    return Promise.resolve(image === 'local:1')
  }

  pull(image: string, auth?: RegistryAuth): Promise<void> {
    this.pulled.push({ image, auth })
    return image.endsWith(':none') ? Promise.reject(new Error('manifest unknown')) : Promise.resolve()
  }

  create(name: string, settings: ContainerSettings): Promise<string> {
    this.containers.push({ name, ...settings })
    return Promise.resolve(name)
  }

  start(id: string): Promise<void> {
    const container = this.#find(id)
    const [word, code] = container.Cmd ?? []
    if (word === 'exit') container.end = { exitCode: Number(code), outOfMemory: code === '137' }
    return word === 'nope' ? Promise.reject(new Error('executable file not found')) : Promise.resolve()
  }

  async wait(id: string): Promise<ContainerEnd> {
    for (;;) {
      const { end } = this.#find(id)
      if (end !== undefined) return end
      await new Promise(setImmediate)
    }
  }

  stop(id: string): Promise<void> {
    this.#find(id).end ??= { exitCode: 137, outOfMemory: false }
    return Promise.resolve()
  }

  async remove(id: string): Promise<void> {
    await this.stop(id)
    this.#find(id).removed = true
  }

  async *lines(id: string): AsyncGenerator<string> {
    yield await Promise.resolve(`${id.split('-').at(-1) ?? ''} speaks`)
  }

  #find(id: string): FakeContainer {
    const container = this.containers.find(({ name }) => name === id)
    if (container === undefined) throw new Error(`No such container: ${id}`)
    return container
  }
}

function start(containers: readonly Partial<ContainerDefinition>[], overrides: TaskOverride = {}) {
  const engine = new FakeEngine()
  const runner = new DockerRunner(engine)
  const world = createWorld({ id: '123456789012', region: 'eu-central-1', ecrHost: ECR }, 'registry.example:1')
  createCluster(world, 'main')
  world.secrets.set(SECRET, '{"token":"s3cret"}')
  const containerDefinitions = containers.map((container, index) => ({
    name: `c${index}`,
    image: `${ECR}/flows:1`,
    memory: 64,
    ...container,
  }))
  const volumes = [{ name: 'v' }]
  const revision = registerTaskDefinition(world, { family: 'flows', executionRoleArn: 'exec', volumes, containerDefinitions }, 'someone')
  const task = createTask(world, {
    cluster: clusterArn(world.account, 'main'),
    revision,
    overrides,
    group: 'family:flows',
    startedBy: undefined,
    launchType: 'EC2',
  })
  runner.start(world, task, revision)
  const reached = async (state: string) => {
    for (;;) {
      const now = world.tasks.get(task.taskArn)
      if (now?.lastStatus === state) return now
      await new Promise(setImmediate)
    }
  }
  return { engine, runner, world, task, reached }
}

describe('a task in a container engine', () => {
  it('ends with its essential container, whose exit code it has', async () => {
    const { reached } = start([{ command: ['exit', '3'] }, { essential: false, command: ['serve'] }])

    expect(await reached('STOPPED')).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [
        { name: 'c0', exitCode: 3, lastStatus: 'STOPPED' },
        { name: 'c1', exitCode: 137 },
      ],
    })
  })

  it('keeps running while a container that is not essential ends', async () => {
    const { reached, runner, task, world } = start([{ command: ['serve'] }, { essential: false, command: ['exit', '0'] }])
    await reached('RUNNING')

    runner.stop(world, task, 'enough')

    expect(await reached('STOPPED')).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 137 }, { exitCode: 0 }],
    })
  })

  it('says that it ran out of memory', async () => {
    const { reached } = start([{ command: ['exit', '137'] }])

    expect(await reached('STOPPED')).toMatchObject({
      containers: [{ exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }],
    })
  })

  it('pulls from ECR with a login of its own, and from elsewhere what is missing', async () => {
    const { engine, reached } = start([{ command: ['exit', '0'] }, { image: 'local:1' }, { image: 'other:1' }])
    await reached('STOPPED')

    expect(engine.pulled).toEqual([
      { image: `${ECR}/flows:1`, auth: { username: 'AWS', password: expect.any(String), serveraddress: ECR } },
      { image: 'other:1', auth: undefined },
    ])
  })

  it('gets variables of its definition, secrets and overrides, of which the last counts', async () => {
    const container = {
      command: ['exit', '1'],
      environment: [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
      ],
      secrets: [{ name: 'KEY', valueFrom: `${SECRET}:token::` }],
    }
    const override = { name: 'c0', command: ['exit', '0'], environment: [{ name: 'B', value: '2' }] }
    const { engine, reached } = start([container], { containerOverrides: [override] })
    await reached('STOPPED')

    expect(engine.containers).toMatchObject([
      { Env: ['A=1', 'B=2', 'KEY=s3cret'], Cmd: ['exit', '0'], HostConfig: { NetworkMode: 'host', Memory: 64 * 1024 * 1024 } },
    ])
  })

  it.each<[string, Partial<ContainerDefinition>, string]>([
    ['cannot be pulled', { image: `${ECR}/flows:none` }, 'CannotPullContainerError: Error response from daemon: manifest unknown'],
    ['cannot be started', { command: ['nope'] }, 'CannotStartContainerError: Error response from daemon: executable file not found'],
    [
      'wants volumes',
      { mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
      'CannotStartContainerError: the simulator mounts no volumes',
    ],
    [
      'wants a secret that is missing',
      { secrets: [{ name: 'KEY', valueFrom: `${SECRET}x` }] },
      `ResourceInitializationError: unable to pull secrets or registry auth`,
    ],
  ])('does not run when its container %s', async (_what, container, reason) => {
    const { reached, world } = start([{ command: ['serve'] }, container])

    expect(await reached('STOPPED')).toMatchObject({ stopCode: 'TaskFailedToStart', stoppedReason: expect.stringContaining(reason) })
    expect(world.defects).toEqual([])
  })

  it('keeps what its containers print, also in the log stream', async () => {
    const options = { 'awslogs-group': 'runs', 'awslogs-stream-prefix': 'flow' }
    const { reached, world, task } = start([{ command: ['exit', '0'], logConfiguration: { logDriver: 'awslogs', options } }])
    await reached('STOPPED')
    const stream = `flow/c0/${task.taskArn.split('/').at(-1) ?? ''}`

    expect(world.output.get(task.taskArn)).toEqual(['c0 speaks'])
    expect(world.logs.get('runs')?.get(stream)).toMatchObject([{ message: 'c0 speaks' }])
  })

  it('leaves no container behind', async () => {
    const { engine, reached, runner } = start([{ command: ['serve'] }, { command: ['serve'] }])
    await reached('RUNNING')

    await runner.dispose()

    expect(engine.containers.map(({ removed }) => removed)).toEqual([true, true])
    expect((await reached('STOPPED')).stoppedReason).toBe('The simulator ended')
  })

  it('leaves none behind when it ends before it runs', async () => {
    const { engine, runner, reached } = start([{ command: ['serve'] }, { command: ['serve'] }])

    await runner.dispose()
    await reached('STOPPED')

    expect(engine.containers.filter(({ removed }) => removed === undefined)).toEqual([])
  })
})
