import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
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

describe('the platform of a single manifest', () => {
  const configuration = JSON.stringify({ os: 'linux', architecture: 'arm64', config: {} })
  const config = `sha256:${createHash('sha256').update(configuration).digest('hex')}`
  const manifest = { BatchGetImage: () => ({ body: { images: [{ imageManifest: JSON.stringify({ config: { digest: config } }), imageId: { imageDigest: DIGEST } }] } }) }
  const download = (text: string): Answers => ({
    GetDownloadUrlForLayer: () => ({ body: { downloadUrl: `${wire?.url ?? ''}/blob?signature=1` } }), '/blob': () => ({ body: text }),
  })

  it('is in the configuration of the image, which is downloaded', async () => {
    const { registry, requests } = await arrange({ ...manifest, ...download(configuration) })

    await expect(registry.platformOf(REPOSITORY, DIGEST)).resolves.toBe('linux/arm64')
    expect(requests.map(({ operation }) => operation)).toEqual(['BatchGetImage', 'GetDownloadUrlForLayer', '/blob'])
    expect(requests[2]?.headers.authorization).toBeUndefined()
  })

  it('is none for an artifact', async () => {
    const artifact = JSON.stringify({ config: { digest: `sha256:${createHash('sha256').update('{}').digest('hex')}` } })
    const { registry } = await arrange({ BatchGetImage: () => ({ body: { images: [{ imageManifest: artifact }] } }), ...download('{}') })

    await expect(registry.platformOf(REPOSITORY, DIGEST)).resolves.toBeUndefined()
  })

  it('is not taken from what is not the configuration that was stored', async () => {
    const { registry } = await arrange({ ...manifest, ...download('{"os":"linux","architecture":"amd64"}') })

    await expect(registry.platformOf(REPOSITORY, DIGEST)).rejects.toMatchObject({
      code: 'aws-request-failed', message: `The configuration of image ${DIGEST} could not be read: what was downloaded is not what was stored`,
    })
  })
})

describe('tags', () => {
  const text = '{"schemaVersion":2,  "manifests":[]}'
  const stored = { BatchGetImage: () => ({ body: { images: [{ imageManifest: text, imageManifestMediaType: OCI_INDEX, imageId: { imageDigest: DIGEST } }] } }) }

  it('that are there are found in one request, and others are no error', async () => {
    const { registry, requests } = await arrange({
      BatchGetImage: () => ({ body: { images: [{ imageManifest: '{}', imageId: { imageDigest: DIGEST, imageTag: 'v1' } }], failures: [{ imageId: { imageTag: 'v2' }, failureCode: 'ImageNotFound' }] } }),
    })

    await expect(registry.findTags(REPOSITORY, ['v1', 'v2'])).resolves.toEqual(new Map([['v1', DIGEST]]))
    expect(requests).toMatchObject([{ body: { repositoryName: 'flows', imageIds: [{ imageTag: 'v1' }, { imageTag: 'v2' }], acceptedMediaTypes: expect.arrayContaining([OCI_INDEX, OCI_MANIFEST]) } }])
  })

  it('are asked for a hundred at a time', async () => {
    const { registry, requests } = await arrange({ BatchGetImage: () => ({ body: { images: [] } }) })

    await expect(registry.findTags(REPOSITORY, Array.from({ length: 101 }, (_, index) => `v${index}`))).resolves.toEqual(new Map())
    expect(requests.map(({ body }) => (body.imageIds as unknown[]).length)).toEqual([100, 1])
  })

  it('are put with the very bytes and type of the manifest that is there, also of an index', async () => {
    const { registry, requests } = await arrange({ ...stored, PutImage: () => ({ body: {} }) })

    await expect(registry.addTag(REPOSITORY, DIGEST, 'v1')).resolves.toBe('added')
    expect(requests[1]).toMatchObject({
      operation: 'PutImage', body: { repositoryName: 'flows', imageTag: 'v1', imageManifest: text, imageManifestMediaType: OCI_INDEX, imageDigest: DIGEST },
    })
  })

  it.each([['ImageAlreadyExistsException', 'added'], ['ImageTagAlreadyExistsException', 'taken']])('answered with %s are %s', async (type, answer) => {
    const { registry } = await arrange({ ...stored, PutImage: () => awsError(type, 'It exists') })

    await expect(registry.addTag(REPOSITORY, DIGEST, 'v1')).resolves.toBe(answer)
  })

  it('that may not be put name the permission', async () => {
    const message = 'User: arn:x is not authorized to perform: ecr:PutImage on resource: arn:y'
    const { registry } = await arrange({ ...stored, PutImage: () => awsError('AccessDeniedException', message) })

    await expect(registry.addTag(REPOSITORY, DIGEST, 'v1')).rejects.toMatchObject({ code: 'aws-access-denied', message: 'AWS does not let arn:x do ecr:PutImage on arn:y' })
  })

  it('of an image that is gone are an error', async () => {
    const { registry } = await arrange({ BatchGetImage: () => ({ body: { images: [], failures: [] } }) })

    await expect(registry.addTag(REPOSITORY, DIGEST, 'v1')).rejects.toMatchObject({ code: 'image-missing' })
  })
})

describe('a new repository', () => {
  it('has immutable tags but for those excepted, and a scan on push', async () => {
    const { registry, requests } = await arrange({ CreateRepository: () => ({ body: {} }) })
    await registry.createRepository({ name: 'flows', exclusions: ['buildcache*'] })
    await registry.createRepository({ name: 'flows', exclusions: [] })

    expect(requests.map(({ body }) => body)).toEqual([
      {
        repositoryName: 'flows', imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageScanningConfiguration: { scanOnPush: true },
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'buildcache*' }],
      },
      { repositoryName: 'flows', imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true } },
    ])
  })

  it('that another job has made meanwhile, or whose answer was lost, is as good', async () => {
    const { registry } = await arrange({ CreateRepository: () => awsError('RepositoryAlreadyExistsException', 'It exists') })

    await expect(registry.createRepository({ name: 'flows', exclusions: [] })).resolves.toBeUndefined()
  })

  it('gets its lifecycle policy', async () => {
    const { registry, requests } = await arrange({ PutLifecyclePolicy: () => ({ body: {} }) })
    await registry.setLifecycle('flows', '{"rules":[]}')

    expect(requests).toMatchObject([{ operation: 'PutLifecyclePolicy', body: { repositoryName: 'flows', lifecyclePolicyText: '{"rules":[]}' } }])
  })

  it.each(['CreateRepository', 'PutLifecyclePolicy'])('that may not be made names the permission ecr:%s', async (operation) => {
    const { registry } = await arrange({ [operation]: () => awsError('AccessDeniedException', `User: arn:x is not authorized to perform: ecr:${operation} on resource: arn:y`) })
    const work = operation === 'CreateRepository' ? registry.createRepository({ name: 'flows', exclusions: [] }) : registry.setLifecycle('flows', '{}')

    await expect(work).rejects.toMatchObject({ code: 'aws-access-denied', message: `AWS does not let arn:x do ecr:${operation} on arn:y` })
  })
})

describe('an address that AWS says', () => {
  it.each([
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', '123456789012.dkr.ecr.us-gov-west-1.amazonaws.com', '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu',
    '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', '123456789012.dkr-ecr.eu-central-1.on.aws', '999999999999.dkr.ecr.ap-south-1.amazonaws.com',
  ])('is taken as it is: %s', async (host) => {
    const { registry, clock } = await arrange({
      ...repository({ repositoryUri: `${host}/flows` }),
      GetAuthorizationToken: () => {
        const authorizationToken = Buffer.from('AWS:password').toString('base64')
        return { body: { authorizationData: [{ authorizationToken, expiresAt: (clock.now().getTime() + 12 * HOUR) / 1000, proxyEndpoint: `https://${host}` }] } }
      },
    })

    await expect(registry.findRepository('flows')).resolves.toMatchObject({ uri: `${host}/flows` })
    await expect(registry.login()).resolves.toMatchObject({ host })
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
