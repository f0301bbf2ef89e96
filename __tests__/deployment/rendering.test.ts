import { describe, expect, it } from '@jest/globals'
import { aConfig, errorOf, REPOSITORY } from '../../__fixtures__/prefect-files/deployments.ts'
import { resolveNames } from '../../src/deployment/names.ts'
import { lookupKey, referencesOf } from '../../src/deployment/references.ts'
import type { Lookups } from '../../src/deployment/references.ts'
import { Rendering } from '../../src/deployment/rendering.ts'
import type { Stage } from '../../src/deployment/rendering.ts'
import { PlannedText, resultOf, sensitive } from '../../src/planned.ts'
import type { Json } from '../../src/planned.ts'

const LOOKUPS: Lookups = new Map<string, Json>([
  ['variable stage', 'prod'],
  ['variable limits', { low: 1, list: [1, 2] }],
  ['variable on', true],
  ['block secret/token', { value: 'hunter2' }],
  ['block secret/pin', { value: 1234 }],
  ['block json/config', { value: { url: 'https://x', ports: [1, 2] } }],
  ['block aws-credentials/main', { aws_access_key_id: 'AKIA', region: null }],
  ['block odd/odd', { values: 1, value: { values: 'inner' } }],
])
const ENVIRONMENT = { STAGE: 'test', API_TOKEN: 'abc', EMPTY: '' }

function arrange(families: readonly string[] = ['flows']) {
  const config = aConfig('', 'build:\n- prefect_docker.deployments.steps.build_docker_image: {id: img}\n')
  return new Rendering(
    config,
    { environment: ENVIRONMENT, lookups: LOOKUPS },
    { image: { name: REPOSITORY, tag: 'abc123' }, families },
  )
}

const rendered = (value: Json, stage: Stage = 'here') => arrange().render(value, stage, ['parameters'])

describe('placeholders', () => {
  it.each<[Json, unknown]>([
    ['plain', 'plain'],
    [5, 5],
    [null, null],
    ['{{ image }}', resultOf('image')],
    ['{{image}}', resultOf('image')],
    ['{{ build-image.image }}', resultOf('image')],
    ['{{ push-image.image }}', resultOf('image')],
    ['{{ img.image }}', resultOf('image')],
    ['{{ task_definition_arn }}', resultOf('taskDefinition flows')],
    ['{{ img.image_name }}:{{ img.tag }}', `${REPOSITORY}:abc123`],
    ['v-{{ tag }}', 'v-abc123'],
    ['run {{ image }} now', new PlannedText(['run ', { result: 'image' }, ' now'])],
    ['{{ $STAGE }}', 'test'],
    ['{{ $STAGE }}-{{ $STAGE }}', 'test-test'],
    ['{{ $EMPTY }}', ''],
    ['{{ $API_TOKEN }}', sensitive('abc')],
    ['{{ prefect.variables.stage }}', 'prod'],
    ['{{ prefect.variables.limits }}', { low: 1, list: [1, 2] }],
    ['is {{ prefect.variables.on }}', 'is True'],
    ['{{ prefect.blocks.secret.token }}', sensitive('hunter2')],
    ['Bearer {{ prefect.blocks.secret.token }}', new PlannedText(['Bearer ', 'hunter2', ''], true)],
    ['{{ prefect.blocks.json.config.url }}', sensitive('https://x')],
    ['{{ prefect.blocks.json.config.value.url }}', sensitive('https://x')],
    ['{{ prefect.blocks.json.config.ports[1] }}', 2],
    ['{{ prefect.blocks.json.config.ports.0 }}', 1],
    ['{{ prefect.blocks.json.config }}', { url: sensitive('https://x'), ports: [1, 2] }],
    ['{{ prefect.blocks.aws-credentials.main }}', { aws_access_key_id: sensitive('AKIA'), region: null }],
    ['{{ prefect.blocks.odd.odd.values }}', 1],
    ['{{ ctx.flow_run.name }}', '{{ ctx.flow_run.name }}'],
    ['{{ event.id }} {{ tag }}', ' abc123'],
    ['{{ not a placeholder }} {{ x | y }}', '{{ not a placeholder }} {{ x | y }}'],
    [{ '{{ tag }}': ['{{ tag }}', { a: '{{ tag }}' }] }, { '{{ tag }}': ['abc123', { a: 'abc123' }] }],
  ])('make %j to %j', (value, expected) => {
    expect(rendered(value)).toEqual(expected)
  })

  it('of the build survive in a list, where prefect deploy drops them', () => {
    expect(rendered(['a', '{{ build-image.tag }}'])).toEqual(['a', 'abc123'])
  })

  it('without $ do not come from the environment, as they do in prefect deploy', () => {
    const rendering = arrange()

    expect(rendering.render({ a: '{{ STAGE }}', b: 1 }, 'here', ['parameters'])).toEqual({ b: 1 })
    expect(rendering.warnings).toMatchObject([{ code: 'placeholder-unresolved', message: expect.stringContaining('{{ STAGE }}') }])
  })

  it.each<[string, unknown]>([
    ['{{ $MISSING }}', ''],
    ['x{{ $MISSING }}', 'x'],
    ['{{ prefect.variables.missing }}', ''],
    ['x-{{ img.imag }}', 'x-'],
    ['{{ img.imag }}', undefined],
  ])('that have no value make %j to %j, with a warning and its line', (value, expected) => {
    const rendering = arrange()

    expect(rendering.render(value, 'here', ['parameters'])).toEqual(expected)
    expect(rendering.warnings).toMatchObject([{ code: 'placeholder-unresolved', location: { line: expect.any(Number) } }])
  })

  it.each([
    ['{{ prefect.blocks.secret.missing }}', 'reference-missing', /no such block/],
    ['{{ prefect.blocks.secret }}', 'reference-missing', /no such block/],
    ['{{ prefect.blocks.json.config.nope }}', 'reference-missing', /no such part/],
    ['{{ prefect.blocks.json.config.constructor }}', 'reference-missing', /no such part/],
    ['{{ prefect.blocks.secret.pin }}', 'prefect-file-invalid', /only text can be kept/],
    ['x {{ prefect.blocks.json.config }}', 'prefect-file-invalid', /cannot be part of a text/],
    ['x {{ prefect.variables.limits }}', 'prefect-file-invalid', /cannot be part of a text/],
  ])('like %s are an error', (value, code, message) => {
    const rendering = arrange()
    rendering.render(value, 'here', ['parameters'])

    expect(rendering.problems).toMatchObject([{ code, message: expect.stringMatching(message) }])
  })

  it('for a task definition that this release does not have are an error', () => {
    const rendering = arrange([])
    rendering.render('{{ task_definition_arn }}', 'job', ['parameters'])

    expect(rendering.problems).toMatchObject([{ message: expect.stringContaining('no task definition') }])
  })

  it('in job variables leave blocks to the worker', () => {
    expect(rendered({ a: '{{ prefect.blocks.secret.token }}', b: '{{ prefect.variables.stage }} {{ $STAGE }}' }, 'job')).toEqual({
      a: '{{ prefect.blocks.secret.token }}',
      b: 'prod test',
    })
  })

  it('in pull steps leave to the run what it resolves, and what is unknown', () => {
    const steps = [
      {
        step: {
          a: '{{ prefect.blocks.secret.token }}',
          b: '{{ prefect.variables.stage }}',
          c: '{{ clone.directory }}',
          d: '{{ $MISSING }}',
          e: '{{ $STAGE }}',
        },
      },
    ]

    expect(rendered(steps, 'run')).toEqual([{ step: { ...steps[0]?.step, e: 'test' } }])
  })
})

describe('references', () => {
  it('are found where they are resolved here, each once', () => {
    const config = aConfig(
      [
        'description: "{{ prefect.variables.a }} {{ prefect.blocks.secret.s.x }}"',
        'parameters: {x: ["{{ prefect.blocks.secret.s }}"]}',
        'schedules: [{cron: "{{ prefect.variables.cron }}", parameters: {y: "{{ prefect.variables.a }}"}}]',
        'work_pool: {name: "{{ prefect.variables.pool }}", job_variables: {env: {A: "{{ prefect.blocks.secret.kept }}", B: "{{ prefect.variables.b }}"}}}',
        'pull: [{step: {x: "{{ prefect.blocks.secret.kept }}", y: "{{ prefect.variables.kept }}"}}]',
      ].join('\n'),
    )

    expect(referencesOf([config, config]).map(lookupKey).sort()).toEqual([
      'block secret/s',
      'variable a',
      'variable b',
      'variable cron',
      'variable pool',
    ])
  })
})

describe('a workspace that cannot be asked', () => {
  const render = (value: Json, stage: Stage = 'here') => {
    const rendering = new Rendering(aConfig(), { environment: ENVIRONMENT, lookups: undefined })
    const result = rendering.render(value, stage, ['parameters'])
    return { result, problems: rendering.problems, warnings: rendering.warnings }
  }

  it.each<[Json, Stage, unknown]>([
    ['{{ prefect.variables.stage }}', 'here', resultOf('workspace')],
    ['{{ prefect.variables.stage }}', 'job', resultOf('workspace')],
    ['{{ prefect.variables.stage }}', 'run', '{{ prefect.variables.stage }}'],
    ['a-{{ prefect.variables.stage }}-z', 'here', new PlannedText(['a-', { result: 'workspace' }, '-z'])],
    ['{{ prefect.blocks.secret.token }}', 'here', new PlannedText([{ result: 'workspace' }], true)],
    ['{{ prefect.blocks.secret.token }}', 'job', '{{ prefect.blocks.secret.token }}'],
  ])('renders %j (%s) to a value of its own kind, and warns of nothing', (value, stage, result) => {
    expect(render(value, stage)).toEqual({ result, problems: [], warnings: [] })
  })

  const resolve = (name: string) => resolveNames([{ ...aConfig(), name }], { environment: ENVIRONMENT, lookups: undefined })

  it('leaves its variables in names as placeholders', () => {
    expect(resolve('{{ $STAGE }}-{{ prefect.variables.stage }}').map(({ name }) => name)).toEqual(['{{ $STAGE }}-{{ prefect.variables.stage }}'])
  })

  it('makes no name of a secret', () => {
    expect(errorOf(() => resolve('{{ prefect.blocks.secret.token }}')).code).toBe('prefect-file-invalid')
  })
})

describe('names', () => {
  const resolve = (lines: string, environment = ENVIRONMENT) => resolveNames([aConfig(lines)], { environment, lookups: LOOKUPS })

  it('may have placeholders, in pool and queue too', () => {
    expect(
      resolve('work_pool: {name: "{{ prefect.variables.stage }}-{{ $STAGE }}", work_queue_name: "q-{{ $STAGE }}"}')[0]?.workPool,
    ).toEqual({
      name: 'prod-test',
      queue: 'q-test',
      jobVariables: {},
    })
  })

  it.each([['"{{ $MISSING }}"'], ['"a-{{ $MISSING }}"'], ['"{{ prefect.blocks.secret.token }}"'], ['"{{ image }}"']])(
    'are an error when they come to nothing plain: %s',
    (name) => {
      expect(errorOf(() => resolve(`work_pool: {name: ${name}}`)).code).toBe('prefect-file-invalid')
    },
  )

  it('are an error when a value brings a character that Prefect forbids', () => {
    const config = { ...aConfig(), name: 'a-{{ $BRANCH }}' }

    expect(errorOf(() => resolveNames([config], { environment: { BRANCH: 'feature/x' }, lookups: LOOKUPS }))).toMatchObject({
      code: 'prefect-file-invalid',
      message: 'the name "a-feature/x" has a character that Prefect forbids',
    })
  })

  it('are an error when two become the same', () => {
    expect(errorOf(() => resolveNames([aConfig(), aConfig()], { environment: {}, lookups: LOOKUPS })).message).toMatch(
      /"nightly" is there twice/,
    )
  })
})
