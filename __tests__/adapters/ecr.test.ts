import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { awsError, startWire } from '../../__fixtures__/aws-wire.ts'
import type { Wire, WireAnswer, WireRequest } from '../../__fixtures__/aws-wire.ts'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createRegistry } from '../../src/adapters/ecr.ts'

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const REPOSITORY = { name: 'flows', uri: `${HOST}/flows`, immutable: true }
const DIGEST = `sha256:${'a1'.repeat(32)}`
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

const before = process.env.AWS_ENDPOINT_URL
let wire: Wire | undefined

beforeEach(() => { wire = undefined })

afterEach(async () => {
  if (before === undefined) Reflect.deleteProperty(process.env, 'AWS_ENDPOINT_URL')
  else process.env.AWS_ENDPOINT_URL = before
  await wire?.close()
})

type Answers = Readonly<Record<string, (request: WireRequest) => WireAnswer>>

async function arrange(answers: Answers) {
  const started = await startWire((request) => answers[request.operation]?.(request))
  wire = started
  process.env.AWS_ENDPOINT_URL = started.url
  const [clock, log] = [createFakeClock(), createFakeLog()]
  const credentials = () => Promise.resolve({ accessKeyId: 'AKIA', secretAccessKey: 'secret' })
  return { registry: createRegistry({ aws: { region: 'eu-central-1', credentials }, log, clock }), requests: started.requests, clock, log }
}

const HOUR = 3_600_000

function repository(fields: object = {}): Answers {
  const repository = { repositoryName: 'flows', repositoryUri: REPOSITORY.uri, imageTagMutability: 'MUTABLE', ...fields }
  return { DescribeRepositories: () => ({ body: { repositories: [repository] } }) }
}

function image(fields: object = {}): Answers {
  const detail = { imageDigest: DIGEST, imageTags: ['v1', 'v2'], imageManifestMediaType: OCI_MANIFEST, ...fields }
  return { DescribeImages: () => ({ body: { imageDetails: [detail] } }) }
}

/** A token as AWS gives it, for twelve hours. */
function token(password: string, now: Date): WireAnswer {
  const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64')
  const expiresAt = (now.getTime() + 12 * HOUR) / 1000
  return { body: { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: `https://${HOST}` }] } }
}

describe('a repository', () => {
  it('is found with the address that AWS says', async () => {
    const { registry, requests } = await arrange(repository())

    await expect(registry.findRepository('flows')).resolves.toEqual({ ...REPOSITORY, immutable: false })
    expect(requests).toMatchObject([{ operation: 'DescribeRepositories', body: { repositoryNames: ['flows'] } }])
  })

  const mutabilities: [string, boolean][] = [['IMMUTABLE', true], ['IMMUTABLE_WITH_EXCLUSION', true], ['MUTABLE_WITH_EXCLUSION', false]]
  it.each(mutabilities)('with %s tags is immutable: %s', async (imageTagMutability, immutable) => {
    const { registry } = await arrange(repository({ imageTagMutability }))

    await expect(registry.findRepository('flows')).resolves.toMatchObject({ immutable })
  })

  it('has tags for which the opposite of its setting holds', async () => {
    const imageTagMutabilityExclusionFilters = [{ filterType: 'WILDCARD', filter: 'buildcache*' }]
    const { registry } = await arrange(repository({ imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters }))

    await expect(registry.findRepository('flows')).resolves.toEqual({ ...REPOSITORY, exclusions: ['buildcache*'] })
  })

  it('that is missing is not found', async () => {
    const { registry } = await arrange({ DescribeRepositories: () => awsError('RepositoryNotFoundException', 'It does not exist') })

    await expect(registry.findRepository('flows')).resolves.toBeUndefined()
  })

  it('that may not be seen is an error that names the missing permission', async () => {
    const [user, resource] = ['arn:aws:sts::123456789012:assumed-role/plan/1', 'arn:aws:ecr:eu-central-1:123456789012:repository/flows']
    const message = `User: ${user} is not authorized to perform: ecr:DescribeRepositories on resource: ${resource} because no policy allows it`
    const { registry } = await arrange({ DescribeRepositories: () => awsError('AccessDeniedException', message) })

    await expect(registry.findRepository('flows')).rejects.toMatchObject({
      code: 'aws-access-denied',
      message: `AWS does not let ${user} do ecr:DescribeRepositories on ${resource}: no policy allows it`,
    })
  })
})

describe('an image', () => {
  it.each([['v1', { imageTag: 'v1' }], [DIGEST, { imageDigest: DIGEST }]])('is found by %s', async (reference, imageId) => {
    const { registry, requests } = await arrange(image())

    await expect(registry.findImage(REPOSITORY, reference)).resolves.toEqual({ digest: DIGEST, tags: ['v1', 'v2'], platforms: [] })
    expect(requests).toMatchObject([{ operation: 'DescribeImages', body: { repositoryName: 'flows', imageIds: [imageId] } }])
  })

  it('without tags is found', async () => {
    const { registry } = await arrange(image({ imageTags: undefined }))

    await expect(registry.findImage(REPOSITORY, DIGEST)).resolves.toMatchObject({ tags: [] })
  })

  it('that is missing is not found', async () => {
    const { registry } = await arrange({ DescribeImages: () => awsError('ImageNotFoundException', 'It does not exist') })

    await expect(registry.findImage(REPOSITORY, 'v9')).resolves.toBeUndefined()
  })

  const indexes = [OCI_INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json']
  it.each(indexes)('of several platforms tells them, without attestations: %s', async (imageManifestMediaType) => {
    const platforms = [['linux', 'amd64'], ['linux', 'arm64'], ['unknown', 'unknown'], ['unknown', 'unknown']]
    const manifests = platforms.map(([os, architecture]) => ({ digest: DIGEST, platform: { os, architecture } }))
    const answer = { body: { images: [{ imageManifest: JSON.stringify({ manifests }) }], failures: [] } }
    const { registry, requests } = await arrange({ ...image({ imageManifestMediaType }), BatchGetImage: () => answer })

    await expect(registry.findImage(REPOSITORY, 'v1')).resolves.toMatchObject({ platforms: ['linux/amd64', 'linux/arm64'] })
    expect(requests[1]).toMatchObject({
      operation: 'BatchGetImage', body: { repositoryName: 'flows', imageIds: [{ imageDigest: DIGEST }] },
    })
  })
})

describe('the login', () => {
  it('is for the host that AWS says, and its password is masked', async () => {
    const { registry, clock, log } = await arrange({ GetAuthorizationToken: () => token('pass:word', clock.now()) })

    await expect(registry.login()).resolves.toEqual({ host: HOST, username: 'AWS', password: 'pass:word' })
    expect(log.masked).toEqual(['pass:word', Buffer.from('AWS:pass:word').toString('base64')])
  })

  it('is asked for once while its token lasts', async () => {
    const { registry, clock, requests } = await arrange({ GetAuthorizationToken: () => token(`password ${requests.length}`, clock.now()) })
    await registry.login()

    await clock.sleep(11 * HOUR)
    await expect(registry.login()).resolves.toMatchObject({ password: 'password 1' })
    await clock.sleep(31 * 60_000)
    await expect(registry.login()).resolves.toMatchObject({ password: 'password 2' })
  })

  it('without a token is an error', async () => {
    const { registry } = await arrange({ GetAuthorizationToken: () => ({ body: { authorizationData: [] } }) })

    await expect(registry.login()).rejects.toMatchObject({
      code: 'aws-request-failed', message: 'ecr:GetAuthorizationToken answered without a token',
    })
  })
})
