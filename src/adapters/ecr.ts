import {
  BatchGetImageCommand, DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand, ImageNotFoundException,
  RepositoryNotFoundException,
} from '@aws-sdk/client-ecr'
import type { AuthorizationData, ImageDetail, ImageIdentifier, ImageStatusFilter } from '@aws-sdk/client-ecr'
import { DeployError } from '../errors.ts'
import type { Clock, Log, Registry, RegistryImage, Repository } from '../ports.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'

export type EcrOptions = { readonly aws: AwsSettings; readonly log: Pick<Log, 'mask'>; readonly clock: Pick<Clock, 'now'> }

/** The ECR registry of the credentials' account in one region. */
export function createRegistry({ aws, log, clock }: EcrOptions): Registry {
  const ecr = new ECRClient(clientConfiguration(aws))
  let login: Login | undefined
  return {
    findRepository: (name) => findRepository(ecr, name),
    findImage: (repository, reference) => findImage(ecr, repository, reference),
    imageStatus: async ({ name }, imageDigest) => (await describeImage(ecr, name, { imageDigest }, 'ANY'))?.imageStatus,
    login: async () => {
      if (login === undefined || clock.now() >= login.renewAt) login = await requestLogin(ecr, log)
      const { host, username, password } = login
      return { host, username, password }
    },
  }
}

type Login = Awaited<ReturnType<Registry['login']>> & { readonly renewAt: Date }

/** A token lasts twelve hours; one that would end during a push is not used any more. */
const RENEW_BEFORE_MS = 30 * 60_000
const INDEX_TYPES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']

async function findRepository(ecr: ECRClient, name: string): Promise<Repository | undefined> {
  try {
    const { repositories: [repository] = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))
    if (repository?.repositoryUri === undefined) return undefined
    const exclusions = (repository.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter = '' }) => (filter === '' ? [] : [filter]))
    return { name, uri: repository.repositoryUri, immutable: repository.imageTagMutability?.startsWith('IMMUTABLE') ?? false, ...(exclusions.length > 0 && { exclusions }) }
  } catch (error) {
    if (error instanceof RepositoryNotFoundException) return undefined
    throw translateAwsError(error, { operation: 'ecr:DescribeRepositories', resource: `repository ${name}` })
  }
}

async function findImage(ecr: ECRClient, { name }: Repository, reference: string): Promise<RegistryImage | undefined> {
  const imageId = reference.startsWith('sha256:') ? { imageDigest: reference } : { imageTag: reference }
  const image = await describeImage(ecr, name, imageId)
  if (image?.imageDigest === undefined) return undefined
  const isIndex = INDEX_TYPES.includes(image.imageManifestMediaType ?? '')
  const platforms = isIndex ? await readPlatforms(ecr, name, image.imageDigest) : []
  return { digest: image.imageDigest, tags: image.imageTags ?? [], platforms }
}

/** Only active images unless another status is asked for. */
async function describeImage(
  ecr: ECRClient, repositoryName: string, imageId: ImageIdentifier, imageStatus?: ImageStatusFilter,
): Promise<ImageDetail | undefined> {
  try {
    const filter = imageStatus === undefined ? {} : { filter: { imageStatus } }
    const { imageDetails: [image] = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [imageId], ...filter }))
    return image
  } catch (error) {
    if (error instanceof ImageNotFoundException) return undefined
    throw translateAwsError(error, { operation: 'ecr:DescribeImages', resource: `repository ${repositoryName}` })
  }
}

/**
 * The platforms of an index. A single manifest does not tell its platform: that is in the configuration blob, which
 * costs a download through S3, so it stays unknown.
 */
async function readPlatforms(ecr: ECRClient, repositoryName: string, imageDigest: string): Promise<string[]> {
  try {
    const request = { repositoryName, imageIds: [{ imageDigest }], acceptedMediaTypes: INDEX_TYPES }
    const { images: [image] = [] } = await ecr.send(new BatchGetImageCommand(request))
    return platformsOf(JSON.parse(image?.imageManifest ?? '{}') as Index)
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecr:BatchGetImage', resource: `repository ${repositoryName}` })
  }
}

type Index = { readonly manifests?: readonly { readonly platform?: { readonly os: string; readonly architecture: string } }[] }

/** Attestations are in the index too, under the platform `unknown/unknown` (BuildKit, attestation storage). */
function platformsOf({ manifests = [] }: Index): string[] {
  const platforms = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [`${platform.os}/${platform.architecture}`]))
  return [...new Set(platforms)].filter((platform) => platform !== 'unknown/unknown')
}

async function requestLogin(ecr: ECRClient, log: Pick<Log, 'mask'>): Promise<Login> {
  try {
    const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}))
    return readLogin(data ?? {}, log)
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecr:GetAuthorizationToken', resource: 'the registry' })
  }
}

/** Only the password is masked: the user name is `AWS`, a word that logs need. */
function readLogin(data: AuthorizationData, log: Pick<Log, 'mask'>): Login {
  const { authorizationToken = '', proxyEndpoint = '', expiresAt = new Date(0) } = data
  const [username = '', password = ''] = splitOnce(Buffer.from(authorizationToken, 'base64').toString('utf8'))
  if (password === '' || proxyEndpoint === '') {
    throw new DeployError('aws-request-failed', 'ecr:GetAuthorizationToken answered without a token')
  }
  log.mask(password)
  log.mask(authorizationToken)
  return { host: proxyEndpoint.replace(/^https?:\/\//, ''), username, password, renewAt: new Date(expiresAt.getTime() - RENEW_BEFORE_MS) }
}

function splitOnce(text: string): string[] {
  const at = text.indexOf(':')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
