import { describe, expect, it } from '@jest/globals'
import { digestOf } from '../__fixtures__/fake-registry.ts'
import { planViolations } from '../__fixtures__/plan-schema.ts'
import { aProject } from '../__fixtures__/project.ts'
import type { Project } from '../__fixtures__/project.ts'
import { DeployError } from '../src/errors.ts'
import { LIFECYCLE_POLICY } from '../src/image/new-repository.ts'

const NEW = 'team/new-flows'
const CREATE = { 'INPUT_ECR-REPOSITORY': NEW, 'INPUT_CREATE-REPOSITORY': 'true' }
const PLAN = { GITHUB_EVENT_NAME: 'pull_request' }
const RECORDED = /^release-/

const cannotAttest = { driver: 'docker', exportsCache: false, attests: false }
const canAttest = { driver: 'docker-container', exportsCache: true, attests: true }

/** A project on a builder of this kind. */
function onBuilder(builder: typeof canAttest): Project {
  const project = aProject()
  Object.assign(project.ports.docker, { builder: () => Promise.resolve(builder) })
  return project
}

function movable(project: Project, tag: string) {
  project.ports.registry.addRepository('flows', { exclusions: [tag] })
}

describe('create-repository', () => {
  it('makes the missing repository before the push, with its lifecycle policy', async () => {
    const { ports, step } = aProject()
    const { log, plan } = await step(CREATE)

    expect(log.failures).toEqual([])
    expect(ports.registry.created).toEqual([NEW])
    await expect(ports.registry.findRepository(NEW)).resolves.toMatchObject({ immutable: true, exclusions: ['buildcache*'] })
    expect(JSON.parse(ports.registry.policies.get(NEW) ?? '{}')).toEqual(LIFECYCLE_POLICY)
    expect(plan?.image).toMatchObject({ action: 'build', createsRepository: true, repository: `${ports.registry.host}/${NEW}` })
    expect(planViolations(plan)).toEqual([])
    expect(log.outputs.image).toBe(`${ports.registry.host}/${NEW}@${digestOf(plan?.image.tag ?? '')}`)
    expect(log.summaries.join()).toContain('**created the ECR repository** `new-flows`')
  })

  it('is only planned on a pull request, with the hash that the release has', async () => {
    const { ports, step } = aProject()
    const planned = await step({ ...CREATE, ...PLAN })
    const released = await step(CREATE)

    expect(planned.plan?.image).toMatchObject({ createsRepository: true })
    expect(planned.log.lines).toContain(`info: repository: create ${ports.registry.host}/${NEW}`)
    expect(planned.log.summaries.join()).toContain('**creates the ECR repository** `new-flows`')
    expect(ports.registry.created).toEqual([NEW]) // by the release
    expect(released.log.outputs['plan-hash']).toBe(planned.log.outputs['plan-hash'])
  })

  it('is part of the hash, and no longer planned once the repository is there', async () => {
    const { ports, step } = aProject()
    const creating = await step({ ...CREATE, ...PLAN })
    ports.registry.addRepository(NEW)
    const existing = await step({ ...CREATE, ...PLAN })

    expect(existing.plan?.image.createsRepository).toBe(false)
    expect(existing.plan?.hash).not.toBe(creating.plan?.hash)
    expect(existing.plan?.hash.slice(16)).toBe(creating.plan?.hash.slice(16))
  })

  it('leaves alone a repository that is there', async () => {
    const { ports, step } = aProject()
    await step({ 'INPUT_CREATE-REPOSITORY': 'true' })

    expect(ports.registry.created).toEqual([])
    expect(ports.registry.policies.size).toBe(0)
  })

  it('makes nothing when the flows do not import: everything is validated before', async () => {
    const { ports, step } = aProject({ ports: { flows: {} } })
    const { log } = await step(CREATE)

    expect(log.failures).toMatchObject([{ code: 'entrypoint-missing' }])
    expect(ports.registry.created).toEqual([])
  })

  it('makes none for an image that is given: it cannot be in there', async () => {
    const { ports, step } = aProject()
    const { log } = await step({ ...CREATE, INPUT_IMAGE: 'v1' })

    expect(log.failures).toMatchObject([{ code: 'repository-missing' }])
    expect(ports.registry.created).toEqual([])
  })

  it('leaves the repository when a later step fails, and says so', async () => {
    const { ports, step } = aProject()
    ports.docker.failures.push = new DeployError('push-failed', 'Pushing failed')
    const { log } = await step(CREATE)

    expect(log.failures).toMatchObject([{ code: 'push-failed', message: `Pushing failed. This run had created the ECR repository ${NEW}; they stay, unused` }])
    await expect(ports.registry.findRepository(NEW)).resolves.toBeDefined()
  })

  it('goes on without a lifecycle policy that cannot be set, with a warning', async () => {
    const { ports, step } = aProject()
    ports.registry.failures.setLifecycle = new DeployError('aws-access-denied', 'AWS does not let deploy do ecr:PutLifecyclePolicy.')
    const { log } = await step(CREATE)

    expect(log.failures).toEqual([])
    expect(log.lines).toContain(
      `warning: [lifecycle-not-set] The new ECR repository ${NEW} has no lifecycle policy: AWS does not let deploy do ecr:PutLifecyclePolicy. Set the one of docs/image.md.`,
    )
  })

  it('fails before the push when it may not be made', async () => {
    const { ports, step } = aProject()
    ports.registry.failures.createRepository = new DeployError('aws-access-denied', 'AWS does not let deploy do ecr:CreateRepository')
    const { log } = await step(CREATE)

    expect(log.failures).toMatchObject([{ code: 'aws-access-denied' }])
    expect(ports.writes).toEqual([])
  })
})

describe('image-tags', () => {
  const TAGS = { 'INPUT_IMAGE-TAGS': 'v1, production' }

  it('are put on the built image once the deployments are written', async () => {
    const project = aProject()
    const { ports, step } = project
    const order: string[] = []
    const addTag = ports.registry.addTag.bind(ports.registry)
    ports.registry.addTag = (...request) => {
      order.push(`tag ${request[2]} after ${ports.writes.at(-1) ?? ''}`)
      return addTag(...request)
    }
    const { log, plan } = await step(TAGS)

    expect(order).toEqual(['tag v1 after schedule runs', 'tag production after schedule runs'])
    expect(plan?.image.tags).toEqual([{ tag: 'v1', action: 'create', from: null }, { tag: 'production', action: 'create', from: null }])
    expect(planViolations(plan)).toEqual([])
    expect(log.summaries.join()).toContain('**tagged the image** `v1`, `production`')
  })

  it('that are there already are no write and no change', async () => {
    const { ports, step } = aProject()
    await step(TAGS)
    const before = ports.registry.tagged.length
    const { log, plan } = await step(TAGS)

    expect(ports.registry.tagged).toHaveLength(before)
    expect(plan?.image.tags).toMatchObject([{ action: 'unchanged' }, { action: 'unchanged' }])
    expect(log.outputs.changed).toBe('false')
  })

  it('move where they may, and the plan shows from which image to which', async () => {
    const project = aProject()
    movable(project, 'production')
    const { ports, step, edit } = project
    const first = await step({ 'INPUT_IMAGE-TAGS': 'production' })
    edit('flows/etl.py', 'etl = 2\n')
    const planned = await step({ 'INPUT_IMAGE-TAGS': 'production', ...PLAN })
    const second = await step({ 'INPUT_IMAGE-TAGS': 'production' })

    const from = first.log.outputs['image-digest'] ?? ''
    expect(planned.plan?.image.tags).toEqual([{ tag: 'production', action: 'move', from }])
    expect(planned.log.lines).toContain(`info:   tag: move production from ${from}`)
    expect(planned.log.summaries.join()).toContain(`**tags** \`production\` (from \`${from.slice(0, 19)}…\`)`)
    expect(planned.log.summaries.join()).toContain(`! production: ${from} → (known after push)`)
    expect(second.log.summaries.join()).toContain(`! production: ${from} → ${second.log.outputs['image-digest'] ?? ''}`)
    expect(second.log.outputs['plan-hash']).toBe(planned.log.outputs['plan-hash'])
    await expect(ports.registry.findTags({ name: 'flows', uri: '', immutable: true }, ['production']))
      .resolves.toEqual(new Map([['production', second.log.outputs['image-digest']]]))
  })

  it('on another image in an immutable repository stop the plan, before anything is built', async () => {
    const { ports, step } = aProject()
    ports.registry.addImage('flows', 'v1')
    const { log } = await step(TAGS)

    expect(log.failures).toMatchObject([{ code: 'tag-taken', message: expect.stringContaining('Tag "v1" of ECR repository flows is on another image') }])
    expect([ports.docker.builds.length, ports.writes.length]).toEqual([0, 0])
  })

  it('are put on an image that is given', async () => {
    const { ports, step } = aProject()
    ports.registry.addImage('flows', 'v0')
    const { log } = await step({ ...TAGS, INPUT_IMAGE: 'v0' })

    expect(log.failures).toEqual([])
    expect(ports.registry.tagged).toEqual(['flows:v1', 'flows:production'])
  })

  it('alone are a change, but no release to go back to', async () => {
    const { ports, step } = aProject()
    await step()
    const records = async () => (await ports.records.in('flows').list()).filter((tag) => tag.startsWith('release-')).length
    const before = await records()
    const { log } = await step(TAGS)

    expect(log.outputs).toMatchObject({ changed: 'true', record: '' })
    expect(await records()).toBe(before)
  })

  it('that cannot be written make the step red and undo nothing; a further run only writes them', async () => {
    const { ports, step } = aProject()
    ports.registry.failures.addTag = new DeployError('aws-access-denied', 'AWS does not let deploy do ecr:PutImage')
    const { log } = await step(TAGS)
    const written = ports.writes.length

    expect(log.failures).toMatchObject([{ code: 'tag-not-written' }])
    expect(ports.writes.filter((write) => /delete|roll/.test(write))).toEqual([])
    expect(ports.workspace.deployments).toMatchObject([{ name: 'nightly', paused: false }])
    expect(log.outputs.record).toMatch(RECORDED)
    delete ports.registry.failures.addTag
    expect((await step(TAGS)).log.failures).toEqual([])
    expect(ports.writes).toHaveLength(written)
  })

  it('count in the hash by the names of those that move and the number of new ones, which commits and runs name', async () => {
    const project = aProject()
    movable(project, 'production')
    const hash = async (tags: string) => (await project.step({ ...PLAN, 'INPUT_IMAGE-TAGS': tags })).plan?.hash
    const [none, one, another, two] = [await hash(''), await hash('c0ffee'), await hash('decade'), await hash('c0ffee, run-7')]
    project.ports.registry.addImage('flows', 'production')
    const moving = await hash('production')

    expect(another).toBe(one)
    expect(new Set([none, one, two, moving]).size).toBe(4)
  })

  it('are left out of a plan without credentials, which says so', async () => {
    const { step } = aProject()
    const { plan } = await step({ ...PLAN, 'INPUT_PREFECT-API-URL': '', 'INPUT_ROLE-TO-ASSUME': '', ...TAGS })

    expect(plan?.image.tags).toEqual([])
    expect(plan?.omissions.map(({ what }) => what)).toContain('Where the image\'s further tags are now (v1, production)')
  })
})

describe('a rollback with image-tags', () => {
  it('moves those that may move to the image that is live again, and makes none', async () => {
    const project = aProject()
    movable(project, 'production')
    const { ports, step, edit } = project
    const tags = (sha: string) => ({ 'INPUT_IMAGE-TAGS': `production, ${sha}` })
    const first = await step(tags('sha-1'))
    edit('flows/etl.py', 'etl = 2\n')
    await ports.clock.sleep(1000)
    await step(tags('sha-2'))
    const { log, plan } = await step({ ...tags('sha-3'), 'INPUT_ROLLBACK-TO': 'previous' })

    expect(log.failures).toEqual([])
    expect(plan?.image.tags).toMatchObject([{ tag: 'production', action: 'move' }])
    await expect(ports.registry.findTags({ name: 'flows', uri: '', immutable: true }, ['production', 'sha-3']))
      .resolves.toEqual(new Map([['production', first.log.outputs['image-digest']]]))
  })
})

describe('provenance', () => {
  const PROVENANCE = { INPUT_PROVENANCE: 'true' }

  it('is pushed by the builder, with the build that was loaded to read the flows', async () => {
    const { ports, step } = onBuilder(canAttest)
    const { log, plan } = await step({ ...PROVENANCE, 'INPUT_BUILD-SECRETS': 'TOKEN=secret-of-the-build', 'INPUT_BUILD-ARGS': 'A=1' })

    expect(log.failures).toEqual([])
    expect(ports.docker.pushes).toEqual([])
    const [{ context, ...request } = { context: undefined }] = ports.docker.attested
    expect(context).toBeDefined()
    expect(request).toMatchObject({ tag: `${plan?.image.repository ?? ''}:${plan?.image.tag ?? ''}`, secrets: { TOKEN: 'secret-of-the-build' }, buildArgs: { A: '1' } })
    expect(log.outputs['image-digest']).toBe(digestOf(plan?.image.tag ?? ''))
  })

  it.each([['a release', {}], ['a plan', PLAN]])('with a builder that cannot attest stops %s before anything is built', async (_, event) => {
    const { ports, step } = onBuilder(cannotAttest)
    const { log } = await step({ ...PROVENANCE, ...event })

    expect(log.failures).toMatchObject([{
      code: 'builder-unable', message: 'The builder\'s driver "docker" cannot attest where an image comes from, which "provenance" asks for',
      hint: expect.stringContaining('docker/setup-buildx-action'),
    }])
    expect([ports.docker.builds.length, ports.writes.length]).toEqual([0, 0])
  })

  it('needs no builder when the image is there already', async () => {
    const { ports, step } = onBuilder(canAttest)
    await step(PROVENANCE)
    Object.assign(ports.docker, { builder: () => Promise.reject(new Error('No builder is expected')) })
    const { log, plan } = await step(PROVENANCE)

    expect(log.failures).toEqual([])
    expect(plan?.image.action).toBe('reuse')
  })
})

describe('fingerprint-salt', () => {
  it('makes a new build of the same checkout, and is shown nowhere', async () => {
    const { ports, step } = aProject()
    const first = await step()
    const SALT = 'salt-that-nobody-may-see'
    const second = await step({ 'INPUT_FINGERPRINT-SALT': SALT })
    const again = await step({ 'INPUT_FINGERPRINT-SALT': SALT })

    expect(second.plan?.image).toMatchObject({ action: 'build' })
    expect(second.plan?.image.tag).not.toBe(first.plan?.image.tag)
    expect(again.plan?.image).toMatchObject({ action: 'reuse', tag: second.plan?.image.tag })
    expect(ports.docker.pushes).toHaveLength(2)
    expect(JSON.stringify([second.plan, second.log.lines, second.log.summaries, second.log.outputs])).not.toContain(SALT)
  })
})

describe('the platform', () => {
  it('of a built image is checked before anything is written', async () => {
    const { ports, step } = aProject()
    const { log } = await step({ INPUT_PLATFORM: 'linux/arm64' }) // the engine of this test makes linux/amd64

    expect(log.failures).toMatchObject([{ code: 'platform-mismatch', message: expect.stringContaining('is for linux/amd64, but linux/arm64 is needed') }])
    expect(ports.writes).toEqual([])
  })

  it('of a given image is read from its configuration, before it is pulled', async () => {
    const { ports, step } = aProject()
    const { digest } = ports.registry.addImage('flows', 'v1')
    ports.registry.configure(digest, 'linux/arm64')
    const { log } = await step({ INPUT_IMAGE: 'v1' })

    expect(log.failures).toMatchObject([{ code: 'platform-mismatch', message: 'Image "v1" is for linux/arm64, but linux/amd64 is needed' }])
    expect(ports.docker.pulls).toEqual([])
  })
})
