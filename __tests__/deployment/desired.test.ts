import { describe, expect, it } from '@jest/globals'
import { aConfig, aFlow, aPool, ARN, desire, desired, errorOf, IMAGE, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import { findWorkPool } from '../../src/deployment/job-image.ts'
import { resultOf, sensitive } from '../../src/planned.ts'
import type { Json } from '../../src/planned.ts'

const ECS = aPool(['image', 'task_definition_arn', 'env'])
const NO_ARN = aPool(['image', 'env'])
const ONLY_ARN = aPool(['task_definition_arn'])

describe('what a deployment is to be', () => {
  it("has Prefect's defaults, the flow's metadata, the image and its working directory", () => {
    expect(desired()).toEqual({
      name: 'nightly',
      flowName: 'etl',
      location: { file: 'prefect.yaml', line: 3, column: 3 },
      paused: undefined,
      schedules: [],
      hasScheduleKey: false,
      concurrency: null,
      enforceParameterSchema: undefined,
      triggers: [],
      hasTriggersKey: false,
      slas: undefined,
      keep: [],
      version: { version: null },
      fields: {
        description: 'Loads the day.',
        tags: [],
        entrypoint: 'flows/etl.py:etl',
        pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/srv/flows' } }],
        work_pool_name: 'ecs',
        work_queue_name: null,
        job_variables: { image: resultOf('image') },
        parameters: {},
        parameter_openapi_schema: aFlow().parameterSchema,
      },
    })
  })

  it.each([
    ['description: Mine', { description: 'Mine' }],
    ['description: ""', { description: 'Loads the day.' }],
    ['description: "{{ $TEXT }}"', { description: 'from the environment' }],
    ['tags: [a, 5, true, "", " ", "{{ build-image.tag }}"]', { tags: ['a', '5', 'True', 'abc123'] }],
    ['tags: "{{ prefect.variables.tags }}"', { tags: ['x', 'y'] }],
    ['parameters: {limit: 5}', { parameters: { limit: 5 } }],
    ['parameters: {day: "{{ prefect.blocks.secret.day }}"}', { parameters: { day: sensitive('monday') } }],
    ['pull: []', { pull_steps: [] }],
    [
      'pull: [{step: {image: "{{ image }}", x: "{{ clone.directory }}"}}]',
      { pull_steps: [{ step: { image: resultOf('image'), x: '{{ clone.directory }}' } }] },
    ],
    ['work_pool: {name: ecs, work_queue_name: high}', { work_queue_name: 'high' }],
  ])('takes %s from the file', (lines, fields) => {
    const lookups = new Map<string, Json>([
      ['variable tags', ['x', 'y']],
      ['block secret/day', { value: 'monday' }],
    ])

    expect(desired(lines, { lookups, environment: { TEXT: 'from the environment' } }).fields).toMatchObject(fields)
  })

  it.each([
    ['paused: true', { paused: true }],
    ['paused: false', { paused: false }],
    ['enforce_parameter_schema: false', { enforceParameterSchema: false }],
    ['concurrency_limit: 3', { concurrency: { limit: 3, options: null } }],
    ['concurrency_limit: {limit: 3}', { concurrency: { limit: 3, options: null } }],
    [
      'concurrency_limit: {limit: 3, collision_strategy: CANCEL_NEW}',
      { concurrency: { limit: 3, options: { collision_strategy: 'CANCEL_NEW' } } },
    ],
    [
      'concurrency_limit: {limit: 3, grace_period_seconds: 60}',
      { concurrency: { limit: 3, options: { collision_strategy: 'ENQUEUE', grace_period_seconds: 60 } } },
    ],
    ['concurrency_limit: {collision_strategy: CANCEL_NEW}', { concurrency: null }],
    ['schedules: []', { schedules: [], hasScheduleKey: true }],
    [
      'schedule: {cron: "{{ prefect.variables.cron }}", active: "{{ $ON }}"}',
      { schedules: [{ label: '@daily', active: false }], hasScheduleKey: true },
    ],
  ])('has of %s what the API calls otherwise', (lines, expected) => {
    expect(desired(lines, { lookups: new Map([['variable cron', '@daily']]), environment: { ON: 'no' } })).toMatchObject(expected)
  })

  it.each([
    ['', {}, { version: 'flow 1' }],
    ['', { GITHUB_SHA: '0123456789abcdef' }, { version: '01234567' }],
    ['version: "2"', { GITHUB_SHA: '0123456789abcdef' }, { version: '2' }],
    ['version: "{{ build-image.tag }}"', {}, { version: 'abc123' }],
    ['version: "2"\nversion_type: prefect:simple', {}, { version: '2', version_info: { type: 'prefect:simple', version: '2' } }],
    [
      'version_type: vcs:github',
      { GITHUB_SHA: '0123456789', GITHUB_REF_NAME: 'main', GITHUB_REPOSITORY: 'o/r', GITHUB_SERVER_URL: 'https://github.com' },
      {
        version: '01234567',
        version_info: {
          type: 'vcs:github',
          version: '01234567',
          commit_sha: '0123456789',
          message: '',
          branch: 'main',
          repository: 'o/r',
          url: 'https://github.com/o/r/tree/0123456789',
        },
      },
    ],
  ])('has with %j and %j the version %j', (lines, environment, version) => {
    expect(desired(lines, { environment, flow: aFlow({ version: 'flow 1' }) }).version).toEqual(version)
  })

  it.each([['version_type: vcs:gitlab'], ['version_type: vcs:github']])('refuses %s where the runner does not know it', (lines) => {
    expect(errorOf(() => desired(lines))).toMatchObject({ code: 'prefect-file-invalid', message: expect.stringContaining('version_type') })
  })

  it('reports all that is wrong with it at once', () => {
    const error = errorOf(() =>
      desired('parameters: {limit: many, day: "{{ prefect.blocks.secret.x }}"}\ntags: "{{ image }}"\nschedules: [{cron: "{{ $CRON }}"}]', {
        environment: { CRON: 'nope' },
      }),
    )

    expect(error.message).toMatch(
      /^4 problems: .*no such block.*not a cron expression.*tags of deployment "nightly" are no list.*parameter "limit" must be a whole number/,
    )
  })

  it.each([
    ['/home/runner/work/r/r', true],
    ['/home/runner', true],
    ['/github/workspace', true],
    ['/__w/r/r', true],
    ['/opt/actions-runner/_work/r/r', true],
    ['D:\\a\\r\\r', true],
    ['"{{ $GITHUB_WORKSPACE }}"', true],
    ['"{{ $HOME }}/flows"', true],
    ['/opt/flows', false],
    ['/srv/_workers/flows', false],
    ['/home/runners/flows', false],
    ['flows', false],
    ['"{{ clone.directory }}"', false],
  ])('warns of a pull step in %s: %s', (directory, isWarned) => {
    const config = aConfig(`pull: [{prefect.deployments.steps.set_working_directory: {directory: ${directory}}}]`)
    const { warnings } = desire(config, { environment: { HOME: '/home/runner' } })

    expect(warnings.map(({ code, location }) => [code, location?.line])).toEqual(isWarned ? [['pull-step-on-runner', 6]] : [])
  })

  it('takes the working directory of the image as there, wherever it is', () => {
    const config = aConfig('pull: [{prefect.deployments.steps.set_working_directory: {directory: /home/runner/app/flows}}]')
    const image = { name: REPOSITORY, tag: 'abc123', workingDirectory: '/home/runner/app' }

    expect(desire(config, { image }).warnings).toEqual([])
  })
})

describe('where the image goes', () => {
  it.each([
    ['the ARN, with a task definition', ECS, true, '', { task_definition_arn: resultOf('taskDefinition flows') }],
    ['the image, without', ECS, false, '', { image: resultOf('image') }],
    ['the image, where the pool has no place for an ARN', NO_ARN, true, '', { image: resultOf('image') }],
    [
      'the ARN and no image that templates the build',
      ECS,
      true,
      'image: "{{ build-image.image }}"',
      { task_definition_arn: resultOf('taskDefinition flows') },
    ],
    [
      'the ARN and no image that spells the build out',
      ECS,
      true,
      'image: "{{ image_name }}:{{ tag }}"',
      { task_definition_arn: resultOf('taskDefinition flows') },
    ],
    ['the digest for name and tag', ECS, false, 'image: "{{ image_name }}:{{ tag }}"', { image: resultOf('image') }],
    ['the digest for a literal that is this image', ECS, false, `image: "${REPOSITORY}:abc123"`, { image: resultOf('image') }],
    [
      'an ARN template of the file',
      ECS,
      true,
      'task_definition_arn: "{{ task_definition_arn }}"',
      { task_definition_arn: resultOf('taskDefinition flows') },
    ],
    [
      'other job variables beside it',
      ECS,
      false,
      'env: {A: "{{ prefect.blocks.secret.x }}"}',
      { image: resultOf('image'), env: { A: '{{ prefect.blocks.secret.x }}' } },
    ],
  ])('is %s', (_, pool, hasTaskDefinition, variables, expected) => {
    const {
      desired: { fields },
      warnings,
    } = desire(aConfig(`work_pool: {name: ecs, job_variables: {${variables}}}`), { pool, families: hasTaskDefinition ? ['flows'] : [] })

    expect(fields.job_variables).toEqual(expected)
    expect(warnings).toEqual([])
  })

  it.each([
    ['another image', ECS, false, 'image: other/image:1', { image: 'other/image:1' }],
    ['this repository by a moving tag', ECS, false, 'image: "{{ image_name }}:latest"', { image: `${REPOSITORY}:latest` }],
    ['an ARN of its own', ECS, true, `task_definition_arn: "${ARN}"`, { task_definition_arn: ARN }],
    [
      'an ARN of its own, without a task definition of this release',
      ECS,
      false,
      `task_definition_arn: "${ARN}"`,
      { task_definition_arn: ARN },
    ],
    ['nothing, in a process pool', aPool(['env'], 'process'), true, '', {}],
  ])('is %s when the file or the pool says so, with a warning', (_, pool, hasTaskDefinition, variables, expected) => {
    const {
      desired: { fields },
      warnings,
    } = desire(aConfig(`work_pool: {name: ecs, job_variables: {${variables}}}`), { pool, families: hasTaskDefinition ? ['flows'] : [] })

    expect(fields.job_variables).toEqual(expected)
    expect(warnings).toMatchObject([{ code: 'image-ignored', location: { line: expect.any(Number) } }])
  })

  it.each([
    ['a literal image beside an ARN', ECS, true, 'image: other/image:1', 'job-variables-invalid', /has an image beside a task definition/],
    [
      'a literal image beside an ARN of the file',
      ECS,
      false,
      `image: other/image:1, task_definition_arn: "${ARN}"`,
      'job-variables-invalid',
      /has an image beside/,
    ],
    ['a pool that takes neither', aPool(['env']), false, '', 'work-pool-unsupported', /takes neither/],
    ['a pool that takes only an ARN, without one', ONLY_ARN, false, '', 'work-pool-unsupported', /takes a task definition and no image/],
    ['a pool for agents', aPool(['image'], 'prefect-agent'), false, '', 'work-pool-unsupported', /is for agents/],
  ])('cannot be %s', (_, pool, hasTaskDefinition, variables, code, message) => {
    const config = aConfig(`work_pool: {name: ecs, job_variables: {${variables}}}`)

    expect(errorOf(() => desire(config, { pool, families: hasTaskDefinition ? ['flows'] : [] }))).toMatchObject({
      code,
      message: expect.stringMatching(message),
      location: { line: expect.any(Number) },
    })
  })

  it('is not a variable that the template only defines, or only uses', () => {
    const { baseJobTemplate } = aPool(['image'])
    const unused = { ...aPool(), baseJobTemplate: { ...baseJobTemplate, job_configuration: { image: 'fixed' } } }
    const undefinedVariable = { ...aPool(), baseJobTemplate: { ...baseJobTemplate, variables: { properties: {} } } }

    expect(errorOf(() => desired('', { pool: unused })).code).toBe('work-pool-unsupported')
    expect(errorOf(() => desired('', { pool: undefinedVariable })).code).toBe('work-pool-unsupported')
  })

  it('is found in a template within text and lists', () => {
    const { baseJobTemplate } = aPool(['image'])
    const deep = { ...baseJobTemplate, job_configuration: { task: { containers: [{ image: 'x {{ image }}' }] } } }

    expect(desired('', { pool: { ...aPool(), baseJobTemplate: deep } }).fields.job_variables).toEqual({ image: resultOf('image') })
  })

  it('is an image without tag, when it was given by its digest', () => {
    const image = { name: REPOSITORY, tag: undefined, workingDirectory: '/' }

    expect(
      desired(
        'work_pool: {name: ecs, job_variables: {image: "{{ img.image_name }}"}}\nbuild: [{prefect_docker.deployments.steps.build_docker_image: {id: img}}]',
        { image },
      ).fields.job_variables,
    ).toEqual({ image: REPOSITORY })
    expect(desired('', { image }).fields.job_variables).toEqual({ image: resultOf('image') })
  })

  it('needs a work pool that exists', () => {
    expect(errorOf(() => findWorkPool(aConfig(), [{ ...aPool(), name: 'other' }]))).toMatchObject({
      code: 'work-pool-missing',
      location: { line: expect.any(Number) },
    })
    expect(findWorkPool(aConfig(), [aPool()]).name).toBe('ecs')
  })
})

describe('parameters', () => {
  it.each([
    ['{limit: 5, tables: [a]}'],
    ['{}'],
    ['{limit: null}', true],
    ['{limit: 5.0}'],
    ['{tables: null, day: null}', true],
    ['{unknown: 1}'],
    ['{limit: {__prefect_kind: json, value: "5"}}'],
    ['{limit: "{{ image }}"}'],
  ])('%s agree with the flow: %p unless told otherwise', (parameters, isRefused = false) => {
    const check = () => desired(`parameters: ${parameters}`)

    expect(isRefused ? errorOf(check).code : check().name).toBe(isRefused ? 'parameters-invalid' : 'nightly')
  })

  it.each([
    ['parameters: {limit: many}', /^deployment "nightly": parameter "limit" must be a whole number$/],
    ['parameters:\n  tables:\n  - 5', /^deployment "nightly": parameter "tables.0" must be text$/],
    ['schedules:\n- cron: "@daily"\n  parameters: {limit: [1]}', /parameter "limit" must be a whole number/],
    ['schedule: {cron: "@daily", parameters: {limit: [1]}}', /parameter "limit" must be a whole number/],
  ])('that break the schema are refused on their line: %s', (lines, message) => {
    const error = errorOf(() => desired(lines))

    expect(error).toMatchObject({
      code: 'parameters-invalid',
      message: expect.stringMatching(message),
      hint: 'The flow takes day, limit, tables.',
    })
    expect(error.location?.line).toBe(5 + lines.split('\n').length)
  })

  it('are not checked when the file does not enforce the schema', () => {
    expect(desired('enforce_parameter_schema: false\nparameters: {limit: many}').fields.parameters).toEqual({ limit: 'many' })
  })

  it("are checked in nested models, with Python's patterns left out", () => {
    const parameterSchema = {
      type: 'object',
      properties: { model: { $ref: '#/definitions/Model' }, code: { type: 'string', pattern: '(?P<x>a)' } },
      definitions: {
        Model: { type: 'object', required: ['a', 'b'], properties: { a: { type: 'integer' }, b: { type: 'string', default: 'x' } } },
      },
    }
    const check = (parameters: string) => desired(`parameters: ${parameters}`, { flow: aFlow({ parameterSchema }) })

    expect(check('{model: {a: 1}, code: b}').fields.parameters).toEqual({ model: { a: 1 }, code: 'b' })
    expect(errorOf(() => check('{model: {a: x}}')).message).toMatch(/parameter "model.a" must be a whole number/)
  })

  it('never show a value', () => {
    const lookups = new Map<string, Json>([['block secret/x', { value: 'hunter2' }]])

    expect(errorOf(() => desired('parameters: {limit: "{{ prefect.blocks.secret.x }}"}', { lookups })).message).not.toContain('hunter2')
  })
})

describe('job variables', () => {
  it("that break the pool's schema are refused on their line", () => {
    const config = aConfig('work_pool:\n  name: ecs\n  job_variables:\n    cpu: lots')

    expect(errorOf(() => desire(config))).toMatchObject({
      code: 'job-variables-invalid',
      message: 'deployment "nightly": job variable "cpu" must be a whole number',
      location: { line: 8 },
    })
  })

  it('that the pool does not know pass, unless it says otherwise', () => {
    const config = aConfig('work_pool: {name: ecs, job_variables: {other: 1}}')
    const { baseJobTemplate } = aPool()
    const strict = {
      ...aPool(),
      baseJobTemplate: { ...baseJobTemplate, variables: { ...(baseJobTemplate.variables as object), additionalProperties: false } },
    }

    expect(desire(config).desired.fields.job_variables).toMatchObject({ other: 1 })
    expect(errorOf(() => desire(config, { pool: strict })).message).toMatch(/job variable "other" is not a known key/)
  })

  it('for which a block is needed say how it is given', () => {
    const config = aConfig('work_pool: {name: ecs, job_variables: {aws_credentials: "{{ prefect.blocks.aws-credentials.x }}"}}')
    const pool = aPool(['image', 'aws_credentials'])

    expect(errorOf(() => desire(config, { pool }))).toMatchObject({
      code: 'job-variables-invalid',
      hint: expect.stringContaining('block_document_id'),
    })
  })

  it('of this release are not checked, for they are not there yet', () => {
    expect(desired('', { pool: aPool(['image']) }).fields.job_variables).toEqual({ image: resultOf('image') })
    expect(IMAGE).toContain('@sha256:')
  })
})
