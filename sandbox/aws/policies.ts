import type { PolicyDocument, Statement } from './policy-document.ts'

/** What one release may touch; names, not ARNs. */
export type PolicyTargets = {
  readonly accountId: string
  readonly region: string
  /** ECR repository. */
  readonly repository: string
  /** Families that are registered: the flow runs', the worker service's. */
  readonly families: readonly string[]
  readonly cluster: string
  readonly service: string
  /** Task and execution roles that the task definitions name. */
  readonly taskRoles: readonly string[]
  /** Where the worker logs to. */
  readonly logGroup: string
  /** S3 bucket that code is copied to. */
  readonly bucket: string
}

/** The policy of the role that pushes, registers, rolls: the one that docs/permissions.md prints. */
export function deployPolicy(targets: PolicyTargets): PolicyDocument {
  const family = targets.families.map((name) => ecs(targets, `task-definition/${name}:*`))
  return document(
    ecrLogin(),
    ecrRepository('EcrPushAndLookup', [...PULL, ...PUSH], targets),
    allow({ Sid: 'EcsRegister', Action: 'ecs:RegisterTaskDefinition', Resource: family }),
    allow({
      Sid: 'EcsTagOnRegister',
      Action: 'ecs:TagResource',
      Resource: family,
      Condition: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } },
    }),
    describeTaskDefinition(),
    allow({
      Sid: 'EcsService',
      Action: ['ecs:DescribeServices', 'ecs:UpdateService', 'ecs:ListServiceDeployments'],
      Resource: service(targets),
    }),
    serviceDeployments(targets),
    tasks(targets),
    passTaskRoles(targets),
    crashLogs(targets),
    ...codeInS3(['s3:GetObject', 's3:PutObject'], targets),
  )
}

/** The policy of the role for pull requests, also printed there: it reads, and pulls an image that is reused. */
export function planPolicy(targets: PolicyTargets): PolicyDocument {
  return document(
    ecrLogin(),
    ecrRepository('EcrLookup', PULL, targets),
    describeTaskDefinition(),
    allow({ Sid: 'EcsService', Action: 'ecs:DescribeServices', Resource: service(targets) }),
    ...codeInS3(['s3:GetObject'], targets),
  )
}

/** What `create-repository: true` needs on top, also printed there. */
export function createRepositoryPolicy(policy: PolicyDocument, targets: PolicyTargets): PolicyDocument {
  return document(...policy.Statement, ...creationPolicy(targets).Statement)
}

export function creationPolicy(targets: PolicyTargets): PolicyDocument {
  return document(ecrRepository('EcrCreate', ['ecr:CreateRepository', 'ecr:PutLifecyclePolicy'], targets))
}

/** What a Prefect ECS worker needs to run flows from registered task definitions, and to register its own. */
export function workerPolicy(targets: PolicyTargets): PolicyDocument {
  const onCluster = { ArnEquals: { 'ecs:cluster': ecs(targets, `cluster/${targets.cluster}`) } }
  return document(
    allow({
      Sid: 'EcsTaskDefinitions',
      Action: ['ecs:RegisterTaskDefinition', 'ecs:DescribeTaskDefinition', 'ecs:DeregisterTaskDefinition'],
      Resource: '*',
    }),
    allow({
      Sid: 'EcsRun',
      Action: ['ecs:RunTask', 'ecs:StopTask', 'ecs:DescribeTasks', 'ecs:ListTasks'],
      Resource: '*',
      Condition: onCluster,
    }),
    allow({ Sid: 'EcsTagRuns', Action: 'ecs:TagResource', Resource: '*' }),
    passTaskRoles(targets),
    allow({
      Sid: 'Observer',
      Action: ['sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:DeleteMessage'],
      Resource: `arn:aws:sqs:${targets.region}:${targets.accountId}:*`,
    }),
  )
}

/** A GitHub repository; ids are the numbers of GitHub's API. */
export type GitHubRepository = { readonly owner: string; readonly ownerId: string; readonly name: string; readonly id: string }

/**
 * Who may assume a role: jobs of one repository whose token has one of these subjects (`environment:production`,
 * `pull_request`, `ref:refs/heads/main`), in the old form and in the one with immutable ids.
 */
export function trustPolicy(accountId: string, repository: GitHubRepository, subjects: readonly string[]): PolicyDocument {
  const { owner, ownerId, name, id } = repository
  const forms = [`repo:${owner}/${name}`, `repo:${owner}@${ownerId}/${name}@${id}`]
  return document({
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${accountId}:oidc-provider/token.actions.githubusercontent.com` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:repository_id': id,
        'token.actions.githubusercontent.com:sub': subjects.flatMap((subject) => forms.map((form) => `${form}:${subject}`)),
      },
    },
  })
}

const PULL = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:DescribeImages',
  'ecr:DescribeRepositories',
  'ecr:GetDownloadUrlForLayer',
]
const PUSH = ['ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart']

function ecrLogin(): Statement {
  return allow({ Sid: 'EcrLogin', Action: 'ecr:GetAuthorizationToken', Resource: '*' })
}

function ecrRepository(sid: string, actions: readonly string[], { region, accountId, repository }: PolicyTargets): Statement {
  return allow({ Sid: sid, Action: actions, Resource: `arn:aws:ecr:${region}:${accountId}:repository/${repository}` })
}

function describeTaskDefinition(): Statement {
  return allow({ Sid: 'EcsDescribeTaskDefinition', Action: 'ecs:DescribeTaskDefinition', Resource: '*' })
}

function serviceDeployments(targets: PolicyTargets): Statement {
  const path = `${targets.cluster}/${targets.service}`
  const resources = [service(targets), ecs(targets, `service-deployment/${path}/*`), ecs(targets, `service-revision/${path}/*`)]
  const actions = ['ecs:DescribeServiceDeployments', 'ecs:DescribeServiceRevisions', 'ecs:StopServiceDeployment']
  return allow({ Sid: 'EcsServiceDeployments', Action: actions, Resource: resources })
}

function tasks(targets: PolicyTargets): Statement {
  const cluster = ecs(targets, `cluster/${targets.cluster}`)
  return allow({
    Sid: 'EcsTasks',
    Action: ['ecs:ListTasks', 'ecs:DescribeTasks'],
    Resource: '*',
    Condition: { ArnEquals: { 'ecs:cluster': cluster } },
  })
}

function passTaskRoles({ accountId, taskRoles }: PolicyTargets): Statement {
  const roles = taskRoles.map((role) => `arn:aws:iam::${accountId}:role/${role}`)
  return allow({
    Sid: 'PassTaskRoles',
    Action: 'iam:PassRole',
    Resource: roles,
    Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
  })
}

function crashLogs({ region, accountId, logGroup }: PolicyTargets): Statement {
  return allow({
    Sid: 'CrashLogs',
    Action: 'logs:GetLogEvents',
    Resource: `arn:aws:logs:${region}:${accountId}:log-group:${logGroup}:log-stream:*`,
  })
}

function codeInS3(actions: readonly string[], { bucket }: PolicyTargets): Statement[] {
  return [
    allow({ Sid: 'CodeList', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${bucket}` }),
    allow({ Sid: 'CodeObjects', Action: actions, Resource: `arn:aws:s3:::${bucket}/*` }),
  ]
}

function service(targets: PolicyTargets): string {
  return ecs(targets, `service/${targets.cluster}/${targets.service}`)
}

function ecs({ region, accountId }: PolicyTargets, resource: string): string {
  return `arn:aws:ecs:${region}:${accountId}:${resource}`
}

function document(...statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function allow(statement: Omit<Statement, 'Effect'>): Statement {
  return { Effect: 'Allow', ...statement }
}
