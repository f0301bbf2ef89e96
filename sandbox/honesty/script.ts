/** What a release, its set-up and its sandbox ask of AWS, in one order; the same for any endpoint that speaks as AWS does. */
import { createHash } from 'node:crypto'
import {
  BatchCheckLayerAvailabilityCommand, BatchGetImageCommand, CompleteLayerUploadCommand, CreateRepositoryCommand, DescribeImagesCommand,
  DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand, InitiateLayerUploadCommand, ListImagesCommand, PutImageCommand,
  PutLifecyclePolicyCommand, UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import {
  CreateClusterCommand, CreateServiceCommand, DeregisterTaskDefinitionCommand, DescribeClustersCommand, DescribeServicesCommand,
  DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListClustersCommand, ListServicesCommand, ListTagsForResourceCommand,
  ListTaskDefinitionsCommand, ListTasksCommand, RegisterTaskDefinitionCommand, RunTaskCommand, StopTaskCommand, TagResourceCommand, UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

/** One of the two that are compared. */
export type Side = {
  readonly sts: STSClient
  readonly ecr: ECRClient
  readonly ecs: ECSClient
  readonly s3: S3Client
  /** Of a role that is there, and a token that it trusts. */
  readonly web: { readonly roleArn: string; readonly token: string }
  readonly network: Network
  /** Lets everything happen that is under way. */
  readonly settle: () => Promise<unknown>
}

/** Ids of a network that tasks may be in. */
export type Network = { readonly subnet: string; readonly securityGroup: string }

/** One call and what was answered: the output, or the error's name and words. */
export type Exchange = { readonly call: string; readonly answer: unknown }

type Step = readonly [call: string, ask: (side: Side, seen: Seen) => Promise<unknown>]
/** What earlier answers gave that later calls need. */
type Seen = { layerUpload: string; task: string }

export const BUCKET = 'honest-code'
const CONFIG = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
const TYPE = 'application/vnd.oci.image.manifest.v1+json'
const MANIFEST = JSON.stringify({
  schemaVersion: 2, mediaType: TYPE, config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(CONFIG), size: CONFIG.length }, layers: [],
})
const repositoryName = 'honest'
const cluster = 'honest'
const service = 'worker'
const DEFINITION = {
  family: 'honest', networkMode: 'awsvpc' as const, requiresCompatibilities: ['FARGATE' as const], cpu: '256', memory: '512',
  executionRoleArn: 'arn:aws:iam::123456789012:role/exec', taskRoleArn: 'arn:aws:iam::123456789012:role/task',
  containerDefinitions: [{
    name: 'prefect', image: 'prefecthq/prefect:3', command: ['sh', '-c', ''], environment: [{ name: 'EMPTY', value: '' }, { name: 'LEVEL', value: 'INFO' }],
    memory: 512, portMappings: [{ containerPort: 8080 }], healthCheck: { command: ['CMD', 'true'] },
  }],
}

const STEPS: readonly Step[] = [
  ['sts:GetCallerIdentity', ({ sts }) => sts.send(new GetCallerIdentityCommand())],
  ['sts:AssumeRoleWithWebIdentity', ({ sts, web }) =>
    sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: web.roleArn, WebIdentityToken: web.token, RoleSessionName: 'honest' }))],
  ['ecr:GetAuthorizationToken', ({ ecr }) => ecr.send(new GetAuthorizationTokenCommand())],
  ['ecr:DescribeRepositories of a missing one', ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))],
  ['ecr:CreateRepository', ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))],
  ['ecr:CreateRepository again', ({ ecr }) => ecr.send(new CreateRepositoryCommand({ repositoryName }))],
  ['ecr:DescribeRepositories', ({ ecr }) => ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))],
  ['ecr:PutLifecyclePolicy', ({ ecr }) => ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: LIFECYCLE }))],
  ['ecr:DescribeImages of a missing tag', ({ ecr }) => ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))],
  ['ecr:BatchGetImage of a missing tag', ({ ecr }) => ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))],
  ['ecr:InitiateLayerUpload', async ({ ecr }, seen) => {
    const answer = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
    seen.layerUpload = answer.uploadId ?? ''
    return answer
  }],
  ['ecr:UploadLayerPart', ({ ecr }, { layerUpload: uploadId }) =>
    ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte: 0, partLastByte: CONFIG.length - 1, layerPartBlob: CONFIG }))],
  ['ecr:CompleteLayerUpload', ({ ecr }, { layerUpload: uploadId }) =>
    ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digestOf(CONFIG)] }))],
  ['ecr:BatchCheckLayerAvailability', ({ ecr }) =>
    ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digestOf(CONFIG)] }))],
  ['ecr:PutImage', ({ ecr }) => ecr.send(new PutImageCommand({ repositoryName, imageManifest: MANIFEST, imageManifestMediaType: TYPE, imageTag: 'v1' }))],
  ['ecr:PutImage with another tag', ({ ecr }) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest: MANIFEST, imageManifestMediaType: TYPE, imageTag: 'v2' }))],
  ['ecr:PutImage again', ({ ecr }) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest: MANIFEST, imageManifestMediaType: TYPE, imageTag: 'v2' }))],
  ['ecr:PutImage over an immutable tag', ({ ecr }) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest: `${MANIFEST} `, imageManifestMediaType: TYPE, imageTag: 'v1' }))],
  ['ecr:DescribeImages', ({ ecr }) => ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))],
  ['ecr:ListImages', ({ ecr }) => ecr.send(new ListImagesCommand({ repositoryName }))],
  ['ecr:BatchGetImage', ({ ecr }) => ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))],
  ['ecs:DescribeTaskDefinition of a missing one', ({ ecs }) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'honest' }))],
  ['ecs:RegisterTaskDefinition', ({ ecs }) => ecs.send(new RegisterTaskDefinitionCommand({ ...DEFINITION, tags: [{ key: 'team', value: 'data' }] }))],
  ['ecs:DescribeTaskDefinition', ({ ecs }) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'honest', include: ['TAGS'] }))],
  ['ecs:RegisterTaskDefinition again', ({ ecs }) => ecs.send(new RegisterTaskDefinitionCommand({ ...DEFINITION, cpu: '512', memory: '1024' }))],
  ['ecs:ListTaskDefinitions', ({ ecs }) => ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'honest' }))],
  ['ecs:DescribeServices in a missing cluster', ({ ecs }) => ecs.send(new DescribeServicesCommand({ cluster: 'absent', services: [service] }))],
  ['ecs:CreateCluster', ({ ecs }) => ecs.send(new CreateClusterCommand({ clusterName: cluster }))],
  ['ecs:ListClusters', ({ ecs }) => ecs.send(new ListClustersCommand())],
  ['ecs:DescribeClusters', ({ ecs }) => ecs.send(new DescribeClustersCommand({ clusters: [cluster] }))],
  ['ecs:DescribeServices of a missing one', ({ ecs }) => ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))],
  ['ecs:UpdateService of a missing one', ({ ecs }) => ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition: 'honest:2' }))],
  ['ecs:CreateService', ({ ecs, network }) => ecs.send(new CreateServiceCommand({
    cluster, serviceName: service, taskDefinition: 'honest:1', desiredCount: 1, launchType: 'FARGATE', ...within(network),
  }))],
  ['ecs:DescribeServices', settled(({ ecs }) => ecs.send(new DescribeServicesCommand({ cluster, services: [service] })))],
  ['ecs:ListServices', ({ ecs }) => ecs.send(new ListServicesCommand({ cluster }))],
  ['ecs:UpdateService', ({ ecs }) => ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition: 'honest:2' }))],
  ['ecs:DescribeServices after the update', settled(({ ecs }) => ecs.send(new DescribeServicesCommand({ cluster, services: [service] })))],
  ['ecs:DeregisterTaskDefinition', ({ ecs }) => ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'honest:1' }))],
  ['ecs:DescribeTaskDefinition of an inactive one', ({ ecs }) => ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'honest:1' }))],
  ['ecs:UpdateService to an inactive one', ({ ecs }) => ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition: 'honest:1' }))],
  ['ecs:ListTaskDefinitions that are inactive', ({ ecs }) => ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'honest', status: 'INACTIVE' }))],
  ['ecs:RunTask', async ({ ecs, network }, seen) => {
    const answer = await ecs.send(new RunTaskCommand({ cluster, taskDefinition: 'honest:2', launchType: 'FARGATE', ...within(network), startedBy: 'honesty' }))
    seen.task = answer.tasks?.[0]?.taskArn ?? ''
    return answer
  }],
  ['ecs:ListTasks', ({ ecs }) => ecs.send(new ListTasksCommand({ cluster, startedBy: 'honesty' }))],
  ['ecs:DescribeTasks', ({ ecs }, { task }) => ecs.send(new DescribeTasksCommand({ cluster, tasks: [task] }))],
  ['ecs:TagResource', ({ ecs }, { task }) => ecs.send(new TagResourceCommand({ resourceArn: task, tags: [{ key: 'team', value: 'data' }] }))],
  ['ecs:ListTagsForResource', ({ ecs }, { task }) => ecs.send(new ListTagsForResourceCommand({ resourceArn: task }))],
  ['ecs:StopTask', ({ ecs }, { task }) => ecs.send(new StopTaskCommand({ cluster, task, reason: 'enough' }))],
  ['s3:PutObject', ({ s3 }) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'flows/etl.py', Body: 'print(1)\n' }))],
  ['s3:HeadObject', ({ s3 }) => s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'flows/etl.py', ChecksumMode: 'ENABLED' }))],
  ['s3:GetObject', async ({ s3 }) => {
    const { Body, ...answer } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'flows/etl.py' }))
    return { ...answer, text: await Body?.transformToString() }
  }],
  ['s3:ListObjectsV2', ({ s3 }) => s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'flows/' }))],
  ['s3:GetObject of a missing key', ({ s3 }) => s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'absent' }))],
  ['s3:ListObjectsV2 of a missing bucket', ({ s3 }) => s3.send(new ListObjectsV2Command({ Bucket: `${BUCKET}-absent` }))],
]

/** Goes through the whole script; a call that fails is an answer too. */
export async function speak(side: Side): Promise<readonly Exchange[]> {
  const seen: Seen = { layerUpload: '', task: '' }
  const exchanges: Exchange[] = []
  for (const [call, ask] of STEPS) {
    exchanges.push({ call, answer: await ask(side, seen).catch(failure) })
  }
  return exchanges
}

const LIFECYCLE = JSON.stringify({
  rules: [{ rulePriority: 1, selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 }, action: { type: 'expire' } }],
})

function within({ subnet, securityGroup }: Network) {
  return { networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [securityGroup], assignPublicIp: 'DISABLED' as const } } }
}

function settled(ask: (side: Side) => Promise<unknown>) {
  return async (side: Side): Promise<unknown> => {
    await side.settle()
    return ask(side)
  }
}

function failure(error: unknown): unknown {
  return error instanceof Error ? { error: error.name, message: error.message } : { error: String(error) }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
