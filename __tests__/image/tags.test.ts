import { describe, expect, it } from '@jest/globals'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeRegistry, digestOf } from '../../__fixtures__/fake-registry.ts'
import { DeployError } from '../../src/errors.ts'
import type { ImagePlan, LiveImage } from '../../src/image/plan.ts'
import { tagImage } from '../../src/image/tagging.ts'
import { planTags, planTagsBack } from '../../src/image/tags.ts'

const [OLD, NEW] = [digestOf('old'), digestOf('new')]

type Situation = { readonly immutable?: boolean; readonly exclusions?: readonly string[]; readonly isBuilt?: boolean; readonly taken?: Readonly<Record<string, string>> }

function request(wanted: readonly string[], { immutable = true, exclusions, isBuilt = false, taken = {} }: Situation = {}) {
  const repository = createFakeRegistry().addRepository('flows', { immutable, ...(exclusions !== undefined && { exclusions }) })
  const built: ImagePlan = { action: 'build', repository, fingerprint: 'f', tag: 'tree-1', name: `${repository.uri}:tree-1` }
  const reused: ImagePlan = { action: 'reuse', uri: repository.uri, digest: NEW, reference: `${repository.uri}@${NEW}`, tag: 'tree-1', fingerprint: 'f' }
  const live: LiveImage = { registry: 'ecr', name: 'flows', repository, image: undefined }
  return { wanted, image: isBuilt ? built : reused, live, taken: new Map(Object.entries(taken)) }
}

const given: ImagePlan = { action: 'use', uri: 'ghcr.io/org/flows', digest: NEW, reference: `ghcr.io/org/flows@${NEW}`, tag: 'v3', fingerprint: undefined }
const elsewhere = { wanted: ['v1'], image: given, live: { registry: 'other', uri: 'ghcr.io/org/flows', digest: NEW }, taken: new Map() } as const

describe('tags of an image', () => {
  it('are none when none are wanted', () => {
    expect(planTags(request([]))).toBeUndefined()
  })

  it('are created, left, or moved from the image that has them', () => {
    expect(planTags(request(['v1', 'v2', 'production'], { immutable: false, taken: { v2: NEW, production: OLD } }))?.tags).toEqual([
      { tag: 'v1', action: 'create', from: undefined }, { tag: 'v2', action: 'unchanged', from: NEW }, { tag: 'production', action: 'move', from: OLD },
    ])
  })

  it('move wherever they are, to an image that is yet to be built', () => {
    expect(planTags(request(['production'], { immutable: false, isBuilt: true, taken: { production: OLD } }))?.tags)
      .toEqual([{ tag: 'production', action: 'move', from: OLD }])
  })

  it.each<[string, Situation]>([
    ['with immutable tags', {}],
    ['with immutable tags but for others', { exclusions: ['latest*'] }],
    ['whose filter makes these tags immutable', { immutable: false, exclusions: ['v*'] }],
  ])('that are on another image are an error in a repository %s', (_, situation) => {
    expect(() => planTags(request(['v1', 'v2'], { ...situation, taken: { v1: OLD, v2: OLD } }))).toThrow(expect.objectContaining({
      code: 'tag-taken', message: expect.stringMatching(/^2 problems: Tag "v1" of ECR repository flows is on another image \(sha256:.*Tag "v2"/),
    }))
  })

  it('that a filter excepts move in a repository with immutable tags', () => {
    expect(planTags(request(['production'], { exclusions: ['prod*'], taken: { production: OLD } }))?.tags).toMatchObject([{ action: 'move' }])
  })

  it('are there already in a repository with immutable tags, which is no error', () => {
    expect(planTags(request(['v1'], { taken: { v1: NEW } }))?.tags).toMatchObject([{ action: 'unchanged' }])
  })

  it('of an image in another registry are refused', () => {
    expect(() => planTags(elsewhere)).toThrow(expect.objectContaining({
      code: 'invalid-input', message: `Input "image-tags": ghcr.io/org/flows@${NEW} is not in the ECR of this account and region, where tags can be given`,
    }))
  })
})

describe('tags of an earlier image that is gone back to', () => {
  it('are those that are there and may move', () => {
    const situation = { exclusions: ['production'], taken: { production: OLD, v2: OLD } }

    expect(planTagsBack(request(['production', 'v2', 'v3'], situation))?.tags).toEqual([{ tag: 'production', action: 'move', from: OLD }])
  })

  it('are none in another registry, which is no error: a rollback must not stop for them', () => {
    expect(planTagsBack(elsewhere)).toBeUndefined()
  })
})

describe('tagging', () => {
  function arrange({ immutable = false } = {}) {
    const registry = createFakeRegistry()
    const repository = registry.addRepository('flows', { immutable })
    registry.addImage('flows', 'tree-0', { content: 'old' })
    registry.addImage('flows', 'tree-1', { content: 'new' })
    return { registry, repository, log: createFakeLog() }
  }

  it('writes what is new and what moves, and nothing that is there', async () => {
    const { registry, repository, log } = arrange()
    registry.addImage('flows', 'production', { content: 'old' })
    registry.addImage('flows', 'v2', { content: 'new' })
    const taken = await registry.findTags(repository, ['production', 'v1', 'v2'])
    const tags = planTags({ ...request(['production', 'v1', 'v2'], { immutable: false }), taken })?.tags ?? []

    await expect(tagImage({ repository, tags }, NEW, { registry, log })).resolves.toBeUndefined()
    expect(registry.tagged).toEqual(['flows:production', 'flows:v1'])
    expect(log.lines).toEqual([`info: Tagged ${repository.uri}:production, which was ${OLD}`, `info: Tagged ${repository.uri}:v1`])
    await expect(registry.findTags(repository, ['production', 'v1'])).resolves.toEqual(new Map([['production', NEW], ['v1', NEW]]))
  })

  it('goes on after one that another job took meanwhile, and says so', async () => {
    const { registry, repository, log } = arrange({ immutable: true })
    registry.addImage('flows', 'v1', { content: 'old' })
    const tags = ['v1', 'v2'].map((tag) => ({ tag, action: 'create' as const, from: undefined }))

    const failure = await tagImage({ repository, tags }, NEW, { registry, log })

    expect(failure).toMatchObject({
      code: 'tag-not-written',
      message: 'Everything is released, but not every tag is on the image: Tag "v1" of ECR repository flows is on another image, and tags of the repository do not move',
    })
    expect(registry.tagged).toEqual(['flows:v2'])
  })

  it('tells in AWS\'s words what it may not do', async () => {
    const { registry, repository, log } = arrange()
    registry.failures.addTag = new DeployError('aws-access-denied', 'AWS does not let deploy do ecr:PutImage')

    await expect(tagImage({ repository, tags: [{ tag: 'v1', action: 'create', from: undefined }] }, NEW, { registry, log })).resolves.toMatchObject({
      code: 'tag-not-written', message: expect.stringContaining('ecr:PutImage'), hint: expect.stringContaining('Run again'),
    })
  })
})
