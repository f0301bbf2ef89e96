import { describe, expect, it } from '@jest/globals'
import { refusal } from '../../sandbox/aws/authorization.ts'
import type { Grant, PolicyDocument, Statement } from '../../sandbox/aws/policy-document.ts'
import { checkPolicy, evaluate } from '../../sandbox/aws/policy-document.ts'
import { createRepositoryPolicy, deployPolicy, planPolicy, trustPolicy, workerPolicy } from '../../sandbox/aws/policies.ts'

const ECS = 'arn:aws:ecs:eu-central-1:123456789012'
const SERVICE = { action: 'ecs:UpdateService', resource: `${ECS}:service/main/worker` }

function policy(...statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

function allow(statement: Partial<Statement>): Statement {
  return { Effect: 'Allow', Action: '*', Resource: '*', ...statement }
}

describe('a policy', () => {
  it('allows nothing by itself', () => {
    expect(evaluate(policy(), SERVICE)).toBe('not allowed')
  })

  it.each<[string, Partial<Statement>]>([
    ['the action itself', { Action: 'ecs:UpdateService' }],
    ['the action in another case', { Action: 'ECS:updateservice' }],
    ['a wildcard in the action', { Action: ['ecr:*', 'ecs:Update*'] }],
    ['a wildcard that crosses slashes and colons', { Resource: 'arn:aws:ecs:*worker' }],
    ['a question mark for one character', { Resource: `${ECS}:service/main/worke?` }],
  ])('matches %s', (_what, statement) => {
    expect(evaluate(policy(allow(statement)), SERVICE)).toBe('allowed')
  })

  it.each<[string, Partial<Statement>]>([
    ['an action of which it is only the beginning', { Action: 'ecs:UpdateServicePrimaryTaskSet' }],
    ['a resource whose dots stand for themselves', { Resource: `${ECS}:service/main.worker` }],
    ['a resource of another case', { Resource: `${ECS}:service/MAIN/worker` }],
  ])('does not match %s', (_what, statement) => {
    expect(evaluate(policy(allow(statement)), SERVICE)).toBe('not allowed')
  })

  it('denies what is denied, whatever allows it', () => {
    expect(evaluate(policy(allow({}), { Effect: 'Deny', Action: 'ecs:*', Resource: '*' }), SERVICE)).toBe('denied')
  })

  it.each([
    ['StringEquals', { key: ['a', 'b'] }, 'b', true],
    ['StringEquals', { key: 'a*' }, 'ab', false],
    ['StringNotEquals', { key: 'a' }, 'b', true],
    ['StringLike', { key: 'repo:o/*' }, 'repo:o/r:pull_request', true],
    ['StringNotLike', { key: 'repo:o/*' }, 'repo:o/r', false],
    ['ArnEquals', { KEY: `${ECS}:cluster/*` }, `${ECS}:cluster/main`, true],
    ['ArnLike', { key: `${ECS}:cluster/other` }, `${ECS}:cluster/main`, false],
  ] as const)('with %s %j and the value %j holds: %j', (operator, values, value, holds) => {
    const verdict = evaluate(policy(allow({ Condition: { [operator]: values } })), { ...SERVICE, context: { key: value } })

    expect(verdict).toBe(holds ? 'allowed' : 'not allowed')
  })

  it('does not hold for a key that the call lacks', () => {
    expect(evaluate(policy(allow({ Condition: { StringEquals: { key: 'a' } } })), SERVICE)).toBe('not allowed')
  })

  it('is refused when it uses an operator that is not evaluated', () => {
    expect(() => {
      checkPolicy(policy(allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })))
    }).toThrow('IpAddress')
  })
})

describe('a denial', () => {
  const principal = { arn: 'arn:aws:sts::123456789012:assumed-role/deploy/run', userId: 'id', identity: { policy: policy(allow({})) } }

  it('names the caller, the action, the resource and the missing policy', () => {
    expect(refusal({ ...principal, identity: { policy: policy() } }, SERVICE)).toBe(
      `User: ${principal.arn} is not authorized to perform: ecs:UpdateService on resource: ${SERVICE.resource} ` +
        'because no identity-based policy allows the ecs:UpdateService action',
    )
  })

  it('names an explicit deny', () => {
    const denying = policy(allow({}), { Effect: 'Deny', Action: '*', Resource: '*' })

    expect(refusal({ ...principal, identity: { policy: denying } }, SERVICE)).toMatch('with an explicit deny in an identity-based policy')
  })

  it('comes from a session policy that allows less than the role', () => {
    expect(refusal({ ...principal, sessionPolicy: policy(allow({ Action: 'ecr:*' })) }, SERVICE)).toMatch(
      'because no session policy allows',
    )
  })

  it('does not come when all policies allow', () => {
    expect(refusal(principal, SERVICE)).toBeUndefined()
  })
})

describe('the documented policies', () => {
  const targets = {
    accountId: '123456789012',
    region: 'eu-central-1',
    repository: 'flows',
    families: ['flows', 'worker'],
    cluster: 'main',
    service: 'worker',
    taskRoles: ['task'],
    logGroup: '/ecs/worker',
    bucket: 'code',
  }
  const repository = 'arn:aws:ecr:eu-central-1:123456789012:repository/flows'
  const passed = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }
  const onCluster = { 'ecs:cluster': `${ECS}:cluster/main` }
  const grants: Record<string, Grant> = {
    push: { action: 'ecr:PutImage', resource: repository },
    pull: { action: 'ecr:GetDownloadUrlForLayer', resource: repository },
    create: { action: 'ecr:CreateRepository', resource: repository },
    'push elsewhere': { action: 'ecr:PutImage', resource: repository.replace('flows', 'other') },
    register: { action: 'ecs:RegisterTaskDefinition', resource: `${ECS}:task-definition/flows:*` },
    'register another family': { action: 'ecs:RegisterTaskDefinition', resource: `${ECS}:task-definition/other:*` },
    'tag on register': {
      action: 'ecs:TagResource',
      resource: `${ECS}:task-definition/flows:*`,
      context: { 'ecs:CreateAction': 'RegisterTaskDefinition' },
    },
    'tag later': { action: 'ecs:TagResource', resource: `${ECS}:task-definition/flows:*` },
    roll: SERVICE,
    'stop a rollout': { action: 'ecs:StopServiceDeployment', resource: `${ECS}:service-deployment/main/worker/1` },
    'see a rollout': { action: 'ecs:DescribeServiceDeployments', resource: `${ECS}:service-deployment/main/worker/1` },
    'see tasks': { action: 'ecs:ListTasks', resource: '*', context: onCluster },
    'pass the task role': { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/task', context: passed },
    'pass another role': { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/admin', context: passed },
    'read logs': {
      action: 'logs:GetLogEvents',
      resource: 'arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/worker:log-stream:w/worker/1',
    },
    'run tasks': { action: 'ecs:RunTask', resource: `${ECS}:task-definition/flows:1`, context: onCluster },
  }

  function allowed(document: PolicyDocument): string[] {
    return Object.keys(grants).filter((name) => evaluate(document, grants[name] ?? SERVICE) === 'allowed')
  }

  it('let the deploy role write what a release writes, and no more', () => {
    expect(allowed(deployPolicy(targets))).toEqual([
      'push',
      'pull',
      'register',
      'tag on register',
      'roll',
      'stop a rollout',
      'see a rollout',
      'see tasks',
      'pass the task role',
      'read logs',
    ])
  })

  it('let the plan role read and pull only', () => {
    expect(allowed(planPolicy(targets))).toEqual(['pull'])
  })

  it('let the creation of the repository be added', () => {
    expect(allowed(createRepositoryPolicy(planPolicy(targets), targets))).toContain('create')
  })

  it('let the worker run tasks and not push', () => {
    expect(allowed(workerPolicy(targets))).toEqual(expect.arrayContaining(['run tasks', 'see tasks', 'pass the task role']))
    expect(allowed(workerPolicy(targets))).not.toContain('push')
  })

  it('trust both forms of the subject', () => {
    const document = trustPolicy('123456789012', { owner: 'o', ownerId: '1', name: 'r', id: '2' }, ['pull_request'])
    const grant = (sub: string) => ({
      action: 'sts:AssumeRoleWithWebIdentity',
      resource: '*',
      context: Object.fromEntries(
        Object.entries({ aud: 'sts.amazonaws.com', repository_id: '2', sub }).map(([claim, value]) => [
          `token.actions.githubusercontent.com:${claim}`,
          value,
        ]),
      ),
    })

    expect(evaluate(document, grant('repo:o/r:pull_request'))).toBe('allowed')
    expect(evaluate(document, grant('repo:o@1/r@2:pull_request'))).toBe('allowed')
    expect(evaluate(document, grant('repo:o/r:ref:refs/heads/main'))).toBe('not allowed')
  })
})
