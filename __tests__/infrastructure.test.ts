import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { comparablePolicy } from '../sandbox/aws/comparable-policy.ts'
import { deployPolicy, planPolicy, trustPolicy } from '../sandbox/aws/policies.ts'
import type { PolicyTargets } from '../sandbox/aws/policies.ts'
import type { PolicyDocument, Statement } from '../sandbox/aws/policy-document.ts'
import { documentedLifecycle } from '../sandbox/infrastructure/examine-worker.ts'
import { resolveResource } from '../sandbox/infrastructure/resolve.ts'
import type { Value } from '../sandbox/infrastructure/resolve.ts'
import { readTemplate, templateFolder, templateNames, templatesInFolder } from '../sandbox/infrastructure/template.ts'
import type { TemplateName } from '../sandbox/infrastructure/template.ts'
import { prefectAwsSource } from '../sandbox/paths.ts'

const repository = { owner: 'acme', ownerId: '11', name: 'pipelines', id: '22' }
const targets: PolicyTargets = {
  accountId: '123456789012', region: 'eu-central-1', repository: 'etl', families: ['etl-run', 'etl-worker'], cluster: 'main', service: 'etl-worker',
  taskRoles: ['flow-run', 'flow-start', 'worker'], logGroup: '/ecs/etl', bucket: 'etl-code',
}
const roleArns = targets.taskRoles.map((name) => `arn:aws:iam::${targets.accountId}:role/${name}`)

const OIDC = {
  GitHubOwner: repository.owner, GitHubOwnerId: repository.ownerId, GitHubRepository: repository.name, GitHubRepositoryId: repository.id,
  RepositoryName: targets.repository, FlowFamily: 'etl-run', TaskRoleArns: roleArns.join(','), ClusterName: targets.cluster,
}
const EVERYTHING = { ...OIDC, ServiceName: targets.service, WorkerFamily: 'etl-worker', LogGroupName: targets.logGroup, CodeBucket: targets.bucket }
const PROVIDER = `arn:aws:iam::${targets.accountId}:oidc-provider/token.actions.githubusercontent.com`

const WORKER = { PrefectApiUrl: 'https://prefect.example/api', SubnetIds: 'subnet-1,subnet-2', SecurityGroupId: 'sg-1' }
const KEY = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prefect-api-key-AbCdEf'
const AUTH = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prefect-login-AbCdEf'

describe('examples/infrastructure', () => {
  it('has no template that is not checked', () => {
    expect(templatesInFolder().sort()).toEqual([...templateNames].sort())
  })

  it.each(templateNames)('explains each parameter and output of %s.yml in its README', (name) => {
    const { Parameters, Outputs } = readTemplate(name)
    const [, section = ''] = readFileSync(join(templateFolder, 'README.md'), 'utf8').split(`## \`${name}.yml\``)
    const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, cell]) => cell)

    expect(rows).toEqual([...Object.keys(Parameters), ...Object.keys(Outputs)])
  })

  it.each(templateNames)('gives %s.yml in its README the parameters that it has, and those that it needs', (name) => {
    const text = readFileSync(join(templateFolder, 'README.md'), 'utf8').replaceAll('\\\n', ' ')
    const command = text.split('\n').find((line) => line.startsWith('aws cloudformation deploy') && line.includes(`--template-file ${name}.yml`)) ?? ''
    const given = [...command.matchAll(/ (\w+)=/g)].map(([, parameter]) => parameter)
    const parameters = Object.entries(readTemplate(name).Parameters)

    expect(given.filter((parameter) => !parameters.some(([known]) => known === parameter))).toEqual([])
    expect(parameters.filter(([parameter, { Default }]) => Default === undefined && !given.includes(parameter))).toEqual([])
    expect(command).toContain(`flows-`)
  })

  it('lets images expire as docs/image.md says', () => {
    const { LifecyclePolicy } = properties('registry', 'Repository') as { readonly LifecyclePolicy: { readonly LifecyclePolicyText: string } }

    expect(JSON.parse(LifecyclePolicy.LifecyclePolicyText)).toEqual(documentedLifecycle())
  })

  it('gives each zone a way out of its own when there are two NAT gateways', () => {
    const gatewayOf = (route: string, NatInEachZone: string) => properties('network', route, { NatInEachZone })?.NatGatewayId

    expect(['PrivateDefaultRouteA', 'PrivateDefaultRouteB'].map((route) => gatewayOf(route, 'true'))).toEqual(['<NatGatewayA>', '<NatGatewayB>'])
    expect(['PrivateDefaultRouteA', 'PrivateDefaultRouteB'].map((route) => gatewayOf(route, 'false'))).toEqual(['<NatGatewayA>', '<NatGatewayA>'])
    expect(properties('network', 'NatGatewayB')).toBeUndefined()
  })
})

describe('github-oidc.yml', () => {
  it.each<[string, PolicyDocument]>([
    ['DeployRole', deployPolicy(targets)],
    ['PlanRole', planPolicy(targets)],
  ])('gives %s the very policy of docs/permissions.md', (role, documented) => {
    expect(comparablePolicy(policyOf('github-oidc', role, EVERYTHING))).toEqual(comparablePolicy(documented))
  })

  it.each(['true', 'false'])('trusts both forms of the jobs that may release and plan (CreateProvider %s)', (CreateProvider) => {
    const trusted = (role: string) => properties('github-oidc', role, { ...OIDC, CreateProvider })?.AssumeRolePolicyDocument

    expect(comparablePolicy(trusted('DeployRole'))).toEqual(comparablePolicy(trustPolicy(targets.accountId, repository, ['ref:refs/heads/main'])))
    expect(comparablePolicy(trusted('PlanRole'))).toEqual(comparablePolicy(trustPolicy(targets.accountId, repository, ['pull_request', 'ref:refs/heads/main'])))
  })

  it('leaves out what a release without service, logs and code in S3 does not need', () => {
    const sidsOf = (role: string) => policyOf('github-oidc', role, OIDC).Statement.map(({ Sid }) => Sid)

    expect(sidsOf('DeployRole')).toEqual(['EcrLogin', 'EcrPushAndLookup', 'EcsRegister', 'EcsTagOnRegister', 'EcsDescribeTaskDefinition', 'PassTaskRoles'])
    expect(sidsOf('PlanRole')).toEqual(['EcrLogin', 'EcrLookup', 'EcsDescribeTaskDefinition'])
  })
})

describe('worker.yml', () => {
  it('lets the worker do what prefect-aws calls, and besides only tag its tasks and pass their roles', () => {
    const allowed = policyOf('worker', 'WorkerRole', WORKER).Statement.flatMap(({ Action }) => Action)

    expect([...allowed].sort()).toEqual([...calledByPrefectAws(), 'ecs:TagResource', 'iam:PassRole'].sort())
  })

  it.each([
    ['Prefect Cloud', { ApiKeySecretArn: KEY }, [{ Name: 'PREFECT_API_KEY', ValueFrom: KEY }], [KEY]],
    // prefect-aws's own template says PREFECT_AUTH_STRING, which no setting of Prefect has.
    ['a server with Basic authentication', { AuthStringSecretArn: AUTH }, [{ Name: 'PREFECT_API_AUTH_STRING', ValueFrom: AUTH }], [AUTH]],
    ['a server that asks for nothing', {}, [], undefined],
  ])('logs in to %s with a secret that ECS reads', (_, parameters, secrets, readable) => {
    const definition = properties('worker', 'WorkerTaskDefinition', { ...WORKER, ...parameters })
    const login = policyOf('worker', 'ExecutionRole', { ...WORKER, ...parameters }).Statement.find(({ Sid }) => Sid === 'PrefectLogin')

    expect(definition).toMatchObject({ ContainerDefinitions: [{ Secrets: secrets }] })
    expect(login?.Resource).toEqual(readable)
  })

  it('has the circuit breaker put a worker back that does not start', () => {
    expect(properties('worker', 'WorkerService', WORKER)).toMatchObject({
      DeploymentConfiguration: { MinimumHealthyPercent: 100, DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
    })
  })

  it('gives flows nothing of AWS, until it is told what', () => {
    const nothing = properties('worker', 'FlowRunRole', WORKER)
    const told = properties('worker', 'FlowRunRole', { ...WORKER, FlowPolicyArns: 'arn:aws:iam::aws:policy/AmazonAthenaFullAccess', CodeBucket: 'etl-code' })

    expect([nothing?.ManagedPolicyArns, nothing?.Policies]).toEqual([undefined, undefined])
    expect(told).toMatchObject({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonAthenaFullAccess'], Policies: [{ PolicyName: 'code' }] })
  })
})

/** What AWS has no resource for (Service Authorization Reference), and what a condition narrows to one cluster. */
const ANYWHERE = [
  'ecr:GetAuthorizationToken', 'ecs:DescribeTaskDefinition', 'ecs:DeregisterTaskDefinition', 'ecs:ListTasks', 'ecs:DescribeTasks',
  'ec2:DescribeVpcs', 'ec2:DescribeSubnets',
]

describe.each<[TemplateName, string, Readonly<Record<string, string>>]>([
  ['worker', 'ExecutionRole', { ...WORKER, ApiKeySecretArn: KEY, FlowSecretArns: AUTH }],
  ['worker', 'WorkerRole', WORKER],
  ['worker', 'FlowRunRole', { ...WORKER, CodeBucket: 'etl-code' }],
  ['github-oidc', 'DeployRole', EVERYTHING],
  ['github-oidc', 'PlanRole', EVERYTHING],
])('%s.yml: %s', (template, role, parameters) => {
  const statements = policyOf(template, role, parameters).Statement

  it('allows no action by a wildcard', () => {
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([])
  })

  it('allows on every resource only what AWS has no resource for', () => {
    const broad = statements.filter(({ Resource }) => [Resource].flat().includes('*'))

    expect(broad.flatMap(({ Action }) => Action).filter((action) => !ANYWHERE.includes(action))).toEqual([])
  })
})

function properties(template: TemplateName, resource: string, parameters: Readonly<Record<string, string>> = {}): Readonly<Record<string, Value>> | undefined {
  return resolveResource(readTemplate(template), resource, {
    parameters, stackName: 'etl', region: targets.region, accountId: targets.accountId,
    reference: (name) => (name === 'Provider' ? PROVIDER : `<${name}>`),
    attribute: (name, attribute) => `<${name}.${attribute}>`,
  })
}

function policyOf(template: TemplateName, role: string, parameters: Readonly<Record<string, string>>): PolicyDocument {
  const policies = (properties(template, role, parameters)?.Policies ?? []) as readonly { readonly PolicyDocument: PolicyDocument }[]
  return { Version: '2012-10-17', Statement: policies.flatMap<Statement>(({ PolicyDocument: { Statement } }) => Statement) }
}

/** IAM actions of the calls in the source of prefect-aws's worker and observer. */
function calledByPrefectAws(): string[] {
  const source = ['workers/ecs_worker.py', 'observers/ecs.py'].map((file) => readFileSync(join(prefectAwsSource(), file), 'utf8')).join('\n')
  const calls = [...source.matchAll(/\b(ecs|ec2|sqs|logs)_client\.([a-z]\w+)\(/g)].map(([, service = '', method = '']) => `${service}:${inPascalCase(method)}`)
  return [...new Set(calls)]
}

function inPascalCase(method: string): string {
  return method.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
