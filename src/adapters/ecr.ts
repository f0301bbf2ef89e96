import {
  CreateRepositoryCommand, DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand, ImageNotFoundException,
  PutLifecyclePolicyCommand, RepositoryAlreadyExistsException, RepositoryNotFoundException,
} from '@aws-sdk/client-ecr'
import type { AuthorizationData, ImageDetail, ImageIdentifier, ImageStatusFilter } from '@aws-sdk/client-ecr'
import { DeployError } from '../errors.ts'
import type { Clock, Log, NewRepository, Registry, RegistryImage, Repository } from '../ports.ts'
import { clientConfiguration, translateAwsError } from './aws-client.ts'
import type { AwsSettings } from './aws-client.ts'
import { INDEX_TYPES } from './ecr-manifest.ts'
import { platformOfImage, platformsOfIndex } from './ecr-platforms.ts'
import { tagsOf } from './ecr-tags.ts'

export type EcrOptions = { readonly aws: AwsSettings; readonly log: Pick<Log, 'mask'>; readonly clock: Pick<Clock, 'now'> }

/** The ECR registry of the credentials' account in one region. */
export function createRegistry({ aws, log, clock }: EcrOptions): Registry {
  const ecr = new ECRClient(clientConfiguration(aws))
  let login: Login | undefined
  return {
    findRepository: (name) => findRepository(ecr, name),
    findImage: (repository, reference) => findImage(ecr, repository, reference),
    imageStatus: async ({ name }, imageDigest) => (await describeImage(ecr, name, { imageDigest }, 'ANY'))?.imageStatus,
    platformOf: ({ name }, digest) => platformOfImage(ecr, name, digest),
    ...tagsOf(ecr),
    createRepository: (request) => createRepository(ecr, request),
    setLifecycle: (repository, policy) => setLifecycle(ecr, repository, policy),
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
  const platforms = isIndex ? await platformsOfIndex(ecr, name, image.imageDigest) : []
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

/** Tags stay, but for those that are excepted; every image is scanned when it is pushed; encryption is AWS's own. */
async function createRepository(ecr: ECRClient, { name, exclusions }: NewRepository): Promise<void> {
  const filters = exclusions.map((filter) => ({ filterType: 'WILDCARD' as const, filter }))
  try {
    await ecr.send(new CreateRepositoryCommand({
      repositoryName: name,
      imageTagMutability: filters.length === 0 ? 'IMMUTABLE' : 'IMMUTABLE_WITH_EXCLUSION',
      ...(filters.length > 0 && { imageTagMutabilityExclusionFilters: filters }),
      imageScanningConfiguration: { scanOnPush: true },
    }))
  } catch (error) {
    if (error instanceof RepositoryAlreadyExistsException) return // by another job, or by a request whose answer was lost
    throw translateAwsError(error, { operation: 'ecr:CreateRepository', resource: `repository ${name}` })
  }
}

async function setLifecycle(ecr: ECRClient, repositoryName: string, lifecyclePolicyText: string): Promise<void> {
  try {
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
  } catch (error) {
    throw translateAwsError(error, { operation: 'ecr:PutLifecyclePolicy', resource: `repository ${repositoryName}` })
  }
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
