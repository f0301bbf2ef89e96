import { describe, expect, it } from '@jest/globals'
import { digestOf } from '../../__fixtures__/fake-registry.ts'
import { planViolations } from '../../__fixtures__/plan-schema.ts'
import { aProject, PREFECT_FILE } from '../../__fixtures__/project.ts'
import type { Project } from '../../__fixtures__/project.ts'
import { revisionArn } from '../../__fixtures__/fake-task-definitions.ts'

const [A, B] = ['a', 'b'].map((digit) => digit.repeat(40)) as [string, string]
const AS_B = PREFECT_FILE.replace('0 3', '0 4')

/** Release A, then B with another flow and another schedule; a minute lies between any two steps. */
async function twoReleases(): Promise<Project> {
  const project = aProject()
  const { step, edit } = project
  await step({ GITHUB_SHA: A })
  await pass(project)
  edit('flows/etl.py', 'etl = 2\n')
  edit('prefect.yaml', `${AS_B}  tags: [b]\n`)
  await step({ GITHUB_SHA: B })
  await pass(project)
  return project
}

function pass({ ports: { clock } }: Project): Promise<void> {
  return clock.sleep(60_000)
}

function stateOf({ ports: { workspace, services } }: Project) {
  return {
    service: services.updates.at(-1),
    deployments: workspace.deployments.map(({ name, paused, schedules, fields: { tags, job_variables: job, parameters } }) =>
      ({ name, paused, tags, job, parameters, schedules: schedules.map(({ schedule, active }) => ({ schedule, active })) })),
  }
}

describe('a release', () => {
  it('leaves one record in the repository of its image, with all that it made', async () => {
    const project = aProject()
    const { log } = await project.step({ GITHUB_SHA: A })
    const { records } = project.ports

    expect(records.tags()).toEqual([expect.stringMatching(/^release-default-20261124T\d{9}Z-[0-9a-f]{12}-a{12}$/)])
    expect(log.outputs.record).toBe(records.tags()[0])
    expect(records.last()).toMatchObject({
      version: 1, name: 'default', commit: A, restores: null,
      image: { reference: log.outputs.image, digest: log.outputs['image-digest'] },
      taskDefinitions: [{ family: 'flows', arn: revisionArn('flows', 2), container: 'prefect' }],
      service: { cluster: 'default', service: 'worker', definition: 'flow', arn: revisionArn('flows', 2) },
      deployments: [{
        flowName: 'etl', name: 'nightly', file: 'prefect.yaml', paused: null, wasPaused: false,
        fields: { job_variables: { task_definition_arn: revisionArn('flows', 2) } },
        schedules: [{ rule: { cron: '0 3 * * *' }, active: null, wasActive: true }],
      }],
    })
  })

  it('that changes nothing leaves none', async () => {
    const project = aProject()
    await project.step()
    const { log } = await project.step()

    expect(project.ports.records.tags()).toHaveLength(1)
    expect(log.outputs.record).toBe('')
  })

  it('that only plans leaves none', async () => {
    const project = aProject()
    await project.step({ 'INPUT_DRY-RUN': 'true' })

    expect(project.ports.records.tags()).toEqual([])
  })

  it('leaves none with record: off, and asks for none', async () => {
    const project = aProject()
    project.ports.records.failure = new Error('nobody is to ask')
    const { log } = await project.step({ INPUT_RECORD: 'off', GITHUB_SHA: A })

    expect(log.failures).toEqual([])
    expect(log.lines.join('\n')).not.toContain('nobody is to ask')
  })

  it('leaves it in the bucket that is given', async () => {
    const project = aProject()
    const { log } = await project.step({ INPUT_RECORD: 's3://acme-records/flows/' })

    expect([...project.ports.objects.texts.keys()]).toEqual([`s3://acme-records/flows/${log.outputs.record ?? ''}.json`])
    expect(project.ports.records.tags()).toEqual([])
  })

  it('is green without its record, and says why there is none', async () => {
    const project = aProject()
    project.ports.records.failure = new Error('the disk is full')
    const { log } = await project.step()

    expect(log.failures).toEqual([])
    expect(log.outputs).toMatchObject({ changed: 'true', record: '' })
    expect(log.lines).toContainEqual(expect.stringMatching(/^warning: \[record-not-written\] .*: the disk is full\./))
  })

  it('keeps no secret in its record', async () => {
    const project = aProject({
      files: { 'prefect.yaml': `${PREFECT_FILE}  parameters: {api_token: t0p-s3cret, url: "https://me:pw@acme.example/x", block: "{{ prefect.blocks.secret.token }}"}\n` },
      ports: { blocks: { 'secret/token': { value: 'bl0ck-s3cret' } } },
    })
    const { log } = await project.step()

    expect(log.failures).toEqual([])
    expect([...project.ports.records.texts.values()].join('\n')).not.toMatch(/t0p-s3cret|me:pw|bl0ck-s3cret/)
    expect(project.ports.records.last().deployments[0]?.fields.parameters).toEqual({
      api_token: { $sensitive: true }, url: { $sensitive: true }, block: { $sensitive: true },
    })
  })
})

describe('rollback-to: previous', () => {
  it('puts back image, revision, service, schedules and fields, without a build, a push or a registration', async () => {
    const project = aProject()
    await project.step({ GITHUB_SHA: A })
    const before = stateOf(project)
    await pass(project)
    project.edit('flows/etl.py', 'etl = 2\n')
    project.edit('prefect.yaml', `${AS_B}  tags: [b]\n`)
    await project.step({ GITHUB_SHA: B })
    await pass(project)
    const [writes, builds] = [project.ports.writes.length, project.ports.docker.builds.length]

    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', GITHUB_SHA: B })

    expect(log.failures).toEqual([])
    expect(stateOf(project)).toEqual(before)
    expect(project.ports.docker.builds).toHaveLength(builds)
    expect(project.ports.writes.slice(writes)).not.toContainEqual(expect.stringMatching(/push|register/))
    expect(log.outputs).toMatchObject({ 'image-built': 'false', 'service-status': 'rolled', updated: '1' })
  })

  it('shows on a dry run what goes back, and writes nothing', async () => {
    const project = await twoReleases()
    const writes = project.ports.writes.length
    const { log, plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', 'INPUT_DRY-RUN': 'true' })
    const [first = '', second = ''] = project.ports.records.tags()

    expect(project.ports.writes).toHaveLength(writes)
    expect(planViolations(plan)).toEqual([])
    expect(plan).toMatchObject({
      rollback: { record: first, newest: second, commit: A },
      image: { action: 'use' }, taskDefinitions: [{ action: 'unchanged', arn: revisionArn('flows', 2) }], service: { action: 'roll' },
      warnings: [],
    })
    expect(plan?.deployments[0]?.changes.map(({ path }) => path)).toEqual(expect.arrayContaining([
      'tags', 'job_variables.task_definition_arn', 'schedules.0 3 * * *.cron',
    ]))
    expect(log.summaries.join()).toContain(`**goes back to** \`${first}\``)
    expect(log.lines).toContainEqual(expect.stringMatching(new RegExp(`^info: rollback: to ${first}, commit a{40} of 2026-11-24T10:`)))
  })

  it('has one hash, whether it is planned or applied', async () => {
    const project = await twoReleases()
    const planned = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', 'INPUT_DRY-RUN': 'true' })
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', 'INPUT_EXPECT-PLAN-HASH': planned.log.outputs['plan-hash'] ?? '' })

    expect(log.failures).toEqual([])
  })

  it('goes back after a release that changed schedules alone', async () => {
    const project = aProject()
    await project.step()
    const before = stateOf(project)
    await pass(project)
    project.edit('prefect.yaml', AS_B)
    await project.step()
    await pass(project)
    const { plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(stateOf(project)).toEqual(before)
    expect(plan).toMatchObject({ service: { action: 'unchanged' }, deployments: [{ action: 'update' }] })
  })

  it('is itself recorded, so that the previous of a rollback is what it took away', async () => {
    const project = await twoReleases()
    const after = stateOf(project)
    const [first = ''] = project.ports.records.tags()
    await project.step({ 'INPUT_ROLLBACK-TO': 'previous', GITHUB_SHA: B })
    expect(project.ports.records.last()).toMatchObject({ restores: first, commit: A })

    await pass(project)
    await project.step({ 'INPUT_ROLLBACK-TO': 'previous', GITHUB_SHA: B })
    expect(stateOf(project)).toEqual(after)
    expect(project.ports.records.last()).toMatchObject({ commit: B })
  })

  it('registers the revision again from its description when it is INACTIVE', async () => {
    const project = await twoReleases()
    const { taskDefinitions: { revisions }, records } = project.ports
    const index = revisions.findIndex(({ arn }) => arn === revisionArn('flows', 2))
    revisions.splice(index, 1, { ...revisions[index], active: false } as (typeof revisions)[number])
    const { plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(plan).toMatchObject({ taskDefinitions: [{ action: 'register' }], service: { action: 'roll' } })
    expect(revisions.at(-1)).toEqual({ arn: revisionArn('flows', 4), active: true, definition: revisions[index]?.definition })
    expect(project.ports.workspace.deployments).toMatchObject([{ fields: { job_variables: { task_definition_arn: revisionArn('flows', 4) } } }])
    expect(records.last().taskDefinitions).toMatchObject([{ arn: revisionArn('flows', 4) }])
  })

  it('is an error when the revision was deleted', async () => {
    const project = await twoReleases()
    const { revisions } = project.ports.taskDefinitions
    revisions.splice(revisions.findIndex(({ arn }) => arn === revisionArn('flows', 2)), 1)
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toMatchObject([{ code: 'task-definition-missing', message: 'Task definition flows:2, which the record names, was deleted' }])
  })

  it.each([['remove', 'is no longer there'], ['archive', 'is ARCHIVED']] as const)('names the image that a lifecycle policy has taken away: %s', async (fate, what) => {
    const project = await twoReleases()
    const { image } = JSON.parse([...project.ports.records.texts.values()][0] ?? '') as { image: { reference: string; digest: string } }
    project.ports.registry[fate](image.digest)
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toMatchObject([{ code: 'image-missing', message: `The image of the record ${project.ports.records.tags()[0] ?? ''}, ${image.reference}, ${what}` }])
  })

  it('creates a deployment that was deleted since, and leaves and names a later one', async () => {
    const project = aProject()
    await project.step()
    await pass(project)
    project.edit('prefect.yaml', PREFECT_FILE.replace('nightly', 'weekly'))
    await project.step()
    await pass(project)
    const { workspace } = project.ports
    await workspace.write({ kind: 'delete-deployment', id: workspace.deployments.find(({ name }) => name === 'nightly')?.id ?? '' })
    const { log, plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toEqual([])
    expect(plan).toMatchObject({ deployments: [{ name: 'etl/nightly', action: 'create' }], unlisted: [{ name: 'etl/weekly', active: true }] })
    expect(workspace.deployments.map(({ name, paused }) => ({ name, paused }))).toEqual([{ name: 'weekly', paused: false }, { name: 'nightly', paused: false }])
    expect(log.summaries.join()).toContain('### On the server, not in the record')
  })

  it('keeps what was paused in the UI, and a paused schedule that it creates again', async () => {
    const project = aProject({ files: { 'prefect.yaml': PREFECT_FILE.replace('cron: "0 3 * * *"', 'cron: "0 3 * * *", slug: night') } })
    await project.step()
    const { workspace } = project.ports
    const [deployment] = workspace.deployments
    await workspace.write({ kind: 'update-schedule', deployment: deployment?.id ?? '', id: deployment?.schedules[0]?.id ?? '', body: { active: false, schedule: deployment?.schedules[0]?.schedule ?? {} } })
    await pass(project)
    project.edit('prefect.yaml', PREFECT_FILE.replace('cron: "0 3 * * *"', 'cron: "0 3 * * *", slug: night').replace('}]', '}]\n  tags: [recorded]'))
    await project.step()
    await pass(project)
    project.edit('prefect.yaml', PREFECT_FILE.replace('schedules: [{cron: "0 3 * * *"}]', 'schedules: []'))
    await project.step()
    await pass(project)
    await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(workspace.deployments[0]?.schedules).toMatchObject([{ slug: 'night', active: false }])
  })

  it('keeps a secret that no record holds as it is live, and says so', async () => {
    const file = (token: string, tag: string) => `${PREFECT_FILE}  tags: [${tag}]\n  parameters: {api_token: ${token}}\n`
    const project = aProject({ files: { 'prefect.yaml': file('first', 'a') } })
    await project.step()
    await pass(project)
    project.edit('prefect.yaml', file('second', 'b'))
    await project.step()
    await pass(project)
    const { plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(plan?.warnings).toMatchObject([{ code: 'value-not-recorded', message: expect.stringContaining('(parameters.api_token): they stay') }])
    expect(project.ports.workspace.deployments).toMatchObject([{ fields: { tags: ['a'], parameters: { api_token: 'second' } } }])
  })

  it('says when what is live is not what the newest record says', async () => {
    const project = await twoReleases()
    const { workspace } = project.ports
    await workspace.write({ kind: 'update-deployment', id: workspace.deployments[0]?.id ?? '', body: { tags: ['by hand'] } })
    const { plan } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', 'INPUT_DRY-RUN': 'true' })

    expect(plan?.warnings).toMatchObject([{ code: 'live-not-recorded', message: `what is live is not what the newest record, ${project.ports.records.tags()[1] ?? ''}, says: etl/nightly` }])
  })

  it('is an error with a single record', async () => {
    const project = aProject()
    await project.step()
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toMatchObject([{ code: 'record-missing', message: 'There is no record before the live one in ECR repository flows' }])
  })
})

describe('rollback-to', () => {
  it('takes the tag of a record, the newest one too', async () => {
    const project = await twoReleases()
    const { workspace, records } = project.ports
    const after = stateOf(project)
    await workspace.write({ kind: 'update-deployment', id: workspace.deployments[0]?.id ?? '', body: { tags: ['by hand'] } })
    await project.step({ 'INPUT_ROLLBACK-TO': records.tags()[1] ?? '' })

    expect(stateOf(project)).toEqual(after)
  })

  it('takes the digest of an image', async () => {
    const project = await twoReleases()
    const { image } = JSON.parse([...project.ports.records.texts.values()][0] ?? '') as { image: { digest: string } }
    const { plan } = await project.step({ 'INPUT_ROLLBACK-TO': image.digest, 'INPUT_DRY-RUN': 'true' })

    expect(plan).toMatchObject({ rollback: { record: project.ports.records.tags()[0] } })
  })

  it('reads the bucket that the records are in', async () => {
    const project = aProject()
    const [input, bucket] = ['INPUT_ROLLBACK-TO', { INPUT_RECORD: 's3://acme-records' }]
    await project.step(bucket)
    await pass(project)
    project.edit('prefect.yaml', AS_B)
    await project.step(bucket)
    await pass(project)
    const { log } = await project.step({ ...bucket, [input]: 'previous' })

    expect(log.failures).toEqual([])
    expect(project.ports.workspace.deployments).toMatchObject([{ schedules: [{ schedule: { cron: '0 3 * * *' } }] }])
  })

  it('goes back for the selected deployments alone', async () => {
    const two = (tag: string) => `deployments:${['one', 'two'].map((name) => `\n- {name: ${name}, entrypoint: "flows/etl.py:etl", work_pool: {name: ecs}, tags: [${tag}]}`).join('')}\n`
    const project = aProject({ files: { 'prefect.yaml': two('a') } })
    await project.step()
    await pass(project)
    project.edit('prefect.yaml', two('b'))
    await project.step()
    await pass(project)
    await project.step({ 'INPUT_ROLLBACK-TO': 'previous', INPUT_DEPLOYMENTS: 'etl/two' })

    expect(project.ports.workspace.deployments).toMatchObject([{ name: 'one', fields: { tags: ['b'] } }, { name: 'two', fields: { tags: ['a'] } }])
  })

  it('is an error for an image without record, and tells the records that there are', async () => {
    const project = await twoReleases()
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': digestOf('another image') })

    expect(log.failures).toMatchObject([{ code: 'record-missing', hint: `There are ${project.ports.records.tags().toReversed().join(', ')}.` }])
  })

  it('does not see the records of another release target', async () => {
    const project = await twoReleases()
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous', INPUT_NAME: 'production' })

    expect(log.failures).toMatchObject([{ code: 'record-missing', message: 'There is no record of a release in ECR repository flows' }])
  })

  it.each([
    ['a record of a later version', (text: string) => text.replace('"version": 1', '"version": 2'), 'is of version 2'],
    ['a record without image', (text: string) => text.replace('"image"', '"picture"'), "must have required property 'image'"],
    ['no JSON', () => 'FROM python', 'it is no JSON'],
  ])('is an error for %s', async (_, spoil, complaint) => {
    const project = await twoReleases()
    const { texts } = project.ports.records
    const [key, text] = [...texts][0] ?? ['', '']
    texts.set(key, spoil(text))
    const { log } = await project.step({ 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toMatchObject([{ code: 'record-invalid', message: expect.stringContaining(complaint) }])
  })

  it.each([
    [{ 'INPUT_ROLLBACK-TO': 'previous', INPUT_IMAGE: 'v1' }, 'Input "rollback-to" is set beside "image"'],
    [{ 'INPUT_ROLLBACK-TO': 'yesterday' }, 'Input "rollback-to" "yesterday" is no record'],
    [{ 'INPUT_ROLLBACK-TO': 'previous', INPUT_RECORD: 'off' }, 'Input "rollback-to" needs records, and "record" is off'],
    [{ INPUT_RECORD: 'https://acme.example' }, 'Input "record" "https://acme.example" is neither auto nor off nor s3://bucket/prefix'],
  ])('is refused where inputs contradict: %p', async (inputs, message) => {
    const { log } = await aProject().step(inputs)

    expect(log.failures).toMatchObject([{ code: 'invalid-input', message }])
  })
})

describe('a commit older than the live one', () => {
  const token = { 'INPUT_GITHUB-TOKEN': 'ghs_token' }
  const arrange = async (status: 'ahead' | 'behind' | 'diverged' = 'behind') => {
    const project = await twoReleases()
    project.ports.github.standings.set(`${B}...${A}`, status)
    const writes = project.ports.writes.length
    project.edit('prefect.yaml', `${PREFECT_FILE}  tags: [again]\n`)
    return { ...project, written: () => project.ports.writes.length - writes }
  }

  it.each([['behind', 'is older than'], ['diverged', 'has diverged from']] as const)('is not released when it is %s', async (status, words) => {
    const { step, written } = await arrange(status)
    const { log } = await step({ ...token, GITHUB_SHA: A })

    expect(log.failures).toMatchObject([{ code: 'older-commit', message: `This commit ${A.slice(0, 12)} ${words} ${B.slice(0, 12)}, which is live; nothing was written` }])
    expect(written()).toBe(0)
  })

  it('is released with allow-older: true, and when it is ahead after all', async () => {
    const older = await arrange()
    await older.step({ ...token, GITHUB_SHA: A, 'INPUT_ALLOW-OLDER': 'true' })
    const ahead = await arrange('ahead')
    await ahead.step({ ...token, GITHUB_SHA: A })

    expect(older.ports.workspace.deployments).toMatchObject([{ fields: { tags: ['again'] } }])
    expect(ahead.ports.workspace.deployments).toMatchObject([{ fields: { tags: ['again'] } }])
  })

  it('is a warning on a plan, and none on a pull request', async () => {
    const { step } = await arrange()
    const dry = await step({ ...token, GITHUB_SHA: A, 'INPUT_DRY-RUN': 'true' })
    const pull = await step({ ...token, GITHUB_SHA: A, GITHUB_EVENT_NAME: 'pull_request' })

    expect(dry.plan?.warnings.map(({ code }) => code)).toContain('older-commit')
    expect(pull.plan?.warnings.map(({ code }) => code)).not.toContain('older-commit')
  })

  it('is released with a notice when GitHub cannot be asked', async () => {
    const { step, written } = await arrange()
    const { log } = await step({ GITHUB_SHA: A })

    expect(log.failures).toEqual([])
    expect(log.lines).toContainEqual(expect.stringContaining('Whether this commit is older than the live one cannot be told: there is no github-token'))
    expect(written()).toBeGreaterThan(0)
  })

  it('is not asked for when the live commit is this one', async () => {
    const { step, ports } = await arrange()
    await step({ ...token, GITHUB_SHA: B })

    expect(ports.github.calls.filter((call) => call.startsWith('compare'))).toEqual([])
  })
})
