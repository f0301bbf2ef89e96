import type {
  CreateRepositoryRequest,
  CreateRepositoryResponse,
  DescribeRepositoriesRequest,
  DescribeRepositoriesResponse,
  GetAuthorizationTokenResponse,
  ImageTagMutability,
  PutLifecyclePolicyRequest,
  PutLifecyclePolicyResponse,
} from '@aws-sdk/client-ecr'
import { page } from '../ecs/page.ts'
import { AwsError } from '../error.ts'
import { issueRegistryLogin } from '../identity.ts'
import type { Operations } from '../operation.ts'
import { operation } from '../operation.ts'
import type { Grant } from '../policy-document.ts'
import type { Account, Repository, World } from '../world.ts'
import { arn } from '../world.ts'

/** Repositories that DescribeRepositories gives at most at once. */
const MOST = 1000

/** ECR's repositories, and the way into them. */
export const repositoryOperations: Operations = {
  GetAuthorizationToken: operation({
    grants: () => [{ action: 'ecr:GetAuthorizationToken', resource: '*' }],
    run(_request: object, { world, principal }): GetAuthorizationTokenResponse {
      const { password, expiration } = issueRegistryLogin(world, principal)
      const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64')
      world.issued.add(authorizationToken)
      return { authorizationData: [{ authorizationToken, expiresAt: expiration, proxyEndpoint: `http://${world.account.ecrHost}` }] }
    },
  }),
  DescribeRepositories: operation({
    grants: ({ repositoryNames = ['*'] }: DescribeRepositoriesRequest, { world }) =>
      repositoryNames.map((name) => repositoryGrant(world.account, 'DescribeRepositories', name)),
    run({ repositoryNames, nextToken, maxResults }: DescribeRepositoriesRequest, { world }): DescribeRepositoriesResponse {
      if (repositoryNames !== undefined && (nextToken !== undefined || maxResults !== undefined)) {
        throw new AwsError('InvalidParameterException', 'nextToken and maxResults cannot be used when you specify repositories with repositoryNames')
      }
      const asked = repositoryNames?.map((name) => findRepository(world, name).description)
      if (asked !== undefined) return { repositories: asked }
      const all = [...world.repositories.values()].map(({ description }) => description)
      const { items, nextToken: next } = page(all, { nextToken, maxResults, most: MOST })
      return { repositories: items, ...next }
    },
  }),
  CreateRepository: operation({
    grants: ({ repositoryName = '', tags = [] }: CreateRepositoryRequest, { world }) => [
      repositoryGrant(world.account, 'CreateRepository', repositoryName),
      ...(tags.length > 0 ? [repositoryGrant(world.account, 'TagResource', repositoryName)] : []),
    ],
    run(request: CreateRepositoryRequest, { world }): CreateRepositoryResponse {
      const { repositoryName = '' } = request
      if (world.repositories.has(repositoryName)) {
        throw new AwsError(
          'RepositoryAlreadyExistsException',
          `The repository with name '${repositoryName}' already exists in the registry with id '${world.account.id}'`,
        )
      }
      return { repository: createRepository(world, request).description }
    },
  }),
  PutLifecyclePolicy: operation({
    grants: ({ repositoryName = '' }: PutLifecyclePolicyRequest, { world }) => [
      repositoryGrant(world.account, 'PutLifecyclePolicy', repositoryName),
    ],
    run({ repositoryName = '', lifecyclePolicyText = '' }: PutLifecyclePolicyRequest, { world }): PutLifecyclePolicyResponse {
      checkLifecyclePolicy(lifecyclePolicyText)
      findRepository(world, repositoryName).lifecyclePolicy = lifecyclePolicyText
      return { registryId: world.account.id, repositoryName, lifecyclePolicyText }
    },
  }),
}

/** What a call on one repository needs. */
export function repositoryGrant(account: Account, operation: string, repository: string): Grant {
  return { action: `ecr:${operation}`, resource: arn(account, 'ecr', `repository/${repository}`) }
}

/** @throws AwsError RepositoryNotFoundException */
export function findRepository({ repositories, account }: World, name: string): Repository {
  const repository = repositories.get(name)
  if (repository === undefined) throw new AwsError('RepositoryNotFoundException', missingRepository(account, name))
  return repository
}

export function missingRepository({ id }: Account, name: string): string {
  return `The repository with name '${name}' does not exist in the registry with id '${id}'`
}

export function createRepository(world: World, request: CreateRepositoryRequest): Repository {
  const { repositoryName = '', imageTagMutabilityExclusionFilters: filters } = request
  const description = {
    repositoryArn: arn(world.account, 'ecr', `repository/${repositoryName}`),
    registryId: world.account.id,
    repositoryName,
    repositoryUri: `${world.account.ecrHost}/${repositoryName}`,
    createdAt: world.timeline.now(),
    imageTagMutability: request.imageTagMutability ?? ('MUTABLE' satisfies ImageTagMutability),
    ...(filters !== undefined && { imageTagMutabilityExclusionFilters: filters }),
    imageScanningConfiguration: { scanOnPush: request.imageScanningConfiguration?.scanOnPush ?? false },
    encryptionConfiguration: request.encryptionConfiguration ?? { encryptionType: 'AES256' as const },
  }
  const repository = { description, pushed: new Map<string, Date>(), uploads: new Map<string, Buffer[]>(), archived: new Set<string>() }
  world.repositories.set(repositoryName, repository)
  return repository
}

/** Whether a tag, once pushed, stays where it is; exclusion filters know one wildcard, `*`. */
export function isImmutable({ description }: Repository, tag: string): boolean {
  const excluded = (description.imageTagMutabilityExclusionFilters ?? []).some(({ filter = '' }) => {
    const pattern = filter.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${pattern.join('.*')}$`).test(tag)
  })
  switch (description.imageTagMutability) {
    case 'IMMUTABLE':
      return true
    case 'IMMUTABLE_WITH_EXCLUSION':
      return !excluded
    case 'MUTABLE_WITH_EXCLUSION':
      return excluded
    case 'MUTABLE':
    case undefined:
      return false
  }
}

/** Only that it is JSON with rules: the rules themselves run in AWS. */
function checkLifecyclePolicy(text: string): void {
  const rejected = () =>
    new AwsError(
      'InvalidParameterException',
      "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure'",
    )
  try {
    const policy = JSON.parse(text) as { readonly rules?: unknown } | null
    if (!Array.isArray(policy?.rules) || policy.rules.length === 0) throw rejected()
  } catch {
    throw rejected()
  }
}
