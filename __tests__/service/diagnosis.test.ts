import { describe, expect, it } from '@jest/globals'
import type { StoppedTask } from '../../src/ecs-ports.ts'
import { diagnose, isFailure } from '../../src/service/diagnosis.ts'

function aTask(overrides: Partial<StoppedTask> & { exitCode?: number; containerReason?: string } = {}): StoppedTask {
  const { exitCode, containerReason = '', ...task } = overrides
  return {
    arn: 'arn:aws:ecs:eu-central-1:123456789012:task/default/0123456789abcdef0123456789abcdef',
    taskDefinitionArn: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/worker:5',
    deploymentId: 'ecs-svc/1',
    stopCode: 'TaskFailedToStart',
    reason: '',
    containers: [{ name: 'prefect', exitCode, reason: containerReason }],
    ...task,
  }
}

const CRASH = { stopCode: 'EssentialContainerExited', reason: 'Essential container in task exited' }

describe('the diagnosis of a rollout', () => {
  it.each<[string, Parameters<typeof aTask>[0], RegExp, RegExp]>([
    [
      'a digest that is gone',
      { reason: 'CannotPullContainerError: pull image manifest has been retried 5 time(s): registry/flows@sha256:1: not found' },
      /not in the repository/,
      /lifecycle policy/,
    ],
    [
      'a digest that is gone, of a registry whose port and digest have a 403 in them',
      { reason: 'CannotPullContainerError: failed to resolve ref 127.0.0.1:33403/flows@sha256:a403b: 127.0.0.1:33403/flows@sha256:a403b: not found; container worker' },
      /not in the repository/,
      /lifecycle policy/,
    ],
    ['a manifest that is unknown', { containerReason: 'CannotPullContainerError: manifest unknown' }, /not in the repository/, /lifecycle/],
    [
      'another architecture',
      { reason: "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'" },
      /another CPU architecture/,
      /platform/,
    ],
    [
      'no route to the registry',
      { reason: 'CannotPullContainerError: dial tcp 10.0.0.1:443: i/o timeout' },
      /does not reach the registry/,
      /VPC endpoints/,
    ],
    [
      'a role that may not pull',
      { reason: 'CannotPullContainerError: pull access denied: 403 Forbidden' },
      /execution role may not pull/,
      /BatchGetImage/,
    ],
    [
      'the limit of a public registry',
      { reason: 'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit' },
      /limits pulls/,
      /pull-through cache/,
    ],
    [
      'mixed compressions',
      { reason: "CannotPullContainerError: number of layers and diffIDs don't match" },
      /mixes compressions/,
      /one compression/,
    ],
    ['any other pull', { reason: 'CannotPullContainerError: context canceled' }, /cannot be pulled/, /container runtime/],
    [
      'a secret that cannot be read',
      { reason: 'ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm' },
      /secret of the task definition/,
      /execution role/,
    ],
    [
      'a log group that is missing',
      { reason: 'ResourceInitializationError: failed to validate logger args: The specified log group does not exist' },
      /log cannot be written/,
      /log group/,
    ],
    ['other resources', { reason: 'ResourceInitializationError: failed to invoke EFS utils commands' }, /cannot be set up/, /ECS's own/],
    [
      'too little memory',
      { ...CRASH, exitCode: 137, containerReason: 'OutOfMemoryError: Container killed due to memory usage' },
      /lack of memory/,
      /Raise memory/,
    ],
    ['a segmentation fault', { ...CRASH, exitCode: 139 }, /segmentation fault/, /native library/],
    ['a SIGTERM', { ...CRASH, exitCode: 143 }, /told to end \(SIGTERM\)/, /what stops it/],
    ['a crash', { ...CRASH, exitCode: 1 }, /exits at once/, /log says why/],
    ['a worker that ends', { ...CRASH, exitCode: 0 }, /ends although it should keep running/, /worker start/],
    [
      'a failed health check',
      { stopCode: 'ServiceSchedulerInitiated', reason: 'Task failed container health checks' },
      /fails its health check/,
      /startPeriod/,
    ],
    ['a health check that ECS ends it for', { stopCode: 'ServiceSchedulerInitiated', reason: 'Task failed container health checks', exitCode: 143 }, /fails its health check/, /startPeriod/],
    ['a cluster that is full', { reason: 'RESOURCE:MEMORY' }, /no capacity/, /not the release's fault/],
    [
      'a Spot interruption',
      { stopCode: 'SpotInterruption', reason: 'Your Spot Task was interrupted: SpotInterruption' },
      /no capacity/,
      /not the release's fault/,
    ],
  ])('names %s and what to do', (_, task, verdict, hint) => {
    const diagnosis = diagnose({ tasks: [aTask(task)], logTail: [], messages: [] })

    expect(diagnosis.verdict).toMatch(verdict)
    expect(diagnosis.hint).toMatch(hint)
  })

  it('finds another architecture in the log, where the container runtime says it', () => {
    const tasks = [aTask({ ...CRASH, exitCode: 255 })]

    expect(diagnose({ tasks, logTail: ['exec /usr/bin/python: exec format error'], messages: [] }).verdict).toMatch(/CPU architecture/)
  })

  it("does not take an application's log for the cause", () => {
    const tasks = [aTask({ ...CRASH, exitCode: 1 })]

    expect(diagnose({ tasks, logTail: ['CannotPull', 'OutOfMemory', 'health checks'], messages: [] }).verdict).toBe(
      'the container exits at once',
    )
  })

  it('counts equal reasons, whatever task they are of, the most frequent first', () => {
    const reason = (id: string) => ({ reason: `Task ${id.repeat(32)} could not start` })
    const tasks = [aTask(CRASH), aTask(reason('a')), aTask(reason('b')), aTask(reason('c'))]

    expect(diagnose({ tasks, logTail: [], messages: [] }).reasons).toEqual([
      { text: `Task ${'a'.repeat(32)} could not start`, count: 3 },
      { text: 'Essential container in task exited', count: 1 },
    ])
  })

  it('goes by the most frequent reason', () => {
    const tasks = [
      aTask({ reason: 'CannotPullContainerError: not found' }),
      aTask({ ...CRASH, exitCode: 137 }),
      aTask({ ...CRASH, exitCode: 137 }),
    ]

    expect(diagnose({ tasks, logTail: [], messages: [] }).verdict).toMatch(/lack of memory/)
  })

  it('says once what ECS says of the task and of its container', () => {
    const reason = 'CannotPullContainerError: not found'

    expect(diagnose({ tasks: [aTask({ reason, containerReason: reason })], logTail: [], messages: [] }).reasons[0]?.text).toBe(
      'CannotPullContainerError: not found; container prefect',
    )
  })

  it('tells which container failed, with its exit code', () => {
    expect(
      diagnose({ tasks: [aTask({ ...CRASH, exitCode: 1, containerReason: 'boom' })], logTail: [], messages: [] }).reasons[0]?.text,
    ).toBe('Essential container in task exited; container prefect, exit code 1, boom')
  })

  it('goes by events when no task stopped', () => {
    const messages = ['(service worker) was unable to place a task because no container instance met all of its requirements.']

    expect(diagnose({ tasks: [], logTail: [], messages }).verdict).toBe('there is no capacity for the task')
  })

  it('says that it does not know what it does not know', () => {
    expect(diagnose({ tasks: [], logTail: [], messages: [] })).toEqual({
      verdict: 'the new tasks did not become steady',
      hint: expect.stringContaining('ECS console'),
      reasons: [],
    })
  })

  it.each([
    ['people stopped', { stopCode: 'UserInitiated' }],
    [
      'ECS stopped when it scaled',
      { stopCode: 'ServiceSchedulerInitiated', reason: 'Scaling activity initiated by (deployment ecs-svc/1)' },
    ],
  ])('leaves out tasks that %s', (_, task) => {
    expect(isFailure(aTask(task))).toBe(false)
    expect(diagnose({ tasks: [aTask(task)], logTail: [], messages: [] }).reasons).toEqual([])
  })
})
