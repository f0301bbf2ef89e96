import { describe, expect, it } from '@jest/globals'
import { aConfig, errorOf, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { parsePrefectFile, parsePrefectFiles } from '../../src/deployment/prefect-file.ts'

const parse = (text: string) => parsePrefectFile(text, 'prefect.yaml')
const errorFor = (lines: string) => errorOf(() => aConfig(lines))

describe('a Prefect file', () => {
  it('is read with its anchors, merge keys and steps, and with the line of everything', () => {
    const { deployments, warnings } = parse(readFixture('complete.yaml'))

    expect(
      deployments.map(({ name, entrypoint, workPool, tags, location }) => ({ name, entrypoint, workPool, tags, line: location.line })),
    ).toEqual([
      {
        name: 'nightly',
        entrypoint: 'flows/etl.py:etl',
        line: 30,
        tags: ['etl', '{{ build-image.tag }}'],
        workPool: {
          name: 'ecs',
          queue: 'high',
          jobVariables: { image: '{{ build-image.image }}', env: { STAGE: '{{ $STAGE }}' }, cpu: 512 },
        },
      },
      {
        name: 'hourly',
        entrypoint: 'flows/etl.py:etl',
        line: 51,
        tags: [],
        workPool: { name: 'ecs', queue: undefined, jobVariables: { image: '{{ build-image.image }}', env: { STAGE: '{{ $STAGE }}' } } },
      },
      {
        name: 'all keys',
        entrypoint: 'flows.etl.etl',
        line: 55,
        tags: ['one', '{{ prefect.variables.team }}'],
        workPool: { name: 'ecs', queue: 'default', jobVariables: {} },
      },
    ])
    expect(deployments[0]?.schedules).toHaveLength(2)
    expect(deployments[0]?.locationOf('schedules', 1, 'interval').line).toBe(41)
    expect(deployments[1]?.schedules).toEqual([{ cron: '0 * * * *' }])
    expect(deployments[0]?.buildSteps.imageIds).toEqual(['build-image', 'push-image'])
    expect(deployments[2]).toMatchObject({
      version: '2', versionType: 'prefect:simple', parameters: { day: '2026-01-31', limit: '0o10' }, enforceParameterSchema: false, paused: false,
      concurrencyLimit: 3, pullSteps: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/srv/flows' } }],
      schedules: [{ day_or: false, replaces: 'month' }, { interval: 'PT12H', anchor_date: '2026-01-31', active: true }, { slug: 'weekly' }],
      triggers: [{ name: 'after nightly' }],
    })
    expect(deployments[2]?.buildSteps.imageIds).toEqual([])
    expect(warnings).toEqual([])
  })

  it('may have top-level keys of its own, which hold anchors, and no deployments', () => {
    expect(parse('definitions:\n  tags: &tags [a]\nname: x\nprefect-version: "3.8"\n')).toMatchObject({ deployments: [], warnings: [] })
  })

  it('warns of keys of a deployment that Prefect would ignore, with their lines', () => {
    const { warnings } = parse(
      'deployments:\n- name: a\n  entrypoint: f.py:f\n  schedle: {cron: "* * * * *"}\n  work_pool:\n    name: ecs\n    job_variable: {}\n',
    )

    expect(warnings.map(({ code, message, location }) => [code, message, location?.line])).toEqual([
      ['unsupported-key', 'deployment "a": "schedle" is not a key that Prefect knows; it is ignored', 4],
      ['unsupported-key', 'deployment "a": "work_pool.job_variable" is not a key that Prefect knows; it is ignored', 7],
    ])
  })

  it('reports all problems at once, each with its line', () => {
    const error = errorOf(() =>
      parse('deployments:\n- entrypoint: f.py:f\n  work_pool: {name: ecs}\n- name: b\n  paused: sure\n  work_pool: ecs\n'),
    )

    expect(error.code).toBe('prefect-file-invalid')
    expect(error.message).toBe(
      '4 problems: prefect.yaml:5:3: deployment "b": "paused" must be true or false; ' +
        'prefect.yaml:6:3: deployment "b": "work_pool" must be a mapping; ' +
        'prefect.yaml:2:3: deployment 1 has no name; prefect.yaml:4:3: deployment "b" has no entrypoint',
    )
  })

  it('has a name for every deployment', () => {
    expect(errorOf(() => parse('deployments:\n- entrypoint: f.py:f\n  work_pool: {name: ecs}\n'))).toMatchObject({
      code: 'deployment-unnamed',
      location: { line: 2 },
    })
  })

  it.each([
    ['a list that is none', 'deployments: 5', /"deployments" must be a list/],
    ['a deployment that is text', 'deployments: [x]', /deployment 1 must be a mapping/],
    ['a name with a forbidden character', 'deployments:\n- {name: a/b, entrypoint: f, work_pool: {name: p}}', /Prefect forbids/],
    ['no entrypoint', 'deployments:\n- {name: a, work_pool: {name: p}}', /has no entrypoint/],
    ['no work pool', 'deployments:\n- {name: a, entrypoint: f}', /has no work pool/],
    ['a work pool without name', 'deployments:\n- {name: a, entrypoint: f, work_pool: {}}', /has no work pool/],
    ['one deployment twice', 'deployments:\n- &a {name: a, entrypoint: f, work_pool: {name: p}}\n- *a', /is there twice/],
  ])('is refused with %s', (_, text, message) => {
    expect(errorOf(() => parse(text))).toMatchObject({ code: 'prefect-file-invalid', message: expect.stringMatching(message) })
  })

  it.each([
    ['version: 1.0', /"version" must be text/],
    ['description: [a]', /"description" must be text/],
    ['paused: "{{ $PAUSED }}"', /"paused" must be true or false/],
    ['tags: 5', /"tags" must be a list or text/],
    ['parameters: [1]', /"parameters" must be a mapping/],
    ['parameters: null', /"parameters" must be a mapping/],
    ['enforce_parameter_schema: 2', /must be true or false/],
    ['concurrency_limit: "three"', /"concurrency_limit" must be a whole number or a mapping/],
    ['concurrency_limit: 0', /"concurrency_limit" must be >= 1/],
    ['concurrency_limit: {limit: 1, collision_strategy: WAIT}', /must be one of ENQUEUE, CANCEL_NEW/],
    ['concurrency_limit: {limit: 1, grace_period_seconds: 5}', /"concurrency_limit.grace_period_seconds" must be >= 60/],
    ['version_type: svn', /"version_type" must be one of prefect:simple, vcs:github/],
    ['schedules: [{cron: "0 9 * * *", max_scheduled_runs: 5}]', /"schedules.0.max_scheduled_runs" is not a known key/],
    ['schedules: [{cron: "0 9 * * *", interval: 5}]', /has a schedule with cron and interval/],
    ['schedules: [{timezone: UTC}]', /with none of cron, interval and rrule/],
    ['schedules: [{schedule: {cron: "0 9 * * *"}, active: true}]', /has a schedule in the form of Prefect's API/],
    ['schedules: [{cron: "61 * * * *"}]', /deployment "nightly": "61 \* \* \* \*" is not a cron expression/],
    ['schedules: [{rrule: FREQ=DAILY;BYMONTHDAY=32}]', /"FREQ=DAILY;BYMONTHDAY=32" never comes to a date/],
    ['triggers: [text]', /"triggers.0" must be a mapping/],
    ['triggers: {enabled: true}', /"triggers" must be a list/],
    ['sla: [{name: a, duration: 60, within: 60}]', /a service level agreement with duration and within/],
    ['sla: [{name: a}]', /with none of duration, stale_after and within/],
    ['sla: [{name: a, within: soon}]', /of which "within" is no duration/],
    ['sla: [{name: a, within: 60, severity: urgent}]', /must be one of minor, low, moderate, high, critical/],
    ['sla: {name: a, within: 60}', /"sla" must be a list/],
    ['schedules: [{}]', /with none of cron, interval and rrule/],
    ['schedules: {cron: "0 9 * * *"}', /"schedules" must be a list/],
    ['schedule: {cron: "0 9 * * *", foo: 1}', /"schedule.foo" is not a known key/],
    ['schedule: {cron: "0 9 * * *"}\nschedules: []', /both "schedule" and "schedules"/],
    ['schedules: [{cron: "0 9 * * *", slug: a}, {cron: "0 8 * * *", slug: a}]', /two schedules with the slug a/],
    ['schedules: [{cron: "0 9 * * *", slug: a, replaces: c}, {cron: "0 8 * * *", slug: b, replaces: c}]', /two schedules that replace c/],
    ['pull: text', /"pull" must be a list or a mapping/],
    ['pull: [text]', /"pull.0" must be a mapping/],
  ])('refuses %s', (lines, message) => {
    expect(errorFor(lines)).toMatchObject({
      code: 'prefect-file-invalid',
      message: expect.stringMatching(message),
      location: { line: expect.any(Number) },
    })
  })

  it.each([
    ['schedule: {}'],
    ['schedule: null'],
    ['concurrency_limit: null'],
    ['tags: "{{ prefect.variables.tags }}"'],
    ['sla: []\ntriggers: []'],
  ])('takes %s', (lines) => {
    expect(aConfig(lines)).toMatchObject({ name: 'nightly', schedules: undefined, unsupported: [] })
  })

  it.each([
    ['', 'pull: [{top: {}}]', [{ top: {} }]],
    ['pull: [{own: {}}]', 'pull: [{top: {}}]', [{ own: {} }]],
    ['pull: []', 'pull: [{top: {}}]', []],
    ['pull: null', 'pull: [{top: {}}]', [{ top: {} }]],
    ['pull: {own: {}}', '', [{ own: {} }]],
    ['pull: {}', '', undefined],
    ['', '', undefined],
    ['', 'pull: []', []],
  ])('has the pull steps of %j under %j', (lines, top, steps) => {
    expect(aConfig(lines, top).pullSteps).toEqual(steps)
  })

  it.each([
    ['paused: "no"', { paused: false }],
    ['paused: "ON"', { paused: true }],
    ['enforce_parameter_schema: 0', { enforceParameterSchema: false }],
    ['concurrency_limit: "3"', { concurrencyLimit: 3 }],
    ['concurrency_limit: {limit: "1_0", grace_period_seconds: "90"}', { concurrencyLimit: { limit: 10, grace_period_seconds: 90 } }],
    ['sla: [{name: a, duration: "60", enabled: "off"}]', { slas: [{ name: 'a', duration: 60, enabled: false }] }],
    ['schedules: [{cron: "0 9 * * *", active: 0}]', { schedules: [{ cron: '0 9 * * *', active: false }] }],
    ['flow_name: other', { entrypoint: 'flows/etl.py:etl' }],
  ])('reads %s as Prefect\'s models do', (lines, expected) => {
    expect(aConfig(lines)).toMatchObject(expected)
  })

  it('leaves schedules with placeholders until these have values', () => {
    expect(aConfig('schedules: [{cron: "{{ $CRON }}"}, {rrule: "{{ prefect.variables.rule }}"}]').schedules).toHaveLength(2)
  })

  it('points at the key that is wrong, in the anchor that it comes from, or in the deployment that has it otherwise', () => {
    const error = errorOf(() => parse([
      'definitions:', '  hours: &hours', '    cron: 0 99 * * *', '  pool: &pool', '    name: [ecs]', 'deployments:',
      '- name: a', '  entrypoint: f.py:f', '  work_pool: *pool', '  schedules:', '  - <<: *hours', '    timezone: Mars/Olympus',
    ].join('\n')))

    expect(error.problems.map(({ message, location }) => [message.replace(/^deployment "a":? ?/, ''), location?.line, location?.column])).toEqual([
      ['"work_pool.name" must be text', 5, 5],
      ['"Mars/Olympus" is not a time zone', 12, 5],
      ['"0 99 * * *" is not a cron expression', 3, 5],
    ])
  })

  it('takes the default work pool where a deployment names none', () => {
    const text = 'deployments:\n- {name: a, entrypoint: f}\n- {name: b, entrypoint: f, work_pool: {name: own}}\n- {name: c, entrypoint: f, work_pool: {work_queue_name: q}}\n'
    const { deployments } = parsePrefectFile(text, 'prefect.yaml', { defaultWorkPool: 'usual' })

    expect(deployments.map(({ workPool }) => [workPool.name, workPool.queue])).toEqual([['usual', undefined], ['own', undefined], ['usual', 'q']])
  })
})

describe('several Prefect files', () => {
  const deployment = (name: string, more = '') => `- {name: ${name}, entrypoint: "f.py:f", work_pool: {name: p}${more}}\n`
  const parseAll = (...texts: string[]) => parsePrefectFiles(texts.map((text, index) => ({ path: `${index + 1}.yaml`, text })))

  it('are one list, each with its own steps and anchors', () => {
    const { paths, deployments } = parseAll(
      `x: &tags [one]\npull: [{one: {}}]\ndeployments:\n${deployment('a', ', tags: *tags')}`,
      `x: &tags [two]\ndeployments:\n${deployment('b', ', tags: *tags')}${deployment('c')}`,
    )

    expect(paths).toEqual(['1.yaml', '2.yaml'])
    expect(deployments.map(({ name, tags, pullSteps, location }) => [name, tags, pullSteps, location.file, location.line])).toEqual([
      ['a', ['one'], [{ one: {} }], '1.yaml', 4],
      ['b', ['two'], undefined, '2.yaml', 3],
      ['c', [], undefined, '2.yaml', 4],
    ])
  })

  it('do not share anchors', () => {
    expect(errorOf(() => parseAll('x: &tags [one]\n', `deployments:\n${deployment('b', ', tags: *tags')}`))).toMatchObject({
      code: 'prefect-file-syntax', location: { file: '2.yaml' },
    })
  })

  it('report the problems of all, whatever is wrong with one of them', () => {
    const error = errorOf(() => parseAll(`deployments:\n${deployment('a', ', paused: sure')}`, 'deployments: [', `deployments:\n${deployment('b', ', tags: 5')}`))

    expect(error.problems.map(({ code, location }) => [code, location?.file])).toEqual([
      ['prefect-file-invalid', '1.yaml'], ['prefect-file-syntax', '2.yaml'], ['prefect-file-invalid', '3.yaml'],
    ])
  })

  it('may not have one deployment twice', () => {
    expect(errorOf(() => parseAll(`deployments:\n${deployment('a')}`, `deployments:\n${deployment('a')}`))).toMatchObject({
      code: 'prefect-file-invalid', message: 'deployment "a" is there twice for the same flow',
      hint: 'The first is at 1.yaml:2:3; rename one of them.', location: { file: '2.yaml', line: 2 },
    })
  })
})

describe('build and push steps', () => {
  const docker = 'prefect_docker.deployments.steps.build_docker_image'

  it("of Docker become the action's own build", () => {
    const { buildSteps } = aConfig('', `build:\n- ${docker}: {id: img, image_name: x, tag: y, dockerfile: Dockerfile}\n`)

    expect(buildSteps).toMatchObject({ imageIds: ['img'], unsupported: [], warnings: [] })
  })

  it("warn of what the action's build does not take from them", () => {
    const { warnings } = parse(
      `build:\n- ${docker}: {id: img, image_name: x, dockerfile: auto, platform: linux/arm64}\ndeployments:\n- &a {name: a, entrypoint: f, work_pool: {name: p}}\n- {<<: *a, name: b}`,
    )

    expect(warnings).toMatchObject([
      { code: 'step-skipped', message: expect.stringContaining('dockerfile, platform'), location: { line: 2 } },
    ])
  })

  it('that install requirements are skipped with a warning', () => {
    expect(
      aConfig('', 'build:\n- prefect.deployments.steps.pip_install_requirements: {requirements_file: r.txt}').buildSteps.warnings,
    ).toMatchObject([{ code: 'step-skipped', location: { line: 2 } }])
  })

  it.each([['build: null'], ['build: []'], ['build: {}']])('of the file are switched off by %s', (lines) => {
    expect(aConfig(lines, 'build: [{custom.step: {}}]').unsupported).toEqual([])
  })

  it('may be a single mapping', () => {
    expect(aConfig(`build: {${docker}: {id: img}}`).buildSteps.imageIds).toEqual(['img'])
  })
})
