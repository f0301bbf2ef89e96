import { describe, expect, it } from '@jest/globals'
import { createFakeDocker } from '../../__fixtures__/fake-docker.ts'
import { createFakeRegistry, digestOf } from '../../__fixtures__/fake-registry.ts'
import { readImage } from '../../src/image/live.ts'
import { planImage } from '../../src/image/plan.ts'
import type { ImagePlan, WantedImage } from '../../src/image/plan.ts'
import { parseImageReference } from '../../src/image/reference.ts'

const FINGERPRINT = 'f'.repeat(64)
const TAG = `tree-${'f'.repeat(40)}`
const V1 = digestOf('v1')
const ELSEWHERE = digestOf('elsewhere')

function arrange() {
  const registry = createFakeRegistry()
  registry.addRepository('flows')
  registry.addRepository('team/other')
  registry.addImage('flows', 'v1', { platforms: ['linux/amd64', 'linux/arm64/v8'] })
  registry.addImage('team/other', 'v2')
  const elsewhere = { 'ghcr.io/org/flows:v3': ELSEWHERE, [`ghcr.io/org/flows@${ELSEWHERE}`]: ELSEWHERE }
  return { registry, docker: createFakeDocker({ registry, elsewhere }) }
}

async function plan(wanted: WantedImage, ports = arrange()): Promise<ImagePlan> {
  return planImage(wanted, await readImage(wanted, ports))
}

const build = (overrides: Partial<Extract<WantedImage, { kind: 'build' }>> = {}): WantedImage =>
  ({ kind: 'build', repository: 'flows', fingerprint: FINGERPRINT, tag: TAG, platform: undefined, ...overrides })
const existing = (image: string, platform?: string): WantedImage =>
  ({ kind: 'existing', reference: parseImageReference(image), repository: 'flows', platform })
const nowhere = (image: string): WantedImage =>
  ({ kind: 'existing', reference: parseImageReference(image), repository: undefined, platform: undefined })

describe('a build', () => {
  it('is planned when nothing with its fingerprint was pushed', async () => {
    const { registry, docker } = arrange()

    await expect(plan(build(), { registry, docker })).resolves.toEqual({
      action: 'build', repository: { name: 'flows', uri: `${registry.host}/flows`, immutable: true }, fingerprint: FINGERPRINT, tag: TAG,
      name: `${registry.host}/flows:${TAG}`,
    })
  })

  it('is not needed when its fingerprint was pushed before', async () => {
    const { registry, docker } = arrange()
    const { digest } = registry.addImage('flows', TAG)

    await expect(plan(build(), { registry, docker })).resolves.toEqual({
      action: 'reuse', uri: `${registry.host}/flows`, digest,
      reference: `${registry.host}/flows@${digest}`, tag: TAG, fingerprint: FINGERPRINT,
    })
  })

  it('is refused without a repository', async () => {
    await expect(plan(build({ repository: 'nowhere' }))).rejects.toMatchObject({
      code: 'repository-missing', message: 'There is no ECR repository "nowhere" in this account and region',
    })
  })

  it('does not reuse an image of another platform', async () => {
    const { registry, docker } = arrange()
    registry.addImage('flows', TAG, { platforms: ['linux/arm64'] })

    await expect(plan(build({ platform: 'linux/amd64' }), { registry, docker })).rejects.toMatchObject({ code: 'platform-mismatch' })
  })
})

describe('an existing image', () => {
  const { registry } = arrange()
  const inEcr: [string, WantedImage, string, string, string | undefined][] = [
    ['a tag', existing('v1'), 'flows', V1, 'v1'],
    ['a digest', existing(V1), 'flows', V1, 'v1'],
    ['a tag of another repository of the account', existing('team/other:v2'), 'team/other', digestOf('v2'), 'v2'],
    ['a tag with its repository, when no other is set', nowhere('flows:v1'), 'flows', V1, 'v1'],
    ['a full reference by tag', existing(`${registry.host}/flows:v1`), 'flows', V1, 'v1'],
    ['a full reference by digest', existing(`${registry.host}/flows@${V1}`), 'flows', V1, 'v1'],
    ['a full reference by tag and digest', existing(`${registry.host}/flows:old@${V1}`), 'flows', V1, 'old'],
    ['a full reference to another repository', existing(`${registry.host}/team/other:v2`), 'team/other', digestOf('v2'), 'v2'],
    ['a full reference, when no repository is set', nowhere(`${registry.host}/flows:v1`), 'flows', V1, 'v1'],
  ]
  it.each(inEcr)('is used: %s', async (_, wanted, repository, digest, tag) => {
    const uri = `${registry.host}/${repository}`

    await expect(plan(wanted)).resolves.toEqual({ action: 'use', uri, digest, reference: `${uri}@${digest}`, tag, fingerprint: undefined })
  })

  const inAnother: [string, string, string | undefined][] = [
    ['a tag', 'ghcr.io/org/flows:v3', 'v3'],
    ['a digest', `ghcr.io/org/flows@${ELSEWHERE}`, undefined],
  ]
  it.each(inAnother)('of another registry is used: %s', async (_, image, tag) => {
    const uri = 'ghcr.io/org/flows'

    await expect(plan(existing(image))).resolves.toEqual({
      action: 'use', uri, digest: ELSEWHERE, reference: `${uri}@${ELSEWHERE}`, tag, fingerprint: undefined,
    })
  })

  const missing: [string, WantedImage, string][] = [
    ['a tag', existing('v9'), `There is no image "v9" in ECR repository ${registry.host}/flows`],
    ['a digest', existing(ELSEWHERE), `There is no image "${ELSEWHERE}" in ECR repository ${registry.host}/flows`],
    ['a tag elsewhere', existing('ghcr.io/org/flows:v9'), 'There is no image "ghcr.io/org/flows:v9" in the registry of ghcr.io/org/flows'],
  ]
  it.each(missing)('that is missing is an error: %s', async (_, wanted, message) => {
    await expect(plan(wanted)).rejects.toMatchObject({ code: 'image-missing', message })
  })

  it('without a host is never looked for on Docker Hub', async () => {
    await expect(plan(existing('python:3.12'))).rejects.toMatchObject({
      code: 'repository-missing', message: 'There is no ECR repository "python" in this account and region',
    })
  })

  it('needs a repository when it is a tag', async () => {
    await expect(plan(nowhere('v1'))).rejects.toMatchObject({
      code: 'invalid-input', message: 'Input "image": "v1" is a tag or digest of a repository, but "ecr-repository" is not set',
    })
  })

  it.each([['linux/amd64'], ['linux/arm64'], ['linux/arm64/v8']])('is used for %s when it holds it', async (platform) => {
    await expect(plan(existing('v1', platform))).resolves.toMatchObject({ action: 'use' })
  })

  it('is refused when it lacks the wanted platform', async () => {
    await expect(plan(existing('v1', 'linux/s390x'))).rejects.toMatchObject({
      code: 'platform-mismatch', message: 'Image "v1" is for linux/amd64, linux/arm64/v8, but linux/s390x is needed',
    })
  })

  it('is used when its platforms are not known', async () => {
    await expect(plan(existing('team/other:v2', 'linux/s390x'))).resolves.toMatchObject({ action: 'use' })
  })
})
