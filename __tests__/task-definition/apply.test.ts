import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { aTaskDefinition, createFakeTaskDefinitions, revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { DeployError } from '../../src/errors.ts'
import { resultOf } from '../../src/planned.ts'
import type { TaskDefinition } from '../../src/ecs-ports.ts'
import { registerTaskDefinition } from '../../src/task-definition/apply.ts'
import { planTaskDefinition } from '../../src/task-definition/plan.ts'

const IMAGE = 'registry.example/flows@sha256:new'

function arrange(definition: TaskDefinition = aTaskDefinition()) {
  const taskDefinitions = createFakeTaskDefinitions([aTaskDefinition()])
  const [live] = taskDefinitions.revisions
  const options = { results: { image: IMAGE }, taskDefinitions, clock: createFakeClock(), log: createFakeLog() }
  const plan = planTaskDefinition({ definition, live, image: resultOf('image'), results: {} })
  return { plan, taskDefinitions, options }
}

function awsError(name: string, message: string): DeployError {
  return new DeployError('aws-request-failed', `ecs:RegisterTaskDefinition failed: ${name}: ${message}`, {
    cause: Object.assign(new Error(message), { name }),
  })
}

const CONCURRENT = awsError('ClientException', 'Too many concurrent attempts to create a new revision of the specified family.')

describe('registering a task definition', () => {
  it('sends what the user wrote, with the image and with secret values in clear', async () => {
    const written = aTaskDefinition({
      cpu: '.25 vCPU',
      volumes: [],
      containerDefinitions: [
        { name: 'prefect', image: 'placeholder', environment: [{ name: 'DB_PASSWORD', value: 'hunter2' }], command: [''] },
      ],
    })
    const { plan, taskDefinitions, options } = arrange(written)

    await expect(registerTaskDefinition(plan, options)).resolves.toBe(revisionArn('flows', 2))
    expect(taskDefinitions.revisions.at(-1)?.definition).toEqual({
      ...written,
      containerDefinitions: [{ ...written.containerDefinitions[0], image: IMAGE }],
    })
  })

  it('registers nothing when the plan says unchanged', async () => {
    const { taskDefinitions, options } = arrange()
    const [live] = taskDefinitions.revisions
    const plan = planTaskDefinition({ definition: aTaskDefinition(), live, image: 'registry.example/flows@sha256:old', results: {} })

    await expect(registerTaskDefinition(plan, options)).resolves.toBe(revisionArn('flows', 1))
    expect(taskDefinitions.revisions).toHaveLength(1)
  })

  it('makes no revision when the image turns out to be the live one', async () => {
    const { plan, taskDefinitions, options } = arrange()

    const arn = await registerTaskDefinition(plan, { ...options, results: { image: 'registry.example/flows@sha256:old' } })

    expect(arn).toBe(revisionArn('flows', 1))
    expect(taskDefinitions.revisions).toHaveLength(1)
  })

  it('makes no revision when it turns out to be the service\'s own, though a newer one is there', async () => {
    const { plan, taskDefinitions, options } = arrange()
    taskDefinitions.revisions.push({ arn: revisionArn('flows', 2), active: true, definition: aTaskDefinition({ cpu: '1024' }) })

    const arn = await registerTaskDefinition(plan, { ...options, results: { image: 'registry.example/flows@sha256:old' } })

    expect(arn).toBe(revisionArn('flows', 1))
    expect(taskDefinitions.revisions).toHaveLength(2)
  })

  it('registers again what the service runs and nobody else may, an INACTIVE revision', async () => {
    const { plan, taskDefinitions, options } = arrange()
    const [live] = taskDefinitions.revisions
    taskDefinitions.revisions.splice(0, 1, { arn: revisionArn('flows', 1), definition: aTaskDefinition(), ...live, active: false })

    await registerTaskDefinition(plan, { ...options, results: { image: 'registry.example/flows@sha256:old' } })

    expect(taskDefinitions.revisions).toHaveLength(2)
  })

  it.each([
    CONCURRENT, awsError('ThrottlingException', 'Rate exceeded'), awsError('TooManyRequestsException', 'Slow'), awsError('RequestLimitExceeded', 'Later'),
    awsError('SlowDown', 'Please reduce your request rate.'),
  ])(
    'tries again, at random times, after $message',
    async (failure) => {
      const { plan, taskDefinitions, options } = arrange()
      taskDefinitions.failures.push(failure, failure, failure)

      await expect(registerTaskDefinition(plan, options)).resolves.toBe(revisionArn('flows', 2))
      expect(options.clock.waits).toHaveLength(3)
      expect(options.clock.waits.every((wait, index) => wait <= 1000 * 2 ** index)).toBe(true)
    },
  )

  it('gives up after eight tries, with what AWS says', async () => {
    const { plan, taskDefinitions, options } = arrange()
    taskDefinitions.failures.push(...Array.from({ length: 8 }, () => CONCURRENT))

    await expect(registerTaskDefinition(plan, options)).rejects.toBe(CONCURRENT)
    expect(Math.max(...options.clock.waits)).toBeLessThanOrEqual(8_000)
    expect(taskDefinitions.failures).toHaveLength(0)
  })

  it.each([
    awsError('LimitExceededException', 'The limit for the resource was exceeded.'),
    awsError('ServerException', 'Service Unavailable. Please try again later.'),
  ])('does not try again after $message, which stays or may have been done', async (failure) => {
    const { plan, taskDefinitions, options } = arrange()
    taskDefinitions.failures.push(failure)

    await expect(registerTaskDefinition(plan, options)).rejects.toBe(failure)
  })

  it('does not try again when AWS does not take the definition', async () => {
    const { plan, taskDefinitions, options } = arrange()
    const refused = awsError('ClientException', "Fargate requires that 'cpu' be defined at the task level.")
    taskDefinitions.failures.push(refused)

    await expect(registerTaskDefinition(plan, options)).rejects.toBe(refused)
    expect(options.clock.waits).toHaveLength(0)
  })
})
