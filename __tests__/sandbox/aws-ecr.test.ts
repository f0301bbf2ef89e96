import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import type { DescribeRepositoriesResponse } from '@aws-sdk/client-ecr'
import { createRepositoryPolicy, planPolicy } from '../../sandbox/aws/policies.ts'
import type { TestAccount } from './aws-account.ts'
import { startAccount } from './aws-account.ts'
import { digestOf } from './aws-registry-stub.ts'

const OCI = 'application/vnd.oci.image.manifest.v1+json'
const LAYER = 'a layer'
const MANIFEST = manifest({ annotations: {} })
const RULES = JSON.stringify({
  rules: [
    { rulePriority: 1, selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 50 }, action: { type: 'expire' } },
  ],
})
const OTHER = manifest({ annotations: { other: 'yes' } })

let account: TestAccount
let ecr: ECRClient

beforeAll(async () => {
  account = await startAccount()
})

beforeEach(async () => {
  await account.control.reset()
  await account.control.createRepository({ name: 'flows', tagMutability: 'IMMUTABLE' })
  ecr = new ECRClient(await account.client())
})

afterAll(async () => {
  await account.stop()
})

function manifest(more: object): string {
  const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(LAYER), size: LAYER.length }
  return JSON.stringify({ schemaVersion: 2, mediaType: OCI, config: descriptor, layers: [descriptor], ...more })
}

async function login(client = ecr): Promise<string> {
  const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}))
  return `Basic ${authorizationData[0]?.authorizationToken ?? ''}`
}

/** A request as container engines make it. */
async function ask(path: string, { authorization, ...options }: RequestInit & { authorization?: string } = {}) {
  const headers = { ...(authorization !== undefined && { authorization }), 'content-type': OCI }
  return fetch(`http://${account.ecrHost}${path}`, { headers, redirect: 'manual', ...options })
}

async function pushLayer(authorization: string, layer = LAYER): Promise<void> {
  const { headers } = await ask('/v2/flows/blobs/uploads/', { method: 'POST', authorization })
  await ask(`${headers.get('location') ?? ''}&digest=${digestOf(layer)}`, { method: 'PUT', authorization, body: layer })
}

async function push(tag: string, body = MANIFEST) {
  const authorization = await login()
  await pushLayer(authorization)
  return ask(`/v2/flows/manifests/${tag}`, { method: 'PUT', authorization, body })
}

describe("ECR's registry", () => {
  it('asks for a login', async () => {
    const response = await ask('/v2/')

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(`Basic realm="http://${account.ecrHost}/",service="ecr.amazonaws.com"`)
  })

  it('takes the token that ECR gave out, and no other', async () => {
    expect((await ask('/v2/', { authorization: await login() })).status).toBe(200)
    expect((await ask('/v2/', { authorization: `Basic ${Buffer.from('AWS:guessed').toString('base64')}` })).status).toBe(403)
  })

  it('refuses a token after twelve hours', async () => {
    const authorization = await login()

    await account.control.clock({ advance: 12 * 3600 })

    const response = await ask('/v2/', { authorization })

    expect(response.status).toBe(403)
    expect(await response.text()).toMatch('Your authorization token has expired. Reauthenticate and try again.')
  })

  it('sends clients that upload back to itself, not to the registry behind it', async () => {
    const response = await ask('/v2/flows/blobs/uploads/', { method: 'POST', authorization: await login() })

    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toMatch(/^\/v2\/flows\/blobs\/uploads\/[\w-]+\?_state=x$/)
  })

  it('takes an image and gives it back byte for byte', async () => {
    expect((await push('1')).status).toBe(201)

    const response = await ask('/v2/flows/manifests/1', { authorization: await login() })

    expect(await response.text()).toBe(MANIFEST)
    expect(response.headers.get('content-type')).toBe(OCI)
  })

  it('does not know repositories that were not created', async () => {
    const response = await ask('/v2/other/manifests/1', { authorization: await login() })

    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      errors: [{ code: 'NAME_UNKNOWN', message: "The repository with name 'other' does not exist in the registry with id '123456789012'" }],
    })
  })

  it('keeps an immutable tag where it is', async () => {
    await push('1')

    const response = await push('1', OTHER)

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      errors: [
        {
          code: 'TAG_INVALID',
          message: "The image tag '1' already exists in the 'flows' repository and cannot be overwritten because the tag is immutable.",
        },
      ],
    })
  })

  it('takes the same image again under an immutable tag', async () => {
    await push('1')

    expect((await push('1')).status).toBe(201)
  })

  it('moves a mutable tag', async () => {
    await account.control.createRepository({ name: 'flows', tagMutability: 'MUTABLE' })
    await push('1')

    expect((await push('1', OTHER)).headers.get('docker-content-digest')).toBe(digestOf(OTHER))
  })

  it('lets a login do what the principal may do that asked for it', async () => {
    await push('1')
    const targets = {
      accountId: '123456789012',
      region: 'eu-central-1',
      repository: 'flows',
      families: [],
      cluster: 'c',
      service: 's',
      taskRoles: [],
      logGroup: 'g',
      bucket: 'b',
    }
    const authorization = await login(new ECRClient(await account.client(planPolicy(targets))))

    expect((await ask('/v2/flows/manifests/1', { authorization })).status).toBe(200)

    const response = await ask('/v2/flows/blobs/uploads/', { method: 'POST', authorization })

    expect(response.status).toBe(403)
    expect(await response.text()).toMatch('is not authorized to perform: ecr:InitiateLayerUpload')
  })

  it('does not mount layers of other repositories', async () => {
    const response = await ask(`/v2/flows/blobs/uploads/?mount=${digestOf(LAYER)}&from=other`, {
      method: 'POST',
      authorization: await login(),
    })

    expect(response.status).toBe(202)
  })

  it('is empty after a reset, whatever the registry behind it holds', async () => {
    await push('1')
    await account.control.reset()
    await account.control.createRepository({ name: 'flows' })
    ecr = new ECRClient(await account.client())

    expect((await ask('/v2/flows/manifests/1', { authorization: await login() })).status).toBe(404)
  })

  it('keeps large layers of a repository over a reset, and of no other repository', async () => {
    const large = 'layer '.repeat(2_000_000)
    const statusOf = async (repository: string, layer: string) =>
      (await ask(`/v2/${repository}/blobs/${digestOf(layer)}`, { method: 'HEAD', authorization: await login() })).status
    for (const layer of [LAYER, large]) await pushLayer(await login(), layer)
    await account.control.reset()
    for (const name of ['flows', 'other']) await account.control.createRepository({ name })
    ecr = new ECRClient(await account.client())

    expect([await statusOf('flows', large), await statusOf('flows', LAYER), await statusOf('other', large)]).toEqual([200, 404, 404])
  })

  it('has its requests in the journal', async () => {
    await push('1')

    const entries = (await account.control.journal()).filter(({ service }) => service === 'registry')

    expect(entries.at(-1)).toMatchObject({
      operation: 'PUT',
      path: '/v2/flows/manifests/1',
      write: true,
      status: 201,
      principal: 'arn:aws:iam::123456789012:user/user',
    })
  })

  it('fails when it is told to', async () => {
    const authorization = await login()
    await account.control.fault({ service: 'registry', operation: 'GET', times: 1, kind: 'throttle' })

    expect((await ask('/v2/', { authorization })).status).toBe(429)
    expect((await ask('/v2/', { authorization })).status).toBe(200)
  })
})

describe('ECR', () => {
  it('names the registry that images go to', async () => {
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['flows'] }))
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))

    expect(repositories).toEqual([expect.objectContaining({ repositoryUri: `${account.ecrHost}/flows`, imageTagMutability: 'IMMUTABLE' })])
    expect(authorizationData?.[0]?.proxyEndpoint).toBe(`http://${account.ecrHost}`)
  })

  it('creates a repository once', async () => {
    const create = new CreateRepositoryCommand({
      repositoryName: 'new',
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    })
    const { repository } = await ecr.send(create)

    expect(repository).toMatchObject({ repositoryName: 'new', imageScanningConfiguration: { scanOnPush: true } })
    await expect(ecr.send(create)).rejects.toMatchObject({ name: 'RepositoryAlreadyExistsException' })
  })

  it('needs a permission to create, and one more for a lifecycle rule', async () => {
    const targets = {
      accountId: '123456789012',
      region: 'eu-central-1',
      repository: 'new',
      families: [],
      cluster: 'c',
      service: 's',
      taskRoles: [],
      logGroup: 'g',
      bucket: 'b',
    }
    const create = new CreateRepositoryCommand({ repositoryName: 'new' })
    const rules = new PutLifecyclePolicyCommand({ repositoryName: 'new', lifecyclePolicyText: RULES })
    const creator = new ECRClient(await account.client(createRepositoryPolicy(planPolicy(targets), targets)))

    await expect(new ECRClient(await account.client(planPolicy(targets))).send(create)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })

    await creator.send(create)
    await creator.send(rules)

    const { repositories } = await account.control.state()

    expect(repositories.find(({ repositoryName }) => repositoryName === 'new')?.lifecyclePolicy).toBe(RULES)
  })

  it.each([
    [
      'a repository that does not exist',
      'other',
      'RepositoryNotFoundException',
      "The repository with name 'other' does not exist in the registry with id '123456789012'",
    ],
    [
      'an image that does not exist',
      'flows',
      'ImageNotFoundException',
      "{imageDigest:'null', imageTag:'1'} does not exist within the repository with name 'flows' in the registry with id '123456789012'",
    ],
    ['a name that cannot be one', 'Flows', 'InvalidParameterException', "'repositoryName' failed to satisfy constraint"],
  ])('does not describe %s', async (_what, repositoryName, name, message) => {
    await expect(ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: '1' }] }))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(escaped(message)),
    })
  })

  it('describes an image with all its tags and the digest of its bytes', async () => {
    await push('1')
    await push('2')

    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: 'flows', imageIds: [{ imageTag: '2' }] }))

    expect(imageDetails).toEqual([
      expect.objectContaining({
        imageDigest: digestOf(MANIFEST),
        imageTags: ['1', '2'],
        imageManifestMediaType: OCI,
        imageStatus: 'ACTIVE',
      }),
    ])
  })

  it('lists images with and without tags', async () => {
    await push('1')
    await push(digestOf(OTHER), OTHER)

    const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName: 'flows' }))

    expect(imageIds).toEqual([{ imageDigest: digestOf(MANIFEST), imageTag: '1' }, { imageDigest: digestOf(OTHER) }])
  })

  it('gives images and says which it does not have', async () => {
    await push('1')
    const imageIds = [{ imageTag: '1' }, { imageTag: '2' }, { imageTag: '1', imageDigest: digestOf(OTHER) }]

    const { images, failures } = await ecr.send(new BatchGetImageCommand({ repositoryName: 'flows', imageIds }))

    expect(images).toEqual([
      expect.objectContaining({ imageManifest: MANIFEST, imageId: { imageTag: '1', imageDigest: digestOf(MANIFEST) } }),
    ])
    expect(failures?.map(({ failureCode }) => failureCode)).toEqual(['ImageNotFound', 'ImageTagDoesNotMatchDigest'])
  })

  it('gives an image a further tag', async () => {
    await push('1')

    const { image } = await ecr.send(new PutImageCommand({ repositoryName: 'flows', imageTag: 'latest', imageManifest: MANIFEST }))

    expect(image?.imageId).toEqual({ imageDigest: digestOf(MANIFEST), imageTag: 'latest' })
    expect((await ask('/v2/flows/manifests/latest', { authorization: await login() })).status).toBe(200)
  })

  it.each([
    ['again', { imageManifest: MANIFEST }, 'ImageAlreadyExistsException'],
    ['over an immutable tag', { imageManifest: OTHER }, 'ImageTagAlreadyExistsException'],
    ['under another digest', { imageManifest: MANIFEST, imageDigest: digestOf(OTHER) }, 'ImageDigestDoesNotMatchException'],
    [
      'without its layers',
      { imageManifest: MANIFEST.replaceAll(digestOf(LAYER), digestOf('missing')), imageTag: '2' },
      'LayersNotFoundException',
    ],
    [
      'without the images of its index',
      {
        imageManifest: JSON.stringify({
          mediaType: 'application/vnd.oci.image.index.v1+json',
          manifests: [{ digest: digestOf('missing'), size: 1 }],
        }),
        imageTag: '2',
      },
      'ReferencedImagesNotFoundException',
    ],
    ['that is none', { imageManifest: 'no JSON' }, 'InvalidParameterException'],
  ])('does not put an image %s', async (_how, request, name) => {
    await push('1')

    await expect(ecr.send(new PutImageCommand({ repositoryName: 'flows', imageTag: '1', ...request }))).rejects.toMatchObject({ name })
  })

  it('knows which layers it has', async () => {
    await push('1')
    const layerDigests = [digestOf(LAYER), digestOf('missing')]

    const { layers } = await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName: 'flows', layerDigests }))

    expect(layers?.map(({ layerAvailability, layerSize }) => [layerAvailability, layerSize])).toEqual([
      ['AVAILABLE', LAYER.length],
      ['UNAVAILABLE', undefined],
    ])
  })

  it('answered all that as its model says', async () => {
    expect(await account.control.defects()).toEqual([])
  })
})

function escaped(text: string): string {
  return text.replace(/[{}()]/g, '\\$&')
}

describe('a layer that is uploaded through the API', () => {
  const repositoryName = 'flows'
  const begin = async () => (await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))).uploadId
  const send = (uploadId: string | undefined, bytes: Buffer, first = 0) => {
    const part = { partFirstByte: first, partLastByte: first + bytes.length - 1, layerPartBlob: bytes }
    return ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
  }
  const complete = (uploadId: string | undefined, ...layerDigests: string[]) =>
    ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }))

  it('can be downloaded by a URL that needs no login, and is there for an artifact about an image', async () => {
    await push('1')
    const uploadId = await begin()
    await send(uploadId, Buffer.from('a record'))
    const layerDigest = digestOf('a record')
    await expect(complete(uploadId, layerDigest)).resolves.toMatchObject({ layerDigest })

    const { downloadUrl = '' } = await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))
    expect(await (await fetch(downloadUrl)).text()).toBe('a record')

    const descriptor = { mediaType: 'application/x', digest: layerDigest, size: 8 }
    const subject = { mediaType: OCI, digest: digestOf(MANIFEST), size: MANIFEST.length }
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI, artifactType: 'application/x', config: descriptor, layers: [descriptor], subject })
    await ecr.send(new PutImageCommand({ repositoryName, imageTag: 'release-1', imageManifest }))
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'release-1' }] }))
    expect(imageDetails).toMatchObject([{ artifactMediaType: 'application/x', subjectManifestDigest: digestOf(MANIFEST), imageTags: ['release-1'] }])
  })

  it('may have a last part that is small, and no other', async () => {
    const [whole, rest] = [Buffer.alloc(5_242_880, 1), Buffer.from('rest')]
    const good = await begin()
    await send(good, whole)
    await send(good, rest, whole.length)
    await expect(complete(good, digestOf(Buffer.concat([whole, rest])))).resolves.toMatchObject({ repositoryName })

    const bad = await begin()
    await send(bad, rest)
    await send(bad, whole, rest.length)
    await expect(complete(bad, digestOf(Buffer.concat([rest, whole])))).rejects.toMatchObject({ name: 'LayerPartTooSmallException' })
  })

  it.each<[string, () => Promise<unknown>]>([
    ['InvalidLayerPartException', async () => send(await begin(), Buffer.from('late'), 4)],
    ['UploadNotFoundException', () => complete('00000000-0000-4000-8000-000000000000', digestOf(LAYER))],
    ['EmptyUploadException', async () => complete(await begin(), digestOf(LAYER))],
    ['InvalidLayerException', async () => {
      const uploadId = await begin()
      await send(uploadId, Buffer.from('another'))
      return complete(uploadId, digestOf(LAYER))
    }],
    ['LayerAlreadyExistsException', async () => {
      await pushLayer(await login())
      const uploadId = await begin()
      await send(uploadId, Buffer.from(LAYER))
      return complete(uploadId, digestOf(LAYER))
    }],
    ['LayersNotFoundException', () => ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: digestOf('nothing') }))],
  ])('is refused with %s', async (name, act) => {
    await expect(act()).rejects.toMatchObject({ name })
  })
})

describe('many repositories', () => {
  beforeEach(async () => {
    for (const name of ['flows-a', 'flows-b', 'flows-c']) await account.control.createRepository({ name })
  })

  it('are described page by page', async () => {
    const namesOf = ({ repositories = [] }: DescribeRepositoriesResponse) => repositories.map(({ repositoryName }) => repositoryName)
    const first = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2 }))
    const second = await ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken: first.nextToken }))

    expect([namesOf(first), namesOf(second)]).toEqual([['flows', 'flows-a'], ['flows-b', 'flows-c']])
    expect(second.nextToken).toBeUndefined()
  })

  it('are not paged when they are asked for by name', async () => {
    const request = new DescribeRepositoriesCommand({ repositoryNames: ['flows-a'], maxResults: 2 })

    await expect(ecr.send(request)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})

describe('many images', () => {
  beforeEach(async () => {
    for (const tag of ['1', '2', '3']) await push(tag, manifest({ annotations: { tag } }))
  })

  it('are described and listed page by page', async () => {
    const first = await ecr.send(new DescribeImagesCommand({ repositoryName: 'flows', maxResults: 2 }))
    const second = await ecr.send(new DescribeImagesCommand({ repositoryName: 'flows', maxResults: 2, nextToken: first.nextToken }))
    expect([first, second].map(({ imageDetails = [] }) => imageDetails.flatMap(({ imageTags = [] }) => imageTags))).toEqual([['1', '2'], ['3']])
    expect(second.nextToken).toBeUndefined()

    const listed = await ecr.send(new ListImagesCommand({ repositoryName: 'flows', maxResults: 2 }))
    expect(listed.imageIds).toHaveLength(2)
    expect(listed.nextToken).toBeDefined()
  })

  it('are not paged when they are asked for one by one', async () => {
    const request = new DescribeImagesCommand({ repositoryName: 'flows', imageIds: [{ imageTag: '1' }], maxResults: 2 })

    await expect(ecr.send(request)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('are archived or removed by a lifecycle policy', async () => {
    const [one, two] = ['1', '2'].map((tag) => digestOf(manifest({ annotations: { tag } })))
    await account.control.lifecycle({ repository: 'flows', digest: one ?? '', action: 'transition' })
    await account.control.lifecycle({ repository: 'flows', digest: two ?? '', action: 'expire' })
    const describe = (filter: object, imageIds?: { imageTag: string }[]) => ecr.send(new DescribeImagesCommand({ repositoryName: 'flows', filter, imageIds }))

    expect((await describe({})).imageDetails).toMatchObject([{ imageTags: ['3'], imageStatus: 'ACTIVE' }])
    expect((await describe({ imageStatus: 'ANY' }, [{ imageTag: '1' }])).imageDetails).toMatchObject([{ imageStatus: 'ARCHIVED' }])
    await expect(describe({}, [{ imageTag: '1' }])).rejects.toMatchObject({ name: 'ImageNotFoundException' })
    await expect(describe({ imageStatus: 'ANY' }, [{ imageTag: '2' }])).rejects.toMatchObject({ name: 'ImageNotFoundException' })
  })
})
