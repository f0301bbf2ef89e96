import { describe, expect, it } from '@jest/globals'
import { aTaskDefinition, revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import { resultOf, sensitive } from '../../src/planned.ts'
import type { TaskDefinition } from '../../src/ecs-ports.ts'
import { planTaskDefinition } from '../../src/task-definition/plan.ts'
import type { TaskDefinitionRequest } from '../../src/task-definition/plan.ts'

const IMAGE = 'registry.example/flows@sha256:new'
const ARN = revisionArn('flows', 7)

function plan(overrides: Partial<TaskDefinitionRequest> & { liveDefinition?: TaskDefinition } = {}) {
  const { liveDefinition = aTaskDefinition(), ...request } = overrides
  return planTaskDefinition({
    definition: aTaskDefinition(),
    live: { arn: ARN, active: true, definition: liveDefinition },
    image: IMAGE,
    results: {},
    ...request,
  })
}

const withContainer = (fields: TaskDefinition['containerDefinitions'][number]) => aTaskDefinition({ containerDefinitions: [fields] })

describe('the plan of a task definition', () => {
  it('registers a revision when the image changes, and shows nothing else', () => {
    expect(plan()).toMatchObject({
      action: 'register',
      family: 'flows',
      container: 'prefect',
      previousArn: ARN,
      changes: [{ path: 'containerDefinitions.prefect.image', before: 'registry.example/flows@sha256:old', after: IMAGE }],
    })
  })

  it('makes no revision when nothing would change', () => {
    const live = withContainer({ name: 'prefect', image: IMAGE, essential: true, cpu: 0, environment: [], mountPoints: [] })

    expect(plan({ liveDefinition: live })).toMatchObject({ action: 'unchanged', arn: ARN, changes: [] })
  })

  it('registers while the image is not known, whatever it will be', () => {
    const { action, changes } = plan({ image: resultOf('image'), liveDefinition: withContainer({ name: 'prefect', image: IMAGE }) })

    expect(action).toBe('register')
    expect(changes).toEqual([{ path: 'containerDefinitions.prefect.image', before: IMAGE, after: resultOf('image') }])
  })

  it('takes the image from the results that are known', () => {
    expect(plan({ image: resultOf('image'), results: { image: IMAGE } }).changes[0]?.after).toBe(IMAGE)
  })

  it('registers the first revision of a family with all its fields as changes', () => {
    const { action, changes, previousArn } = plan({ live: undefined })

    expect({ action, previousArn }).toEqual({ action: 'register', previousArn: undefined })
    expect(changes.map(({ path }) => path)).toEqual([
      'containerDefinitions.prefect.image',
      'cpu',
      'executionRoleArn',
      'family',
      'memory',
      'networkMode',
      'requiresCompatibilities',
    ])
  })

  it('registers again what is no longer active', () => {
    const definition = withContainer({ name: 'prefect', image: IMAGE })

    expect(plan({ live: { arn: ARN, active: false, definition } })).toMatchObject({ action: 'register', changes: [] })
  })

  it('names containers, variables and volumes in paths', () => {
    const definition = aTaskDefinition({
      volumes: [{ name: 'scratch' }],
      containerDefinitions: [
        { name: 'prefect', image: IMAGE, environment: [{ name: 'LEVEL', value: 'DEBUG' }] },
        { name: 'sidecar', image: 'sidecar:1' },
      ],
    })
    const live = withContainer({
      name: 'prefect',
      image: IMAGE,
      environment: [
        { name: 'LEVEL', value: 'INFO' },
        { name: 'OLD', value: '1' },
      ],
    })

    expect(plan({ definition, liveDefinition: live }).changes).toEqual([
      { path: 'containerDefinitions.prefect.environment.LEVEL', before: 'INFO', after: 'DEBUG' },
      { path: 'containerDefinitions.prefect.environment.OLD', before: '1', after: undefined },
      { path: 'containerDefinitions.sidecar.image', before: undefined, after: 'sidecar:1' },
      { path: 'volumes.scratch', before: undefined, after: {} },
    ])
  })

  it.each([
    ['DB_PASSWORD', 'hunter2', 'hunter3'],
    ['PREFECT_API_KEY', 'pnu_1', 'pnu_2'],
    ['DATABASE_URL', 'postgresql://flows:one@db/flows', 'postgresql://flows:two@db/flows'],
  ])('never shows the value of %s, nor lets it be guessed from the hash', (name, before, after) => {
    const withValue = (value: string) => withContainer({ name: 'prefect', image: IMAGE, environment: [{ name, value }] })
    const one = plan({ definition: withValue(after), liveDefinition: withValue(before) })

    expect(one.action).toBe('register')
    expect(one.changes).toEqual([
      { path: `containerDefinitions.prefect.environment.${name}`, before: sensitive(before), after: sensitive(after) },
    ])
    expect(one.hash).toBe(plan({ definition: withValue(before) }).hash)
  })

  it('hides tokens in log options', () => {
    const definition = withContainer({
      name: 'prefect',
      image: IMAGE,
      logConfiguration: { logDriver: 'splunk', options: { 'splunk-token': 'x', 'splunk-url': 'https://splunk' } },
    })

    expect(plan({ definition }).changes).toContainEqual({
      path: 'containerDefinitions.prefect.logConfiguration.options.splunk-token',
      before: undefined,
      after: sensitive('x'),
    })
  })

  it('shows where a secret is: that is not the secret', () => {
    const definition = withContainer({ name: 'prefect', image: IMAGE, secrets: [{ name: 'API_KEY', valueFrom: 'arn:aws:ssm:key' }] })

    expect(plan({ definition }).changes).toContainEqual({
      path: 'containerDefinitions.prefect.secrets.API_KEY',
      before: undefined,
      after: 'arn:aws:ssm:key',
    })
  })

  it('has a hash of the content alone: not of the image, not of the way it is written', () => {
    const { hash } = plan()

    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(plan({ image: resultOf('image'), live: undefined }).hash).toBe(hash)
    expect(plan({ definition: aTaskDefinition({ cpu: '.25 vCPU', volumes: [] }) }).hash).toBe(hash)
    expect(plan({ definition: aTaskDefinition({ cpu: '512' }) }).hash).not.toBe(hash)
  })
})

describe('the container that gets the image', () => {
  const definition = aTaskDefinition({
    containerDefinitions: [
      { name: 'app', image: 'a' },
      { name: 'prefect', image: 'b' },
    ],
  })
  const others = aTaskDefinition({
    containerDefinitions: [
      { name: 'app', image: 'a' },
      { name: 'log', image: 'b' },
    ],
  })

  it.each([
    ['is the one that is named', { definition, containerName: 'app' }, 'app'],
    ['is "prefect" when none is named', { definition }, 'prefect'],
    ['is the only one, whatever its name', { definition: withContainer({ name: 'app', image: 'a' }) }, 'app'],
  ])('%s', (_, request, container) => {
    expect(plan(request).container).toBe(container)
  })

  it.each([
    ['is named but not there', { definition, containerName: 'flow' }, 'has no container "flow"'],
    ['could be several', { definition: others }, 'has no container "prefect"'],
  ])('is an error with all names when it %s', (_, request, message) => {
    const names = request.definition.containerDefinitions.map(({ name }) => name).join(', ')

    expect(() => plan(request)).toThrow(
      expect.objectContaining({
        code: 'container-missing',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(names),
      }),
    )
  })
})
