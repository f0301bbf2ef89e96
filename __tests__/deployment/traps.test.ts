import { describe, expect, it } from '@jest/globals'
import { aConfig, desire } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool, aTaskDefinition, without } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import type { FlowTaskDefinition } from '../../src/deployment/judged.ts'
import { trapsOf } from '../../src/deployment/traps.ts'
import type { Traps } from '../../src/deployment/traps.ts'
import type { LiveWorkPool } from '../../src/prefect-ports.ts'

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:key'
const KEY = { name: 'PREFECT_API_KEY', valueFrom: SECRET }
const WITH_SECRET = { containerDefinitions: [{ name: 'prefect', image: 'flows', secrets: [KEY] }] }
const OWN_KEY = `{prefect_api_key_secret_arn: ${SECRET}}`
const EC2 = { requiresCompatibilities: ['EC2'] }
const TWO = { containerDefinitions: [{ name: 'proxy', image: 'proxy:1' }, { name: 'flow', image: 'flows' }] }

describe('the login of a run', () => {
  it.each([
    ['a variable of the deployment', {}, OWN_KEY, {}, /^deployment "nightly" has prefect_api_key_secret_arn, so .* no such secret/],
    ['a variable of the pool', { prefect_api_key_secret_arn: SECRET }, '{}', {}, /^work pool "ecs" has prefect_api_key_secret_arn, so/],
    ['an auth string', { prefect_api_auth_string_secret_arn: SECRET }, '{}', {}, /leaves PREFECT_API_AUTH_STRING out/],
    ['a secret', {}, '{}', WITH_SECRET, /has the secret PREFECT_API_KEY, but work pool "ecs" has no prefect_api_key_secret_arn/],
  ])('is refused with %s alone', (_, settings, jobVariables, definition, message) => {
    const { problems } = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition) })

    expect(problems.filter(({ code }) => code === 'secret-mismatch')).toMatchObject([{ message: expect.stringMatching(message) }])
  })

  it.each([
    ['the variable and the secret', { prefect_api_key_secret_arn: SECRET }, '{}', WITH_SECRET],
    ['neither', {}, '{}', {}],
    ['a secret, and the plain value taken away', {}, '{env: {PREFECT_API_KEY: null}}', WITH_SECRET],
    ['a variable that the deployment takes away', { prefect_api_key_secret_arn: SECRET }, '{prefect_api_key_secret_arn: null}', {}],
    ['a file of variables', { prefect_api_key_secret_arn: SECRET }, '{}',
      { containerDefinitions: [{ name: 'prefect', image: 'flows', environmentFiles: [{ type: 's3', value: 'arn' }] }] }],
  ])('passes with %s', (_, settings, jobVariables, definition) => {
    expect(traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition) }).problems).toEqual([])
  })

  it('is no matter of this release with a task definition of its own', () => {
    const own = `{task_definition_arn: other:3, prefect_api_key_secret_arn: ${SECRET}}`

    const { problems } = traps(own, { taskDefinition: aTaskDefinition() })

    expect(problems).toEqual([])
  })

  it('stays plain where an older pool lacks the variable, which is a warning at its line', () => {
    const pool = without(anEcsPool(), 'prefect_api_key_secret_arn')

    const { problems, warnings } = traps(OWN_KEY, { pool })

    expect(problems).toEqual([])
    expect(warnings).toMatchObject([{ code: 'secret-variable-unused', location: { file: 'prefect.yaml', line: 5 } }])
  })

  it('tells how to do without the variable where the pool lacks it', () => {
    const pool = without(anEcsPool(), 'prefect_api_key_secret_arn')

    const { problems } = traps('{}', { pool, taskDefinition: aTaskDefinition(WITH_SECRET) })

    expect(problems).toMatchObject([{ code: 'secret-mismatch', hint: expect.stringContaining('env: {PREFECT_API_KEY: null}') }])
  })
})

describe("a run's overrides", () => {
  it.each([
    ['go to the first container, a sidecar', {}, '{}', /work pool "ecs" gives .* to container "proxy".*runs in "flow"/],
    ['go to a container that there is not', {}, '{container_name: app}', /deployment "nightly" gives .* to a container "app", which/],
    ['go to another container than is told', { 'container_name:': 'proxy' }, '{container_name: flow}', /neither command nor environment/],
  ])('are refused when they %s', (_, settings, jobVariables, message) => {
    const { problems } = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(TWO, 'flow') })

    expect(problems).toMatchObject([{ code: 'container-ambiguous', message: expect.stringMatching(message) }])
  })

  it('can only follow the name "prefect" where an older pool has no variable for it', () => {
    const { problems } = traps('{}', { pool: without(anEcsPool(), 'container_name'), taskDefinition: aTaskDefinition(TWO, 'flow') })

    expect(problems).toMatchObject([{ hint: 'Work pool "ecs" has no variable container_name: name the container "prefect".' }])
  })

  it.each([
    ['the pool names it', { container_name: 'flow' }, '{}', 'flow', TWO],
    ['the deployment names it', { container_name: 'x' }, '{container_name: flow}', 'flow', TWO],
    ['it is the first', {}, '{}', 'proxy', TWO],
    ['it is called prefect', {}, '{}', 'prefect', { containerDefinitions: [{ name: 'a', image: 'a:1' }, { name: 'prefect', image: 'b' }] }],
    ['the name is known only to the worker', {}, '{container_name: "{{ prefect.blocks.string.name }}"}', 'flow', TWO],
  ])('reach the container of the flow when %s', (_, settings, jobVariables, container, definition) => {
    const { problems } = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition, container) })

    expect(problems).toEqual([])
  })
})

describe('what the worker refuses', () => {
  it.each([
    ['{network_configuration: {subnets: [a]}}', {}, {}, 'deployment "nightly" has a network_configuration without vpc_id', 5],
    ['{}', { network_configuration: { subnets: ['a'] } }, {}, 'work pool "ecs" has a network_configuration without vpc_id', 5],
    ['{configure_cloudwatch_logs: true}', {}, {}, 'configure_cloudwatch_logs and a task definition without executionRoleArn', 5],
    ['{cloudwatch_logs_options: {mode: x}}', {}, {}, 'has cloudwatch_logs_options without configure_cloudwatch_logs', 5],
    ['{}', {}, EC2, 'work pool "ecs" has launch type FARGATE, but requiresCompatibilities of the task definition', 5],
    ['{launch_type: FARGATE_SPOT}', { launch_type: 'EC2' }, EC2, 'deployment "nightly" has launch type FARGATE_SPOT', 5],
    ['{}', {}, { networkMode: 'bridge' }, 'but the task definition has another network mode than awsvpc', 5],
  ])('with %s, pool %j and definition %j is told at its line', (jobVariables, settings, definition, message, line) => {
    const { problems } = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition) })

    expect(problems).toMatchObject([{ code: 'worker-would-refuse', message: expect.stringContaining(message), location: { line } }])
  })

  it('is not guessed from a launch type that only the worker knows', () => {
    const pool = anEcsPool({ 'task_run_request.launchType:': '{{ prefect.variables.launch_type }}' })

    const { problems } = traps('{}', { pool, taskDefinition: aTaskDefinition(EC2) })

    expect(problems).toEqual([])
  })

  it('of a pool is told once, where its first deployment is', () => {
    const pool = anEcsPool({ network_configuration: { subnets: ['a'] } })
    const trapped = ['one', 'two', 'three'].map((tag) => {
      const config = aConfig(`tags: [${tag}]`)
      return { config, pool, desired: { ...desire(config, { pool }).desired, name: tag } }
    })

    expect(trapsOf(trapped, []).problems).toHaveLength(1)
  })

  it('is a matter of ECS pools only: what runs a push pool is not open', () => {
    const pool = anEcsPool({ network_configuration: { subnets: ['a'] } })

    expect(traps('{}', { pool: { ...pool, type: 'kubernetes' } }).problems).toEqual([])
    expect(traps('{}', { pool: { ...pool, type: 'ecs:push' } }).problems).toEqual([])
  })
})

describe('a job variable', () => {
  it.each([
    ['{cpus: 4}', {}, {}, 'job-variable-unknown', '"cpus" of deployment "nightly" is unknown to work pool "ecs"'],
    ['{cluster.name: x}', { 'cluster:': 'prod', 'task_run_request.cluster:': 'prod' }, {}, 'job-variable-ignored', 'does not refer to it'],
    ['{family: x}', {}, {}, 'job-variable-ignored', '"family" of deployment "nightly" has no effect: the worker makes no'],
    ['{execution_role_arn: x}', {}, {}, 'job-variable-ignored', 'it runs a registered one'],
    ['{}', { image: 'prefecthq/prefect:3-latest' }, {}, 'image-ignored', 'has by default the image prefecthq/prefect:3-latest'],
    ['{}', { 'task_definition.containerDefinitions:': [{ image: 'x:1' }] }, {}, 'image-ignored', 'in its template the image x:1'],
    ['{cpu: 512}', {}, { cpu: '256' }, 'size-overridden', '"nightly" has cpu 512, which beats the 256 of task definition "flows"'],
    ['{}', { memory: 4096 }, { memory: '2 GB' }, 'size-overridden', 'work pool "ecs" has memory 4096, which beats the 2048'],
    ['{cpu: 512}', { memory: 8192 }, { cpu: '512', memory: '8 GB' }, 'fargate-size', '"nightly": Fargate gives no 8192 MiB'],
  ])('%s with pool %j and definition %j is a warning', (jobVariables, settings, definition, code, message) => {
    const { problems, warnings } = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition) })

    expect(problems).toEqual([])
    expect(warnings).toMatchObject([{ code, message: expect.stringContaining(message), location: { line: 5 } }])
  })

  it.each([
    ['{cpu: 1024, memory: 2048}', {}, { cpu: '1 vCPU', memory: '2GB' }],
    ['{env: {A: b}, env.C: d, launch_type: FARGATE, cluster: x, labels: {a: b}}', {}, {}],
    ['{cpu: 100}', { launch_type: 'EC2' }, {}],
  ])('%s with pool %j and definition %j is none', (jobVariables, settings, definition) => {
    const found = traps(jobVariables, { pool: anEcsPool(settings), taskDefinition: aTaskDefinition(definition) })

    expect(found).toEqual({ problems: [], warnings: [] })
  })

  it('may be for the task definition that the worker makes', () => {
    expect(traps('{family: x, execution_role_arn: y, configure_cloudwatch_logs: true}')).toEqual({ problems: [], warnings: [] })
  })

  it('cpu counts with the memory that the worker gives by default', () => {
    const { warnings } = traps('{cpu: 4096}')

    expect(warnings).toMatchObject([{ code: 'fargate-size', hint: 'With 4096 CPU units there are 8192 to 30720 in steps of 1024 MiB.' }])
  })

  it.each([
    ['flows:latest', 1], ['registry:5000/flows', 1], ['flows:1.4', 0], ['registry:5000/flows:latest@sha256:0', 0],
  ])('image: %s gives %i warnings', (image, count) => {
    const { warnings } = traps(`{image: "${image}"}`)

    expect(warnings.filter(({ code }) => code === 'image-unpinned')).toHaveLength(count)
  })

  it.each([
    [{ task_definition_arn: 'arn:aws:ecs:eu:1:task-definition/other:3' }, 'by default'],
    [{ 'task_run_request.taskDefinition:': 'other:3' }, 'in its template'],
  ])('image is not used where the pool has %j', (settings, how) => {
    const { warnings } = traps('{}', { pool: anEcsPool(settings) })

    expect(warnings).toMatchObject([{ code: 'image-ignored', message: expect.stringContaining(`${how} a task definition of its own`) }])
  })

  it('names the family of this release as well as its revision', () => {
    const { problems } = traps('{task_definition_arn: flows}', { taskDefinition: aTaskDefinition(EC2) })

    expect(problems).toMatchObject([{ code: 'worker-would-refuse' }])
  })
})

it('judges a deployment by the task definition that it names, of several', () => {
  const config = aConfig('work_pool: {name: ecs, job_variables: {task_definition_arn: "{{ task_definition_arn.large }}"}}')
  const [flows, large] = [aTaskDefinition(), { ...aTaskDefinition(EC2), family: 'large' }]
  const { desired } = desire(config, { pool: anEcsPool(), families: ['flows', 'large'] })
  const judge = (definitions: readonly FlowTaskDefinition[]) => trapsOf([{ desired, config, pool: anEcsPool() }], definitions).problems.map(({ code }) => code)

  expect(judge([flows, large])).toEqual(['worker-would-refuse'])
  expect(judge([{ ...large, family: 'flows' }, { ...flows, family: 'large' }])).toEqual([])
})

type Given = { readonly pool?: LiveWorkPool; readonly taskDefinition?: FlowTaskDefinition }

function traps(jobVariables: string, { pool = anEcsPool(), taskDefinition }: Given = {}): Traps {
  const taskDefinitions = taskDefinition === undefined ? [] : [taskDefinition]
  const config = aConfig(`work_pool: {name: ecs, job_variables: ${jobVariables}}`)
  const { desired } = desire(config, { pool, families: taskDefinitions.map(({ family }) => family) })
  return trapsOf([{ desired, config, pool }], taskDefinitions)
}
