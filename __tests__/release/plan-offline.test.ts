import { describe, expect, it } from '@jest/globals'
import { onPullRequest } from '../../__fixtures__/events.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import type { FakeLog } from '../../__fixtures__/fake-log.ts'
import { aTaskDefinition } from '../../__fixtures__/fake-task-definitions.ts'
import { planViolations } from '../../__fixtures__/plan-schema.ts'
import { aProject, CREDENTIALS, NO_CREDENTIALS } from '../../__fixtures__/project.ts'
import type { Project, ProjectOptions } from '../../__fixtures__/project.ts'
import type { Inputs } from '../../src/inputs.ts'
import { planOffline } from '../../src/release/plan-offline.ts'
import { planRelease } from '../../src/release/plan-release.ts'
import type { Ports } from '../../src/ports.ts'
import type { Outcome, ReleasePlan } from '../../src/release-plan.ts'

const FORK = { ...onPullRequest({ from: 'stranger/flows' }), ...NO_CREDENTIALS }

type Planned = { readonly plan: ReleasePlan; readonly outcome: Outcome; readonly log: FakeLog; readonly project: Project }

/** Plans a project with ports of which all that need credentials fail when they are touched. */
async function plan(options: ProjectOptions = {}, environment: Readonly<Record<string, string>> = {}): Promise<Planned> {
  const project = aProject(options)
  const log = createFakeLog()
  const planned = await planOffline(project.inputs({ ...FORK, ...environment }), withoutCredentials(project.ports), log)
  return { ...planned, log, project }
}

function withoutCredentials(ports: Ports): Ports {
  const refusing = <P extends keyof Ports>(port: P, allowed: readonly (keyof Ports[P])[] = []) => ({
    [port]: new Proxy<Ports[P] & object>(ports[port], {
      get: (target, method) => {
        if (!allowed.some((name) => name === method)) throw new Error(`${port}.${String(method)} needs credentials`)
        return Reflect.get(target, method)
      },
    }),
  })
  return {
    ...ports, ...refusing('account'), ...refusing('registry'), ...refusing('services'), ...refusing('workspace'), ...refusing('survey'),
    ...refusing('pullRequests'), ...refusing('comments'), ...refusing('taskDefinitions', ['check']),
  }
}

const deployment = (lines: string, entrypoint = 'flows/etl.py:etl') => ({
  'prefect.yaml': `deployments:\n- name: nightly\n  entrypoint: ${entrypoint}\n  work_pool: {name: ecs}\n${lines.split('\n').map((line) => `  ${line}\n`).join('')}`,
})
const whats = ({ plan: { omissions } }: Planned) => omissions.map(({ what }) => what)
const codes = ({ plan: { warnings } }: Planned) => warnings.map(({ code }) => code)

describe('a plan without credentials', () => {
  it('says what the checkout says: fingerprint, task definition, deployments and their next runs', async () => {
    const { plan: { image, taskDefinitions, service, deployments, dryRun } } = await plan()

    expect(dryRun).toBe(true)
    expect(image).toEqual({
      action: 'unknown', repository: 'flows', tag: expect.stringMatching(/^tree-/), fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/), reference: null,
      createsRepository: false, tags: [],
    })
    expect(taskDefinitions).toEqual([{ action: 'unknown', family: 'flows', container: 'prefect', arn: null, previousArn: null, changes: [] }])
    expect(service).toBeNull()
    expect(deployments).toEqual([{
      name: 'etl/nightly', id: null, url: null, action: 'unknown', takeover: false, changes: [], hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      schedules: [{ label: '0 3 * * *', rule: '0 3 * * *', timezone: 'UTC', active: true, next: [expect.any(String), expect.any(String), expect.any(String)] }],
    }])
  })

  it('has the fingerprint of the plan with credentials, and never its hash', async () => {
    const { plan: offline, project } = await plan()
    const online = await planRelease(project.inputs(onPullRequest()), project.ports, createFakeLog())

    expect(offline.image.fingerprint).toBe(online.plan.image.fingerprint)
    expect(offline.hash).not.toBe(online.plan.hash)
  })

  it('has the same hash for the same checkout, and another one for another', async () => {
    const [one, same, other] = [await plan(), await plan(), await plan({ files: deployment('tags: [daily]') })]

    expect(one.plan.hash).toBe(same.plan.hash)
    expect(one.plan.hash).not.toBe(other.plan.hash)
  })

  it('builds the image and reads its flows, but pushes and writes nothing', async () => {
    const { project: { ports } } = await plan()

    expect(ports.docker.builds).toHaveLength(1)
    expect(ports.docker.runs).toHaveLength(1)
    expect([ports.docker.pushes, ports.docker.pulls, ports.writes]).toEqual([[], [], []])
  })

  it('names everything that it leaves out, and why', async () => {
    const planned = await plan()

    expect(whats(planned)).toEqual([
      'Whether the image is in ECR already', 'Differences from the live task definition "flows"', 'Whether the worker service "worker" restarts',
      'Differences from the live deployments', 'The impact on runs, and deployments that only the server has',
      'Whether the work pools take the job variables',
    ])
    expect(planned.plan.omissions.every(({ reason }) => reason === 'pull requests from forks get no credentials')).toBe(true)
  })

  it('is valid by the schema of plans', async () => {
    expect(planViolations((await plan({ files: deployment('tags: ["{{ prefect.variables.tag }}"]') })).plan)).toEqual([])
  })

  it('says what came of it: nothing', async () => {
    expect((await plan()).outcome).toEqual({
      image: undefined, revisions: {}, serviceStatus: undefined, failure: undefined,
      deployments: [{ name: 'etl/nightly', id: null, action: 'unknown', url: null }],
    })
  })

  it('leaves out a task definition that is not in the checkout', async () => {
    const planned = await plan({}, { 'INPUT_TASK-DEFINITION': 'flows' })

    expect(planned.plan.taskDefinitions).toEqual([])
    expect(whats(planned)).toContain('The task definition "flows", which is not in the checkout; the fingerprint is that of an image for linux/amd64')
  })

  it('judges the template of a work pool, and leaves out what only the live pool tells', async () => {
    const template = (job: string) => JSON.stringify({ name: 'ecs', type: 'ecs', base_job_template: {
      job_configuration: { image: job }, variables: { type: 'object', properties: { image: { type: 'string' } } },
    } })
    const input = { 'INPUT_WORK-POOL-TEMPLATE': 'pool.json' }

    expect(whats(await plan({ files: { 'pool.json': template('{{ image }}') } }, input))).toContain('Differences from the live work pool of "pool.json"')
    await expect(plan({ files: { 'pool.json': template('{{ imag }}') } }, input)).rejects.toMatchObject({
      code: 'work-pool-template-invalid', message: expect.stringContaining('{{ imag }}'),
    })
  })

  it('does without the name of the repository, which a fork may not know', async () => {
    const { plan: { image }, project: { ports } } = await plan({}, { 'INPUT_ECR-REPOSITORY': '', 'INPUT_AWS-REGION': '' })

    expect(image).toMatchObject({ action: 'unknown', repository: 'unknown-repository' })
    expect(ports.docker.builds[0]?.request.tag).toBe(`unknown-repository:${image.tag ?? ''}`)
  })

  it('neither builds nor pulls an image that is given', async () => {
    const planned = await plan({}, { INPUT_IMAGE: 'v1' })

    expect(planned.plan.image).toEqual({ action: 'unknown', repository: 'flows', tag: 'v1', fingerprint: null, reference: null, createsRepository: false, tags: [] })
    expect(planned.project.ports.docker).toMatchObject({ builds: [], pulls: [], runs: [] })
    expect(whats(planned)).toEqual(expect.arrayContaining(['Whether there is an image "v1"', 'The flow of deployment "nightly"']))
  })

  it('takes no image for another one', async () => {
    const hashes = await Promise.all(['v1', 'v2'].map(async (image) => (await plan({}, { INPUT_IMAGE: image })).plan.hash))

    expect(new Set(hashes).size).toBe(2)
  })

  it('warns of the traps that the checkout shows', async () => {
    const planned = await plan({
      files: {
        ...deployment('schedules: [{interval: 3600}]'),
        'task-definition.json': JSON.stringify(aTaskDefinition({ requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '8192' })),
      },
    })

    expect(codes(planned)).toEqual(expect.arrayContaining(['interval-unanchored', 'schedule-without-slug', 'fargate-size']))
  })
})

describe('values of the workspace', () => {
  it('stay placeholders in names', async () => {
    const { plan: { deployments } } = await plan({
      files: { 'prefect.yaml': 'deployments:\n- name: "{{ prefect.variables.stage }}"\n  entrypoint: flows/etl.py:etl\n  work_pool: {name: "{{ prefect.variables.pool }}"}\n' },
    })

    expect(deployments.map(({ name }) => name)).toEqual(['etl/{{ prefect.variables.stage }}'])
  })

  it('are left out of the check of parameters, whose other values are checked', async () => {
    const schema = { type: 'object', properties: { day: { type: 'integer' }, limit: { type: 'integer' } } }
    const ports = { flows: { 'flows/etl.py:etl': { parameterSchema: schema } } }
    const open = 'parameters: {day: "{{ prefect.variables.day }}"'
    const planned = await plan({ ports, files: deployment(`${open}, limit: 3}`) })

    expect(whats(planned)).toContain('Values of the workspace (variable day)')
    await expect(plan({ ports, files: deployment(`${open}, limit: many}`) })).rejects.toMatchObject({ code: 'parameters-invalid', location: { file: 'prefect.yaml', line: 5 } })
  })

  it('make another plan in another place, or of another kind', async () => {
    const hashes = await Promise.all(['tags: ["{{ prefect.variables.a }}"]', 'tags: ["x-{{ prefect.variables.a }}"]', 'tags: ["{{ prefect.blocks.secret.a }}"]']
      .map(async (lines) => (await plan({ files: deployment(lines) })).plan.hash))

    expect(new Set(hashes).size).toBe(3)
  })

  it.each([
    ['when a schedule runs', 'schedules: [{cron: "{{ prefect.variables.cron }}"}, {cron: "0 4 * * *", slug: fixed}]', '1 of the 2 schedules of deployment "nightly"'],
    ['all tags', 'tags: "{{ prefect.variables.tags }}"', 'The tags of deployment "nightly"'],
  ])('that decide %s are named and left out', async (_, lines, what) => {
    const planned = await plan({ files: deployment(lines) })

    expect(whats(planned)).toContain(what)
    expect(planned.log.failures).toEqual([])
  })

  it('leave other schedules in their places', async () => {
    const lines = 'schedules:\n- {cron: "{{ prefect.variables.cron }}"}\n- {cron: "0 25 * * *"}'

    await expect(plan({ files: deployment(lines) })).rejects.toMatchObject({ code: 'prefect-file-invalid', location: { line: 7 } })
  })

  it('that tell where a flow is leave that flow unread, and no other', async () => {
    const file = `deployments:
- {name: nightly, entrypoint: "flows/{{ prefect.variables.file }}.py:load_all", work_pool: {name: ecs}}
- {name: daily, entrypoint: "flows/etl.py:etl", work_pool: {name: ecs}}
`
    const planned = await plan({ files: { 'prefect.yaml': file } })

    expect(planned.plan.deployments.map(({ name }) => name)).toEqual(['load-all/nightly', 'etl/daily'])
    expect(whats(planned)).toContain('The flow of deployment "nightly"')
  })
})

describe('code that is elsewhere', () => {
  it('is left unread', async () => {
    const planned = await plan({ files: deployment('pull: [{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/other.git"}}]') })

    expect(planned.plan.deployments.map(({ name }) => name)).toEqual(['etl/nightly'])
    expect(whats(planned)).toContain('The flow of deployment "nightly"')
    expect(planned.project.ports.docker.runs).toEqual([])
  })
})

describe('what is wrong in the checkout is red all the same', () => {
  it.each([
    ['a flow that is not there', { files: deployment('', 'flows/gone.py:etl') }, 'entrypoint-missing'],
    ['a deployment without entrypoint', { files: { 'prefect.yaml': 'deployments: [{name: a, work_pool: {name: ecs}}]' } }, 'prefect-file-invalid'],
    ['a task definition without the container', { files: { 'task-definition.json': JSON.stringify(aTaskDefinition({ containerDefinitions: [{ name: 'a', image: 'a' }, { name: 'b', image: 'b' }] })) } }, 'container-missing'],
    ['a placeholder without value in a name', { files: { 'prefect.yaml': 'deployments:\n- {name: "{{ $NOTHING }}", entrypoint: "a.py:a", work_pool: {name: ecs}}\n' } }, 'prefect-file-invalid'],
  ] satisfies [string, ProjectOptions, string][])('%s', async (_, options, code) => {
    await expect(plan(options)).rejects.toMatchObject({ code })
  })
})

describe('how it is told', () => {
  it('a fork gets a notice and no warning', async () => {
    const planned = await plan()

    expect(planned.log.lines).toContain('notice: The plan is made without AWS and Prefect: pull requests from forks get no credentials')
    expect(codes(planned)).not.toContain('credentials-missing')
  })

  it('a pull request of the same repository gets a warning that says what to add', async () => {
    const planned = await plan({}, { ...onPullRequest(), 'INPUT_ROLE-TO-ASSUME': CREDENTIALS['INPUT_ROLE-TO-ASSUME'], 'INPUT_PREFECT-API-URL': 'http://127.0.0.1:4200/api' })

    expect(planned.plan.warnings.filter(({ code }) => code === 'credentials-missing')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('AWS'), hint: expect.stringContaining('id-token: write') }),
    ])
    expect(planned.log.lines.filter((line) => line.startsWith('notice: The plan is made without'))).toEqual([])
  })
})

describe('dry-run-build: false', () => {
  const NO_BUILD = { 'INPUT_DRY-RUN-BUILD': 'false' }
  const online = async (project: Project, environment: Readonly<Record<string, string>>) => {
    const inputs: Inputs = project.inputs({ ...onPullRequest(), ...NO_BUILD, ...environment })
    return (await planRelease(inputs, project.ports, createFakeLog())).plan
  }

  it('touches no container engine without credentials', async () => {
    const planned = await plan({ files: deployment('parameters: {limit: many}', 'flows/load_all.py:load_all') }, NO_BUILD)

    expect(planned.project.ports.docker).toMatchObject({ builds: [], pulls: [], runs: [] })
    expect(planned.plan.deployments.map(({ name }) => name)).toEqual(['load-all/nightly'])
    expect(whats(planned)).toContain('The flow of deployment "nightly"')
  })

  it('with credentials takes the flow of a new deployment from its entrypoint', async () => {
    const project = aProject()
    const { deployments, omissions, image } = await online(project, {})

    expect(image.action).toBe('build')
    expect(project.ports.docker).toMatchObject({ builds: [], pulls: [], runs: [] })
    expect(deployments).toMatchObject([{ name: 'etl/nightly', action: 'create' }])
    expect(deployments[0]?.changes.map(({ path }) => path)).not.toContain('parameter_openapi_schema')
    expect(omissions).toEqual([{ what: 'The flow of deployment "nightly"', reason: expect.stringContaining('dry-run-build is false') }])
  })

  it('with credentials keeps the schema that is live, and checks no new parameter by it', async () => {
    const schema = { type: 'object', additionalProperties: false, properties: { day: { type: 'string' } } }
    const project = aProject({ ports: { flows: { 'flows/etl.py:etl': { parameterSchema: schema } } } })
    await project.step()
    project.edit('flows/etl.py', 'etl = 2\n')
    project.edit('prefect.yaml', deployment('parameters: {limit: 3}')['prefect.yaml'])
    const { deployments } = await online(project, {})

    const paths = deployments.flatMap(({ changes }) => changes.map(({ path }) => path))
    expect(paths).toContain('parameters.limit')
    expect(paths.filter((path) => /schema|pull_steps|description/.test(path))).toEqual([])
  })

  it('keeps the schema of a deployment whose flow moved to another file', async () => {
    const project = aProject()
    await project.step()
    project.edit('prefect.yaml', deployment('schedules: [{cron: "0 3 * * *"}]', 'flows/moved.py:etl')['prefect.yaml'])
    project.edit('flows/moved.py', 'etl = 2\n')
    const { deployments } = await online(project, {})

    expect(deployments).toMatchObject([{ action: 'update' }])
    expect(deployments[0]?.changes.map(({ path }) => path).toSorted()).toEqual(['entrypoint', 'job_variables.task_definition_arn'])
  })

  it('refuses code of another repository that nothing is known of, as the release will', async () => {
    const project = aProject({ files: deployment('pull: [{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/other.git"}}]') })

    await expect(online(project, {})).rejects.toMatchObject({ code: 'step-unsupported' })
  })

  it('reads the flows in an image that is in ECR already', async () => {
    const project = aProject()
    await project.step()
    const { omissions } = await online(project, { 'INPUT_READ-FLOWS': 'always' })

    expect(project.ports.docker.pulls).toHaveLength(1)
    expect(omissions).toEqual([])
  })

  it('means nothing to a release, which builds', async () => {
    const project = aProject()
    const { log } = await project.step(NO_BUILD)

    expect(log.failures).toEqual([])
    expect(project.ports.docker.builds).toHaveLength(1)
  })
})
