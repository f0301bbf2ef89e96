import { describe, expect, it } from '@jest/globals'
import { aBuildSpec, createFolder } from '../../__fixtures__/build-folder.ts'
import { createFakeDocker } from '../../__fixtures__/fake-docker.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeRegistry } from '../../__fixtures__/fake-registry.ts'
import { DeployError } from '../../src/errors.ts'
import type { BuildPlan } from '../../src/image/build.ts'
import { planCache } from '../../src/image/cache.ts'
import type { BuildCache, CacheSituation } from '../../src/image/cache.ts'
import { exportCache } from '../../src/image/cache-export.ts'
import { readBuildInputs } from '../../src/image/fingerprint.ts'
import { readImageReference } from '../../src/image/reference.ts'
import { isImmutableTag } from '../../src/image/tag-mutability.ts'

const URI = 'ecr.example/team/flows'
const REPOSITORY = { name: 'team/flows', uri: URI, immutable: true, exclusions: ['buildcache*'] }
const ABLE = { driver: 'docker-container', exportsCache: true }
const UNABLE = { driver: 'docker', exportsCache: false }
const [OLD, NEW] = ['a', 'b'].map((digit) => `${URI}@sha256:${digit.repeat(64)}`)

function plan(overrides: Partial<CacheSituation> = {}): BuildCache {
  return planCache({ input: 'auto', repository: REPOSITORY, live: null, builder: ABLE, ...overrides })
}

function named(text: string) {
  const reference = readImageReference(text)
  if (reference === undefined) throw new Error(`${text} is no reference`)
  return reference
}

describe('the build cache of a release', () => {
  it('is a tag of the image\'s repository that every release moves', () => {
    expect(plan()).toEqual({
      from: [`${URI}:buildcache`], inline: false, to: `${URI}:buildcache`, told: `Build cache: from ${URI}:buildcache; written to ${URI}:buildcache after the release`,
    })
  })

  it('is in the image itself where the tag could not move, and is never looked for there', () => {
    expect(plan({ repository: { ...REPOSITORY, exclusions: ['latest'] } })).toEqual({
      from: [], inline: true, to: undefined,
      told: `Build cache: none yet; written into the image, because ${URI}:buildcache could be written once only: the repository's tags are immutable (a filter such as buildcache* excepts it)`,
    })
  })

  it('is in the image itself where the builder cannot export one, but still comes from what another builder has left', () => {
    expect(plan({ builder: UNABLE })).toMatchObject({
      from: [`${URI}:buildcache`], inline: true, to: undefined, told: expect.stringContaining('driver "docker" cannot export one (docker/setup-buildx-action'),
    })
  })

  it('comes from the images that are live too, those that the most refer to first', () => {
    const live = [
      { containerDefinitions: [{ image: OLD }, { image: `elsewhere/${OLD ?? ''}` }, { image: `${URI}-other@sha256:${'c'.repeat(64)}` }] },
      { deployments: [{ fields: { job_variables: { image: NEW } } }, { fields: { job_variables: { image: NEW } } }] },
    ]

    expect(plan({ live }).from).toEqual([`${URI}:buildcache`, NEW, OLD])
  })

  it('comes from two images at most', () => {
    const live = ['1', '2', '3'].map((digit) => `${URI}@sha256:${digit.repeat(64)}`)

    expect(plan({ live, builder: UNABLE }).from).toHaveLength(3)
  })

  it.each([
    ['buildcache-main', `${URI}:buildcache-main`],
    ['flows-cache:v1', 'ecr.example/flows-cache:v1'],
    ['ghcr.io/org/flows:cache', 'ghcr.io/org/flows:cache'],
  ])('goes to %s when that is asked for', (text, to) => {
    expect(plan({ input: named(text) })).toMatchObject({ from: [to], to, inline: false })
  })

  it('goes nowhere when it is off', () => {
    expect(plan({ input: 'off', live: [NEW] })).toEqual({ from: [], inline: false, to: undefined, told: 'Build cache: off' })
  })
})

describe('the build cache of a plan', () => {
  it('is read and never written', () => {
    expect(plan({ builder: undefined, live: [NEW] })).toEqual({
      from: [`${URI}:buildcache`, NEW], inline: false, to: undefined, told: `Build cache: from ${URI}:buildcache, ${NEW ?? ''}; a plan writes none`,
    })
  })
})

describe('a tag', () => {
  it.each([
    [true, [], 'buildcache', true], [false, [], 'buildcache', false],
    [true, ['buildcache*'], 'buildcache', false], [true, ['buildcache*'], 'buildcache-main', false], [true, ['buildcache*'], 'v1', true],
    [true, ['*cache'], 'buildcache', false], [true, ['b*d*'], 'buildcache', false], [true, ['build.cache'], 'build-cache', true],
    [false, ['v*'], 'v1', true], [false, ['v*'], 'buildcache', false],
  ])('in a repository that is immutable: %s, but for %j: %s stays where it is: %s', (immutable, exclusions, tag, expected) => {
    expect(isImmutableTag({ ...REPOSITORY, immutable, exclusions }, tag)).toBe(expected)
  })
})

describe('writing the cache', () => {
  async function arrange(cache: BuildCache | undefined) {
    const registry = createFakeRegistry()
    const repository = registry.addRepository('flows')
    const build: BuildPlan = { action: 'build', repository, fingerprint: 'f', tag: 'tree-1', name: `${repository.uri}:tree-1` }
    const inputs = await readBuildInputs(aBuildSpec(createFolder({ Dockerfile: 'FROM x' })))
    const [docker, log] = [createFakeDocker({ registry }), createFakeLog()]
    return { docker, log, work: () => exportCache(build, inputs, { docker, log, secrets: {}, cache }) }
  }

  it('goes through the same build, to where the plan said', async () => {
    const { docker, log, work } = await arrange(plan())

    await work()

    expect(docker.exports).toEqual([{ reference: `${URI}:buildcache`, request: expect.objectContaining({ tag: expect.stringMatching(/:tree-1$/), cacheFrom: [`${URI}:buildcache`] }) }])
    expect(log.lines).toEqual([`info: Wrote the build cache to ${URI}:buildcache`])
  })

  it.each([undefined, plan({ builder: UNABLE }), plan({ input: 'off' })])('is left out where nothing is to be written', async (cache) => {
    const { docker, log, work } = await arrange(cache)

    await work()

    expect([docker.exports, log.lines]).toEqual([[], []])
  })

  it.each(['push-failed', 'cancelled', 'build-failed'] as const)('never fails a release that is done: %s', async (code) => {
    const { docker, log, work } = await arrange(plan())
    docker.failures.exportCache = new DeployError(code, 'The registry said no', { hint: 'Ask it.' })

    await work()

    expect(log.lines).toEqual(['warning: The build cache was not written, which concerns the next build only: The registry said no'])
  })
})
