import { describe, expect, it, jest } from '@jest/globals'
import { createFakeLog } from '../__fixtures__/fake-log.ts'
import type { FakePorts } from '../__fixtures__/fake-ports.ts'
import { digestOf } from '../__fixtures__/fake-registry.ts'
import { aTaskDefinition, revisionArn } from '../__fixtures__/fake-task-definitions.ts'
import { aPool } from '../__fixtures__/prefect-files/deployments.ts'
import { aProject, PREFECT_FILE } from '../__fixtures__/project.ts'
import type { Step } from '../__fixtures__/project.ts'
import { DeployError } from '../src/errors.ts'
import { run } from '../src/main.ts'
import type { JsonObject } from '../src/planned.ts'
import type { Ports } from '../src/ports.ts'
import type { PrefectWrite } from '../src/prefect-ports.ts'

const REPOSITORY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/flows'

const failed = (code: DeployError['code']) => new DeployError(code, `the ${code} of this test`)

describe('a first release', () => {
  it('writes image, task definition, service and deployments in this order', async () => {
    const { ports, step } = aProject()
    await step()

    expect(ports.writes).toEqual([
      'push image', 'register flows', 'update service to flows:2',
      'create flow', 'create deployment', 'unpause deployment', 'schedule runs',
    ])
  })

  it('gives task definition, service and deployment the digest that the registry has', async () => {
    const { ports, step } = aProject()
    const { log, plan } = await step()
    const image = `${REPOSITORY}@${digestOf(plan?.image.tag ?? '')}`

    expect(ports.taskDefinitions.revisions.at(-1)?.definition.containerDefinitions).toEqual([{ name: 'prefect', image }])
    expect(ports.services.updates).toEqual([revisionArn('flows', 2)])
    expect(ports.workspace.deployments).toMatchObject([
      { name: 'nightly', flowName: 'etl', paused: false, fields: { job_variables: { task_definition_arn: revisionArn('flows', 2) } } },
    ])
    expect(log.outputs).toMatchObject({
      image, 'image-built': 'true', 'service-status': 'rolled', changed: 'true', created: '1', updated: '0', unchanged: '0',
      'task-definition-arn': revisionArn('flows', 2), 'previous-task-definition-arn': revisionArn('flows', 1),
    })
  })

  it('reports once, without a failure, and leaves nothing behind', async () => {
    const { ports, step } = aProject()
    const { log, plan } = await step()

    expect(log.failures).toEqual([])
    expect(log.summaries).toEqual([expect.stringContaining('## ✅ Prefect release `default`: 1 created')])
    expect(plan).toMatchObject({ version: 1, dryRun: false, hash: log.outputs['plan-hash'] })
    expect(ports.disposals()).toBe(1)
  })

  it('gives deployments the image itself when there is no task definition', async () => {
    const { ports, step } = aProject({ ports: { workPools: [aPool(['image', 'env'])] } })
    const { log } = await step({ 'INPUT_TASK-DEFINITION': '', INPUT_SERVICE: '' })

    expect(ports.writes).toEqual(['push image', 'create flow', 'create deployment', 'unpause deployment', 'schedule runs'])
    expect(ports.workspace.deployments).toMatchObject([{ fields: { job_variables: { image: log.outputs.image } } }])
  })

  it('prints the warnings of the plan at their lines', async () => {
    const { step } = aProject({ files: { 'prefect.yaml': `${PREFECT_FILE}  unknown: 1\n` } })
    const { log } = await step()

    const [warning] = log.lines.filter((line) => line.startsWith('warning:'))
    expect(warning).toMatch(/^warning: \[unsupported-key\] deployment "nightly": "unknown" .* \(prefect\.yaml:7\)$/)
  })
})

describe('a release without a change', () => {
  it('writes nothing, builds nothing, runs no container and reads no flow', async () => {
    const { ports, step } = aProject()
    await step()
    const counts = () => ({ writes: ports.writes.length, builds: ports.docker.builds.length, runs: ports.docker.runs.length })
    const before = counts()
    const { log } = await step()

    expect(counts()).toEqual(before)
    expect(ports.docker.pulls).toEqual([])
    expect(log.failures).toEqual([])
    expect(log.outputs).toMatchObject({ changed: 'false', 'image-built': 'false', 'service-status': 'unchanged', unchanged: '1' })
    expect(log.summaries).toEqual([expect.stringContaining('there was nothing to change')])
  })

  it('reads the flows all the same with flow-import: strict, since the safe loader may have read them before', async () => {
    const { ports, step } = aProject()
    await step()
    const runs = ports.docker.runs.length
    await step({ 'INPUT_FLOW-IMPORT': 'strict' })

    expect(ports.docker.runs).toHaveLength(runs + 1)
  })

  it('reads the flows all the same with read-flows: always, in the image of the registry', async () => {
    const { ports, step } = aProject()
    await step()
    const { log } = await step({ 'INPUT_READ-FLOWS': 'always' })

    expect(ports.docker.pulls).toEqual([log.outputs.image])
    expect(ports.docker.pulledPlatforms).toEqual(['linux/amd64'])
    expect(ports.docker.runs).toHaveLength(2)
    expect(log.outputs).toMatchObject({ changed: 'false' })
  })
})

describe('a changed release', () => {
  it('writes only what differs', async () => {
    const { ports, step, edit } = aProject()
    await step()
    const before = ports.writes.length
    edit('prefect.yaml', `${PREFECT_FILE}  tags: [daily]\n`)
    const { log } = await step()

    expect(ports.writes.slice(before)).toEqual(['update deployment', 'schedule runs'])
    expect(log.outputs).toMatchObject({ changed: 'true', created: '0', updated: '1', 'service-status': 'unchanged' })
  })

  it('builds, registers and rolls again when a flow changes, and changes deployments by the revision alone', async () => {
    const { ports, step, edit } = aProject()
    await step()
    const before = ports.writes.length
    edit('flows/etl.py', 'etl = 2\n')
    const { plan } = await step()

    expect(ports.writes.slice(before)).toEqual([
      'push image', 'register flows', 'update service to flows:3', 'update deployment', 'schedule runs',
    ])
    expect(plan?.deployments).toMatchObject([{
      changes: [{ path: 'job_variables.task_definition_arn', before: revisionArn('flows', 2), after: { $knownAfter: 'taskDefinition flows' } }],
    }])
  })

  it('reads the flows of one working directory in one container, of two in two', async () => {
    const at = (name: string, directory: string) => `- name: ${name}
  entrypoint: flows/etl.py:etl
  work_pool: {name: ecs}
  pull: [{prefect.deployments.steps.set_working_directory: {directory: ${directory}}}]
`
    const one = aProject({ files: { 'prefect.yaml': `deployments:\n${at('a', '/opt/one')}${at('b', '/opt/one')}` } })
    const two = aProject({ files: { 'prefect.yaml': `deployments:\n${at('a', '/opt/one')}${at('b', '/opt/two')}` } })
    await Promise.all([one.step(), two.step()])

    expect(one.ports.docker.runs.map(workingDirectoryOf)).toEqual(['/opt/one'])
    expect(two.ports.docker.runs.map(workingDirectoryOf)).toEqual(['/opt/one', '/opt/two'])
  })

  it('mounts the checkout for a deployment whose run clones it', async () => {
    const clone = '{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/flows.git"}}'
    const { ports, step } = aProject({ files: { 'prefect.yaml': `${PREFECT_FILE}  pull: [${clone}]\n` } })
    await step()

    expect(ports.docker.runs).toHaveLength(1)
    const [{ mount, hidden } = {}] = ports.docker.runs
    expect(mount?.source).toMatch(/build-folder-/)
    expect(hidden).toEqual([`${mount?.target}/.git`])
  })

  it('knows its own repository by an address from the environment', async () => {
    const clone = '{prefect.deployments.steps.git_clone: {repository: "{{ $REPO_URL }}"}}'
    const { ports, step } = aProject({ files: { 'prefect.yaml': `${PREFECT_FILE}  pull: [${clone}]\n` } })
    const { log } = await step({ REPO_URL: 'https://github.com/acme/flows.git' })

    expect(log.failures).toEqual([])
    expect(ports.docker.runs[0]?.mount).toBeDefined()
  })

  it('takes the flow from the server for a deployment whose run clones another repository', async () => {
    const clone = '{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/other.git"}}'
    const { ports, step, edit } = aProject()
    await step()
    const flow = ports.workspace.deployments[0]?.fields.parameter_openapi_schema
    edit('prefect.yaml', `${PREFECT_FILE}  pull: [${clone}]\n`)
    const { log } = await step()

    expect(log.failures).toEqual([])
    expect(ports.docker.runs).toHaveLength(1)
    expect(ports.workspace.deployments).toMatchObject([{
      flowName: 'etl', fields: { parameter_openapi_schema: flow, pull_steps: [{ 'prefect.deployments.steps.git_clone': {} }] },
    }])
  })

  it('does not create a deployment whose run clones another repository', async () => {
    const clone = '{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/other.git"}}'
    const { ports, step } = aProject({ files: { 'prefect.yaml': `${PREFECT_FILE}  pull: [${clone}]\n` } })
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'step-unsupported', location: { file: 'prefect.yaml', line: 7 } }])
    expect(ports.writes).toEqual([])
  })
})

describe('a plan', () => {
  it('builds to read the flows, and writes nothing', async () => {
    const { ports, step } = aProject()
    const { log } = await step({ GITHUB_EVENT_NAME: 'pull_request' })

    expect(ports.writes).toEqual([])
    expect(ports.docker.builds).toHaveLength(1)
    expect(ports.docker.runs).toHaveLength(1)
    expect(log.failures).toEqual([])
    expect(log.outputs).toMatchObject({ image: '', 'service-status': 'planned', changed: 'true', created: '1' })
    expect(log.summaries).toEqual([expect.stringContaining('## Prefect plan `default`: 1 to create')])
    expect(ports.disposals()).toBe(1)
  })

  it('writes nothing with dry-run on any event', async () => {
    const { ports, step } = aProject()
    const { plan } = await step({ 'INPUT_DRY-RUN': 'true' })

    expect(ports.writes).toEqual([])
    expect(plan).toMatchObject({ dryRun: true })
  })

  it('has the hash of the release that follows', async () => {
    const { step } = aProject()
    const planned = await step({ GITHUB_EVENT_NAME: 'pull_request', GITHUB_SHA: '1111111122222222' })
    const released = await step({ GITHUB_SHA: '3333333344444444' })

    expect(planned.log.outputs['plan-hash']).toMatch(/^[0-9a-f]{64}$/)
    expect(released.log.outputs['plan-hash']).toBe(planned.log.outputs['plan-hash'])
  })

  it('has the hash that it had before the image was pushed, when all else stayed', async () => {
    const { ports, step } = aProject()
    ports.taskDefinitions.failures.push(failed('aws-access-denied'))
    const built = await step()
    const reused = await step()

    expect([built.plan?.image.action, reused.plan?.image.action]).toEqual(['build', 'reuse'])
    expect(reused.log.outputs['plan-hash']).toBe(built.log.outputs['plan-hash'])
  })
})

describe('a failure of a layer', () => {
  type Failing = {
    readonly layer: string
    readonly code: DeployError['code']
    readonly writes: readonly string[]
    readonly arrange: (ports: FakePorts) => void
  }

  const UP_TO_SERVICE = ['push image', 'register flows', 'update service to flows:2']
  const onWrite = (kind: PrefectWrite['kind'], code: DeployError['code']) => ({ workspace }: FakePorts) => {
    workspace.beforeWrite = (_, write) => {
      if (write.kind === kind) throw failed(code)
    }
  }
  const CASES: readonly Failing[] = [
    { layer: 'the build', code: 'build-failed', writes: [], arrange: ({ docker }) => { docker.failures.build = failed('build-failed') } },
    {
      layer: 'the push', code: 'push-failed', writes: ['push image'],
      arrange: ({ docker }) => { docker.failures.push = failed('push-failed') },
    },
    {
      layer: 'the registration', code: 'aws-access-denied', writes: ['push image', 'register flows'],
      arrange: ({ taskDefinitions }) => { taskDefinitions.failures.push(failed('aws-access-denied')) },
    },
    {
      layer: 'the rollout that ECS leaves as it is', code: 'rollout-failed', writes: [...UP_TO_SERVICE, 'update service to flows:1'],
      arrange: ({ services }) => { services.fates.push('stopped') },
    },
    {
      layer: 'the rollout that ECS takes back', code: 'rollout-failed', writes: UP_TO_SERVICE,
      arrange: ({ services }) => { services.fates.push('rolled-back') },
    },
    {
      layer: 'the flow', code: 'prefect-request-failed', writes: [...UP_TO_SERVICE, 'create flow', 'update service to flows:1'],
      arrange: onWrite('create-flow', 'prefect-request-failed'),
    },
    {
      layer: 'the deployment', code: 'prefect-request-failed',
      writes: [...UP_TO_SERVICE, 'create flow', 'create deployment', 'update service to flows:1'],
      arrange: onWrite('create-deployment', 'prefect-request-failed'),
    },
    {
      layer: 'the last write', code: 'prefect-unreachable',
      writes: [
        ...UP_TO_SERVICE, 'create flow', 'create deployment', 'unpause deployment', 'schedule runs',
        'pause deployment', 'delete deployment', 'update service to flows:1',
      ],
      arrange: onWrite('schedule-runs', 'prefect-unreachable'),
    },
  ]

  it.each(CASES)('is one error, after what was written is put back: $layer', async ({ code, writes, arrange }) => {
    const { ports, step } = aProject()
    arrange(ports)
    const { log } = await step()

    expect(ports.writes).toEqual(writes)
    expect(log.failures).toEqual([expect.objectContaining({ code })])
    expect(ports.workspace.deployments).toEqual([])
    await expect(ports.services.describe({ cluster: 'default', service: 'worker' })).resolves.toMatchObject({
      taskDefinitionArn: revisionArn('flows', 1),
    })
    expect(ports.disposals()).toBe(1)
  })

  it.each(CASES.filter(({ code }) => code !== 'build-failed'))('is in the summary and the outputs: $layer', async ({ arrange }) => {
    const { ports, step } = aProject()
    arrange(ports)
    const { log, plan } = await step()

    expect(log.summaries).toEqual([expect.stringMatching(/^\*\*Failed\*\*/m)])
    expect(log.outputs).toMatchObject({ 'plan-hash': plan?.hash })
  })

  it('leaves a service alone that does not run the flow image', async () => {
    const { ports, step } = aProject({ ports: { workerRevision: revisionArn('worker', 1) } })
    onWrite('create-deployment', 'prefect-request-failed')(ports)
    const { log } = await step()

    expect(ports.writes).toEqual(['push image', 'register flows', 'create flow', 'create deployment'])
    expect(log.failures).toMatchObject([{ code: 'prefect-request-failed' }])
  })

  it('puts all back after the writes and names the field that the server did not take', async () => {
    const { ports, step } = aProject({ files: { 'prefect.yaml': `${PREFECT_FILE}  tags: [daily]\n` }, ports: { notTaken: ['tags'] } })
    const { log } = await step()

    expect(ports.writes.slice(-3)).toEqual(['pause deployment', 'delete deployment', 'update service to flows:1'])
    expect(ports.workspace.deployments).toEqual([])
    expect(log.failures).toMatchObject([
      { code: 'write-not-taken', message: expect.stringContaining('tags'), location: { file: 'prefect.yaml', line: 3 } },
    ])
    expect(log.summaries).toEqual([expect.stringMatching(/^\*\*Failed\*\*/m)])
  })

  it('does not say that deployments were created when they were deleted again', async () => {
    const { ports, step } = aProject()
    onWrite('schedule-runs', 'prefect-unreachable')(ports)
    const { log } = await step()

    expect(ports.workspace.deployments).toEqual([])
    expect(log.outputs).toMatchObject({ created: '0' })
  })

  it('is in the summary even when nobody foresaw it', async () => {
    const { ports, step } = aProject()
    ports.workspace.beforeWrite = () => { throw new TypeError('x is not a function') }
    const { log } = await step()

    expect(log.failures).toEqual([expect.not.objectContaining({ code: expect.anything() })])
    expect(log.summaries).toEqual([expect.stringContaining('x is not a function')])
  })

  it('stops a cancelled release, and says what had been written', async () => {
    const { ports, step } = aProject()
    ports.workspace.afterWrite = (_, { kind }) => {
      if (kind === 'create-deployment') ports.clock.sleep = () => Promise.reject(failed('cancelled'))
    }
    const { log } = await step()

    expect(ports.writes).not.toContain('unpause deployment')
    expect(ports.services.updates).toEqual([revisionArn('flows', 2)])
    expect(log.failures).toMatchObject([{ code: 'cancelled', message: expect.stringContaining('etl/nightly') }])
    expect(log.summaries).toEqual([expect.stringMatching(/^\*\*Failed\*\*/m)])
    expect(ports.disposals()).toBe(1)
  })
})

describe('what happens while a release is under way', () => {
  it('counts: a deployment that is paused meanwhile is not started', async () => {
    const { ports, step, edit } = aProject()
    await step()
    edit('flows/etl.py', 'etl = 2\n')
    const update = ports.services.update.bind(ports.services)
    ports.services.update = async (reference, arn) => {
      await update(reference, arn)
      const [live] = ports.workspace.deployments
      if (live !== undefined) ports.workspace.deployments[0] = { ...live, paused: true }
    }
    ports.workspace.runs = []
    await step()

    expect(ports.writes.slice(-1)).toEqual(['update deployment'])
    expect(ports.workspace.deployments).toMatchObject([{ paused: true }])
    expect(ports.workspace.runs).toEqual([])
  })

  it('is not taken back for a service that shall stay as it is', async () => {
    const { ports, step } = aProject()
    ports.workspace.beforeWrite = (_, write) => {
      if (write.kind === 'create-deployment') throw failed('prefect-request-failed')
    }
    const { log } = await step({ INPUT_ROLLBACK: 'false' })

    expect(ports.services.updates).toEqual([revisionArn('flows', 2)])
    expect(log.outputs['service-status']).toBe('rolled')
  })

  it('is told truly when all was written and only the reading back failed', async () => {
    const { ports, step } = aProject()
    const read = ports.workspace.read.bind(ports.workspace)
    ports.workspace.read = (query) => (ports.workspace.deployments.length > 0 ? Promise.reject(failed('prefect-unreachable')) : read(query))
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'prefect-unreachable', message: expect.stringMatching(/^Everything was written, but could not be read back/) }])
    expect(log.outputs).toMatchObject({ created: '1', 'service-status': 'rolled', 'image-built': 'true' })
  })

  it('is named in the error: what was pushed and registered stays', async () => {
    const { ports, step } = aProject()
    ports.services.fates.push('rolled-back')
    const { log } = await step()

    expect(log.failures).toMatchObject([{
      code: 'rollout-failed', message: expect.stringMatching(/This run had pushed \S+@sha256:\S+ and registered \S+flows:2; they stay, unused$/),
    }])
  })
})

describe('the account', () => {
  it('must be an allowed one before anything else is asked of AWS', async () => {
    const { ports, step } = aProject()
    const { registry, taskDefinitions, services } = ports
    const asked = [jest.spyOn(registry, 'findRepository'), jest.spyOn(taskDefinitions, 'describe'), jest.spyOn(services, 'describe')]
    const { log } = await step({ 'INPUT_ALLOWED-ACCOUNT-IDS': '111111111111, 222222222222' })

    expect(log.failures).toMatchObject([{ code: 'account-not-allowed', message: expect.stringContaining('123456789012') }])
    expect(asked.map(({ mock }) => mock.calls)).toEqual([[], [], []])
    expect(ports.docker.builds).toEqual([])
    expect(ports.disposals()).toBe(1)
  })

  it('passes when it is one of the allowed ones', async () => {
    const { log } = await aProject().step({ 'INPUT_ALLOWED-ACCOUNT-IDS': '111111111111, 123456789012' })

    expect(log.failures).toEqual([])
  })

  it('that cannot be told is the error', async () => {
    const { ports, step } = aProject()
    ports.accountFailure = failed('role-not-assumable')
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'role-not-assumable' }])
    expect(ports.writes).toEqual([])
    expect(ports.disposals()).toBe(1)
  })
})

describe('the start', () => {
  const environment = {
    GITHUB_WORKSPACE: '/nowhere', 'INPUT_AWS-REGION': 'eu-central-1', 'INPUT_ECR-REPOSITORY': 'flows',
    'INPUT_PREFECT-API-URL': 'http://127.0.0.1:4200/api',
  }
  const notToBeCalled = (): Ports => {
    throw new Error('There is nothing to connect for')
  }

  it('refuses wrong inputs before it connects to anything', async () => {
    const log = createFakeLog()
    await run({ environment: { ...environment, 'INPUT_AWS-REGION': 'Frankfurt' }, log, connect: notToBeCalled })

    expect(log.failures).toMatchObject([{ code: 'invalid-input', message: 'Input "aws-region" "Frankfurt" is not an AWS region' }])
    expect(log.summaries).toEqual([])
  })

  it('masks every secret before it connects to anything and before it prints a line', async () => {
    const log = createFakeLog()
    const seen: { masked: string[]; lines: string[] }[] = []
    await run({
      environment: {
        ...environment, 'INPUT_PREFECT-API-KEY': 'pnu_key', 'INPUT_PREFECT-API-AUTH-STRING': 'admin:password',
        'INPUT_PREFECT-HEADERS': '{"X-Access": "header-secret"}', 'INPUT_BUILD-SECRETS': 'pip=pip-token',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc-token', AWS_SECRET_ACCESS_KEY: 'aws-key', AWS_SESSION_TOKEN: 'aws-token',
      },
      log,
      connect: () => {
        seen.push({ masked: [...log.masked], lines: [...log.lines] })
        throw failed('docker-unavailable')
      },
    })

    expect(seen).toEqual([{
      masked: expect.arrayContaining([
        'pnu_key', 'admin:password', 'password', Buffer.from('admin:password').toString('base64'),
        'header-secret', 'pip-token', 'oidc-token', 'aws-key', 'aws-token',
      ]),
      lines: [],
    }])
    expect(log.failures).toMatchObject([{ code: 'docker-unavailable' }])
  })

  it('fails at the Prefect file before AWS or Prefect is asked', async () => {
    const { ports, step } = aProject({ files: { 'prefect.yaml': 'deployments: [{name: nightly}]\n' } })
    const identify = jest.spyOn(ports.account, 'identify')
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'prefect-file-invalid', location: { file: 'prefect.yaml', line: 1 } }])
    expect(identify).not.toHaveBeenCalled()
    expect(ports.workspace.reads).toBe(0)
    expect(ports.disposals()).toBe(1)
  })

  it.each(['auto', 'always'])('misses a work pool before it builds anything, with read-flows: %s', async (readFlows) => {
    const { ports, step } = aProject({ ports: { workPools: [] } })
    const { log } = await step({ 'INPUT_READ-FLOWS': readFlows })

    expect(log.failures).toMatchObject([{ code: 'work-pool-missing', location: { file: 'prefect.yaml', line: 6 } }])
    expect(ports.docker.builds).toEqual([])
  })

  it('refuses two entries that become one deployment, before any write', async () => {
    const entry = (file: string) => `- {name: prod, entrypoint: "${file}:etl", work_pool: {name: ecs}}\n`
    const { ports, step } = aProject({
      files: { 'prefect.yaml': `deployments:\n${entry('a.py')}${entry('b.py')}` },
      ports: { flows: { 'a.py:etl': {}, 'b.py:etl': {} } },
    })
    const { log } = await step()

    expect(log.failures).toMatchObject([{
      code: 'prefect-file-invalid',
      message: expect.stringMatching(/prefect\.yaml:2.* and prefect\.yaml:3.* would both be "etl\/prod"/),
      location: { file: 'prefect.yaml', line: 3 },
    }])
    expect(ports.writes).toEqual([])
  })

  it('says what is wrong with several deployments in one error', async () => {
    const second = PREFECT_FILE.replace('deployments:\n', '').replace('nightly', 'weekly')
    const parameterSchema = { type: 'object', properties: { limit: { type: 'integer', position: 0 } } }
    const { ports, step } = aProject({
      files: { 'prefect.yaml': `${PREFECT_FILE}  parameters: {limit: few}\n${second}  parameters: {limit: many}\n` },
      ports: { flows: { 'flows/etl.py:etl': { parameterSchema } } },
    })
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'parameters-invalid', message: expect.stringMatching(/^2 problems: .*nightly.*weekly/) }])
    expect(ports.writes).toEqual([])
  })
})

describe('the value of a secret block', () => {
  const SECRET = 's3cr3t-of-the-block'
  const withSecret = (key: string, parameterSchema: JsonObject) => aProject({
    files: { 'prefect.yaml': `${PREFECT_FILE}  parameters: {${key}: "{{ prefect.blocks.secret.api }}"}\n` },
    ports: { flows: { 'flows/etl.py:etl': { parameterSchema } }, blocks: { 'secret/api': { value: SECRET } } },
  })
  const everything = ({ log, plan }: Step) =>
    JSON.stringify([log.lines, log.outputs, log.summaries, log.failures.map(({ message, cause }) => [message, String(cause)]), plan])

  it('is written to the server, and shown nowhere', async () => {
    const { ports, step } = withSecret('key', { type: 'object', properties: { key: { type: 'string' } } })
    const shown = everything(await step())

    expect(ports.workspace.deployments).toMatchObject([{ fields: { parameters: { key: SECRET } } }])
    expect(shown).toContain('"after":{"key":{"$sensitive":true}}')
    expect(shown).not.toContain(SECRET)
  })

  it('is masked as soon as it is known', async () => {
    const { step } = withSecret('key', { type: 'object', properties: { key: { type: 'string' } } })

    expect((await step()).log.masked).toContain(SECRET)
  })

  it('is not in the error when it does not fit', async () => {
    const { step } = withSecret('key', { type: 'object', properties: { key: { type: 'integer', enum: [1, 2] } } })
    const result = await step()

    expect(result.log.failures).toMatchObject([{ code: 'parameters-invalid', message: expect.stringContaining('"key"') }])
    expect(everything(result)).not.toContain(SECRET)
  })
})

describe('the end', () => {
  it('keeps the error of the release when cleaning up fails as well', async () => {
    const { ports, step } = aProject()
    ports.docker.failures.push = failed('push-failed')
    ports.dispose = () => Promise.reject(new Error('the folder is busy'))
    const { log } = await step()

    expect(log.failures).toMatchObject([{ code: 'push-failed' }])
  })
})

describe('a redeploy', () => {
  it('uses the image that is given and builds nothing', async () => {
    const { ports, step } = aProject()
    const { digest } = ports.registry.addImage('flows', 'v1')
    const { log } = await step({ INPUT_IMAGE: 'v1' })

    expect(ports.docker.builds).toEqual([])
    expect(ports.docker.pulls).toEqual([`${REPOSITORY}@${digest}`])
    expect(ports.writes[0]).toBe('register flows')
    expect(log.outputs).toMatchObject({ image: `${REPOSITORY}@${digest}`, 'image-tag': 'v1', 'image-built': 'false' })
  })

  it('of an image that is not there writes nothing', async () => {
    const { ports, step } = aProject()
    const { log } = await step({ INPUT_IMAGE: 'v1' })

    expect(log.failures).toMatchObject([{ code: 'image-missing' }])
    expect(ports.writes).toEqual([])
  })
})

describe('a worker service of a family of its own', () => {
  it('gets a revision of its own with the image in the container that is named', async () => {
    const { ports, step } = aProject({ ports: { workerRevision: revisionArn('worker', 1) } })
    ports.taskDefinitions.revisions.push({ arn: revisionArn('worker', 1), active: true, definition: aTaskDefinition({ family: 'worker' }) })
    const { log } = await step({ 'INPUT_SERVICE-CONTAINER-NAME': 'prefect' })

    expect(ports.writes.slice(0, 4)).toEqual(['push image', 'register flows', 'register worker', 'update service to worker:2'])
    expect(ports.taskDefinitions.revisions.at(-1)?.definition).toMatchObject({
      family: 'worker', containerDefinitions: [{ name: 'prefect', image: log.outputs.image }],
    })
    expect(log.outputs).toMatchObject({ 'service-status': 'rolled', 'task-definition-arn': revisionArn('flows', 2) })
  })

  it('is left alone otherwise', async () => {
    const { ports, step } = aProject({ ports: { workerRevision: revisionArn('worker', 1) } })
    const { log } = await step()

    expect(ports.services.updates).toEqual([])
    expect(log.outputs).toMatchObject({ 'service-status': 'left-alone' })
  })
})

/** The folder that read_flows.py is told to read from. */
function workingDirectoryOf({ stdin }: { readonly stdin: string }): string | undefined {
  return /\\"workingDirectory\\":\\"([^"\\]*)/.exec(stdin)?.[1]
}
