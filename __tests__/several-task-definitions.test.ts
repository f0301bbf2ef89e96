import { describe, expect, it } from '@jest/globals'
import { onPullRequest } from '../__fixtures__/events.ts'
import { aTaskDefinition, revisionArn } from '../__fixtures__/fake-task-definitions.ts'
import { planViolations } from '../__fixtures__/plan-schema.ts'
import { aPool } from '../__fixtures__/prefect-files/deployments.ts'
import { aProject, NO_CREDENTIALS } from '../__fixtures__/project.ts'
import type { Project, ProjectOptions } from '../__fixtures__/project.ts'
import { DeployError } from '../src/errors.ts'
import type { TaskDefinition } from '../src/ecs-ports.ts'

const named = (family: string) => `"{{ task_definition_arn.${family} }}"`
const on = (name: string, definition?: string, pool = 'ecs') => `- name: ${name}
  entrypoint: flows/etl.py:etl
  work_pool: {name: ${pool}${definition === undefined ? '' : `, job_variables: {task_definition_arn: ${definition}}`}}
`
const fileOf = (...deployments: readonly string[]) => `deployments:\n${deployments.join('')}`
const definition = (family: string, overrides = {}) => JSON.stringify(aTaskDefinition({ family, ...overrides }))
const SEVERAL = { 'INPUT_TASK-DEFINITION': 'task-definition.json\nlarge.json' }

/** The families `flows`, which the worker service runs, and `large`; a deployment on each. */
function project({ files = {}, ports = {} }: ProjectOptions = {}): Project {
  return aProject({ ports, files: { 'prefect.yaml': fileOf(on('small', named('flows')), on('big', named('large'))), 'large.json': definition('large'), ...files } })
}

const arnsOf = ({ ports }: Project) => Object.fromEntries(ports.workspace.deployments.map(({ name, fields }) => [name, fields.job_variables]))
const failuresOf = async (options: ProjectOptions, inputs = {}) => {
  const { ports, step } = project(options)
  const { log } = await step({ ...SEVERAL, ...inputs })
  expect(ports.writes).toEqual([])
  return log.failures
}

describe('a release of several task definitions', () => {
  it('registers each, and gives each deployment the one that it names', async () => {
    const it = project()
    const { log, plan } = await it.step(SEVERAL)

    expect(log.failures).toEqual([])
    expect(it.ports.writes.filter((write) => write.startsWith('register'))).toEqual(['register flows', 'register large'])
    expect(arnsOf(it)).toEqual({ small: { task_definition_arn: revisionArn('flows', 2) }, big: { task_definition_arn: revisionArn('large', 1) } })
    expect(it.ports.services.updates).toEqual([revisionArn('flows', 2)])
    expect(plan?.taskDefinitions.map(({ family, action }) => [family, action])).toEqual([['flows', 'register'], ['large', 'register']])
    expect(planViolations(plan)).toEqual([])
    expect(JSON.parse(log.outputs['task-definitions'] ?? '')).toMatchObject([{ arn: revisionArn('flows', 2) }, { arn: revisionArn('large', 1) }])
  })

  it('rolls the worker service whichever of them it runs', async () => {
    const { ports, step } = project({ ports: { workerRevision: revisionArn('large', 1) } })
    ports.taskDefinitions.revisions.push({ arn: revisionArn('large', 1), active: true, definition: aTaskDefinition({ family: 'large' }) })
    await step(SEVERAL)

    expect(ports.services.updates).toEqual([revisionArn('large', 2)])
  })

  it('writes nothing, builds nothing and reads no flow when nothing changed, in whatever order they are given', async () => {
    const { ports, step } = project()
    await step(SEVERAL)
    const before = [ports.writes.length, ports.docker.runs.length]
    const { log, plan } = await step(SEVERAL)
    const { plan: reversed } = await step({ 'INPUT_TASK-DEFINITION': 'large.json, task-definition.json' })

    expect([ports.writes.length, ports.docker.runs.length]).toEqual(before)
    expect(log.outputs).toMatchObject({ changed: 'false', unchanged: '2' })
    expect(reversed?.hash).toBe(plan?.hash)
  })

  it('touches only the deployments of the one that changes', async () => {
    const { ports, step, edit } = project()
    await step(SEVERAL)
    const before = ports.writes.length
    edit('large.json', definition('large', { memory: '1024' }))
    const { plan, log } = await step(SEVERAL)

    expect(ports.writes.slice(before)).toEqual(['register large', 'update deployment'])
    expect(plan?.deployments.map(({ name, action }) => [name, action])).toEqual([['etl/small', 'unchanged'], ['etl/big', 'update']])
    expect(plan?.deployments[1]?.changes).toMatchObject([{ after: { $knownAfter: 'taskDefinition large' } }])
    expect(log.failures).toEqual([])
  })

  it('takes families and ARNs beside files', async () => {
    const it = project()
    it.ports.taskDefinitions.revisions.push({ arn: revisionArn('large', 4), active: true, definition: aTaskDefinition({ family: 'large' }) })
    await it.step({ 'INPUT_TASK-DEFINITION': `task-definition.json, ${revisionArn('large', 4)}` })

    expect(arnsOf(it).big).toEqual({ task_definition_arn: revisionArn('large', 2) })
  })

  it('names what it had registered when a later registration is refused', async () => {
    const { ports, step } = project()
    const register = ports.taskDefinitions.register.bind(ports.taskDefinitions)
    Object.assign(ports.taskDefinitions, {
      register: (wanted: TaskDefinition) => (wanted.family === 'large' ? Promise.reject(new DeployError('aws-request-failed', 'It is too large')) : register(wanted)),
    })
    const { log } = await step(SEVERAL)

    expect(log.failures).toMatchObject([{ message: expect.stringContaining(`registered ${revisionArn('flows', 2)}; they stay, unused`) }])
    expect(ports.workspace.deployments).toEqual([])
    expect(log.summaries.join()).toContain('registered `flows:2`')
  })

  it('gives a deployment of a pool that takes no task definition the image', async () => {
    const it = project({
      files: { 'prefect.yaml': fileOf(on('small', named('flows')), on('plain', undefined, 'docker')) },
      ports: { workPools: [aPool(['task_definition_arn']), { ...aPool(['image']), name: 'docker' }] },
    })
    const { log } = await it.step(SEVERAL)

    expect(arnsOf(it).plain).toEqual({ image: log.outputs.image })
  })

  it('is planned without credentials, whether a deployment names one or not', async () => {
    const { ports, step } = project({ files: { 'prefect.yaml': fileOf(on('small', named('flows')), on('big')) } })
    const { log, plan } = await step({ ...onPullRequest({ from: 'stranger/flows' }), ...NO_CREDENTIALS, ...SEVERAL })

    expect(log.failures).toEqual([])
    expect(plan?.taskDefinitions).toMatchObject([{ family: 'flows', action: 'unknown' }, { family: 'large', action: 'unknown' }])
    expect(ports.writes).toEqual([])
  })
})

describe('one task definition', () => {
  it('can be named by its family as well', async () => {
    const it = aProject({ files: { 'prefect.yaml': fileOf(on('own', named('flows')), on('plain'), on('short', '"{{ task_definition_arn }}"')) } })
    await it.step()

    const expected = { task_definition_arn: revisionArn('flows', 2) }
    expect(arnsOf(it)).toEqual({ own: expected, plain: expected, short: expected })
  })

  it('is the only one that can be named', async () => {
    const { step } = aProject({ files: { 'prefect.yaml': fileOf(on('own', named('large'))) } })

    expect((await step()).log.failures).toMatchObject([{ code: 'prefect-file-invalid', message: expect.stringContaining('gives no family "large"') }])
  })
})

describe('several task definitions are refused', () => {
  it.each<[string, readonly string[], string, RegExp]>([
    ['a deployment names none', [on('small', named('flows')), on('big')], 'task-definition-ambiguous', /deployment "big" does not say .* flows or large/],
    ['a deployment names what there is not', [on('small', named('flows')), on('big', named('larg'))], 'prefect-file-invalid', /\{\{ task_definition_arn\.larg \}\}: .* no family "larg"/],
    ['a deployment names no family', [on('small', '"{{ task_definition_arn }}"')], 'task-definition-ambiguous', /has several task definitions/],
    ['what a deployment names comes to nothing', [on('small', '"{{ nothing }}"')], 'task-definition-ambiguous', /deployment "small" does not say/],
  ])('when %s', async (_, deployments, code, message) => {
    expect(await failuresOf({ files: { 'prefect.yaml': fileOf(...deployments) } })).toMatchObject([
      { code, message: expect.stringMatching(message), location: { file: 'prefect.yaml', line: expect.any(Number) } },
    ])
  })

  it('with the nearest family as a hint', async () => {
    expect(await failuresOf({ files: { 'prefect.yaml': fileOf(on('big', named('larg'))) } })).toMatchObject([
      { hint: 'Did you mean {{ task_definition_arn.large }}? There are {{ task_definition_arn.flows }}, {{ task_definition_arn.large }}.' },
    ])
  })

  it('without credentials too, when a deployment names what there is not', async () => {
    const failures = await failuresOf(
      { files: { 'prefect.yaml': fileOf(on('big', named('larg'))) } }, { ...onPullRequest({ from: 'stranger/flows' }), ...NO_CREDENTIALS },
    )

    expect(failures).toMatchObject([{ code: 'prefect-file-invalid' }])
  })

  it.each([
    ['two files', 'task-definition.json\nlarge.json', 'large.json and task-definition.json are of the same family "flows"'],
    ['a file and a revision', `task-definition.json, flows:1`, 'flows:1 and task-definition.json are of the same family "flows"'],
    ['a family and an ARN', `flows, ${revisionArn('flows', 1)}`, `${revisionArn('flows', 1)} and flows are of the same family "flows"`],
  ])('when %s are of one family', async (_, input, message) => {
    expect(await failuresOf({ files: { 'large.json': definition('flows') } }, { 'INPUT_TASK-DEFINITION': input })).toMatchObject([
      { code: 'task-definition-invalid', message },
    ])
  })

  const arm = { 'large.json': definition('large', { runtimePlatform: { cpuArchitecture: 'ARM64' } }) }

  it('when they run the one image on different platforms', async () => {
    expect(await failuresOf({ files: arm })).toMatchObject([
      { code: 'platform-mismatch', message: expect.stringContaining('"flows" on linux/amd64, "large" on linux/arm64') },
    ])
  })

  it('on different platforms, unless it is said what the image is for', async () => {
    const { log, plan } = await project({ files: arm }).step({ ...SEVERAL, INPUT_PLATFORM: 'linux/amd64' })

    expect(log.failures).toEqual([])
    expect(plan?.warnings).toMatchObject([{ code: 'platform-differs', message: expect.stringContaining('"large"'), file: 'large.json' }])
  })
})

describe('several task definitions with pin: pool', () => {
  const PINNED = { ...SEVERAL, INPUT_PIN: 'pool' }
  const pools = { workPools: [aPool(['task_definition_arn']), { ...aPool(['task_definition_arn']), name: 'large' }] }
  const defaultsOf = ({ ports }: Project) =>
    ports.workspace.workPools.map(({ name, baseJobTemplate }) => [name, /:task-definition\/([^"]+)/.exec(JSON.stringify(baseJobTemplate))?.[1]])

  it('pin each pool to the one that its deployments name', async () => {
    const it = project({ files: { 'prefect.yaml': fileOf(on('small', named('flows')), on('big', named('large'), 'large')) }, ports: pools })
    const { log } = await it.step(PINNED)

    expect(log.failures).toEqual([])
    expect(defaultsOf(it)).toEqual([['ecs', 'flows:2'], ['large', 'large:1']])
    expect(arnsOf(it)).toEqual({ small: {}, big: {} })
  })

  it('write nothing and read no flow again when nothing changed', async () => {
    const { ports, step } = project({ files: { 'prefect.yaml': fileOf(on('small', named('flows')), on('big', named('large'), 'large')) }, ports: pools })
    await step(PINNED)
    const before = [ports.writes.length, ports.docker.runs.length]
    await step(PINNED)

    expect([ports.writes.length, ports.docker.runs.length]).toEqual(before)
  })

  it('are refused when those of one pool name different ones', async () => {
    expect(await failuresOf({}, PINNED)).toMatchObject([{
      code: 'task-definition-ambiguous', message: expect.stringContaining('work pool "ecs" name several'), location: { file: 'prefect.yaml' },
    }])
  })

  it('leave a deployment its own definition, which says nothing of the pool', async () => {
    const own = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/other:3'
    const it = project({ files: { 'prefect.yaml': fileOf(on('own', own), on('small', named('flows'))) }, ports: pools })
    await it.step(PINNED)

    expect(defaultsOf(it)).toEqual([['ecs', 'flows:2'], ['large', undefined]])
    expect(arnsOf(it).own).toEqual({ task_definition_arn: own })
  })
})
