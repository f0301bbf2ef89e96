import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { aConfig, errorOf, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { parsePrefectFile, readPrefectFile } from '../../src/deployment/prefect-file.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

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
    ])
    expect(deployments[0]?.schedules).toHaveLength(2)
    expect(deployments[0]?.locationOf('schedules', 1, 'interval').line).toBe(41)
    expect(deployments[1]?.schedules).toEqual([{ cron: '0 * * * *' }])
    expect(deployments[0]?.buildSteps.imageIds).toEqual(['build-image', 'push-image'])
    expect(warnings).toEqual([])
  })

  it('may have top-level keys of its own, which hold anchors, and no deployments', () => {
    expect(parse('definitions:\n  tags: &tags [a]\nname: x\nprefect-version: 3.8\n')).toMatchObject({ deployments: [], warnings: [] })
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
    ['enforce_parameter_schema: 1', /must be true or false/],
    ['concurrency_limit: "3"', /"concurrency_limit" must be a whole number or a mapping/],
    ['concurrency_limit: 0', /"concurrency_limit" must be >= 1/],
    ['concurrency_limit: {limit: 1, collision_strategy: WAIT}', /must be one of ENQUEUE, CANCEL_NEW/],
    ['concurrency_limit: {limit: 1, grace_period_seconds: 5}', /"concurrency_limit.grace_period_seconds" must be >= 60/],
    ['version_type: svn', /"version_type" must be one of prefect:simple, vcs:github/],
    ['schedules: [{cron: "0 9 * * *", max_scheduled_runs: 5}]', /"schedules.0.max_scheduled_runs" is not a known key/],
    ['schedules: [{cron: "0 9 * * *", interval: 5}]', /has a schedule with cron and interval/],
    ['schedules: [{timezone: UTC}]', /with none of cron, interval and rrule/],
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

  it('is missing with a hint what to check', async () => {
    await expect(readPrefectFile('/nowhere', 'prefect.yaml')).rejects.toMatchObject({
      code: 'prefect-file-missing',
      hint: expect.stringContaining('working-directory'),
    })
  })

  it('is read from the workspace, and named as it was asked for', async () => {
    const workspace = createScratch('prefect-file')
    await writeFile(join(workspace, 'prefect.yaml'), 'deployments: []')

    await expect(readPrefectFile(workspace, 'prefect.yaml')).resolves.toMatchObject({ path: 'prefect.yaml', deployments: [] })
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
