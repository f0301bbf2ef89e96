import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, planPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { playRollout, setStage } from '../../sandbox/rollouts/play.ts'
import type { Stage } from '../../sandbox/rollouts/play.ts'
import type { RolloutCase } from '../../sandbox/rollouts/fates.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import type { WorkflowEvent } from '../../sandbox/runner/event.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { account, codeBucket, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

const DEPLOY = deployPolicy(policyTargets)
const PLAN = planPolicy(policyTargets)

/** A step that needs the statement, and what it says without it. */
type Lack = {
  readonly sid: string
  readonly action: string
  readonly code?: string
  readonly inputs?: Readonly<Record<string, string>>
  /** What the checkout has that the released one had not. */
  readonly change?: 'flow' | 'pushed' | 'code'
}

const NEW = { change: 'flow' } as const
const PUSHED = { change: 'pushed' } as const
const CODE = { change: 'code', code: 'bucket-unusable', inputs: { 'task-definition': '', service: '', cluster: '' } } as const

const DEPLOY_LACKS: readonly Lack[] = [
  { sid: 'EcrLogin', action: 'ecr:GetAuthorizationToken', ...NEW },
  { sid: 'EcrPushAndLookup', action: 'ecr:DescribeRepositories', ...NEW },
  { sid: 'EcsRegister', action: 'ecs:RegisterTaskDefinition', ...PUSHED },
  { sid: 'EcsTagOnRegister', action: 'ecs:TagResource', ...PUSHED, inputs: { tags: 'team=data' } },
  { sid: 'EcsDescribeTaskDefinition', action: 'ecs:DescribeTaskDefinition', ...PUSHED },
  { sid: 'EcsService', action: 'ecs:DescribeServices', ...PUSHED },
  { sid: 'PassTaskRoles', action: 'iam:PassRole', ...PUSHED },
  { sid: 'CodeList', action: 's3:ListBucket', ...CODE },
  { sid: 'CodeObjects', action: 's3:GetObject', ...CODE },
]

const PLAN_LACKS: readonly Lack[] = [
  { sid: 'EcrLogin', action: 'ecr:GetAuthorizationToken', ...PUSHED },
  { sid: 'EcrLookup', action: 'ecr:DescribeRepositories' },
  { sid: 'EcsDescribeTaskDefinition', action: 'ecs:DescribeTaskDefinition' },
  { sid: 'EcsService', action: 'ecs:DescribeServices' },
  { sid: 'CodeList', action: 's3:ListBucket', ...CODE },
  { sid: 'CodeObjects', action: 's3:GetObject', ...CODE },
]

const LISTED = { circuitBreaker: { enable: true, rollback: true } }

/** What a release can do without: it goes on, and says what it could not see. */
const ROLLOUT_LACKS: readonly (RolloutCase & { readonly sid: string; readonly action: string })[] = [
  {
    sid: 'EcsServiceDeployments', action: 'ecs:DescribeServiceDeployments', name: 'lacks-deployments', fate: 'success', denied: actionsOf('EcsServiceDeployments'),
    expected: { exitCode: 0, status: 'rolled', live: 2, verdict: /The service deployments of lacks-deployments cannot be read/ },
  },
  {
    sid: 'EcsTasks', action: 'ecs:ListTasks', name: 'lacks-tasks', fate: 'crash', service: LISTED, denied: actionsOf('EcsTasks'),
    expected: { exitCode: 1, status: 'rolled-back', live: 1, verdict: /A rollout that cannot succeed is not seen early: .*The cause can be told less well: /s },
  },
  {
    sid: 'CrashLogs', action: 'logs:GetLogEvents', name: 'lacks-logs', fate: 'crash', service: LISTED, denied: actionsOf('CrashLogs'),
    expected: { exitCode: 1, status: 'rolled-back', live: 1, verdict: /The cause can be told less well: .*the container exits at once/s },
  },
]

let sandbox: Sandbox
let stage: Stage
let pullRequest: WorkflowEvent

beforeAll(async () => {
  sandbox = connectSandbox()
  stage = await setStage(sandbox)
  await pushAnother()
  await encryptBucket()
  pullRequest = (await sandbox.openPullRequest(stage.workspace)).event()
})

afterAll(() => sandbox.reset())

describe('every documented statement', () => {
  it('of the deploy role is tried', () => {
    expect([...DEPLOY_LACKS, ...ROLLOUT_LACKS].map(({ sid }) => sid).toSorted()).toEqual(sidsOf(DEPLOY))
  })

  it('of the plan role is tried', () => {
    expect(PLAN_LACKS.map(({ sid }) => sid).toSorted()).toEqual(sidsOf(PLAN))
  })
})

describe('a release without the statement', () => {
  it.each(DEPLOY_LACKS)('$sid stops, and names $action and it', async (lack) => {
    const step = await run(lack, { policy: DEPLOY, event: pushEvent(), subject: `environment:${environment}` })

    expect(step).toMatchObject({ exitCode: 1 })
    expect(errorsOf(step)).toMatch(saying(lack))
  })

  it.each(ROLLOUT_LACKS)('$sid goes on, and tells that it misses $action and it', async ({ sid, action, ...rollout }) => {
    const { exitCode, status, live, said } = await playRollout(stage, rollout)

    expect({ exitCode, status, live }).toEqual({ exitCode: rollout.expected.exitCode, status: rollout.expected.status, live: rollout.expected.live })
    expect(said).toMatch(rollout.expected.verdict)
    expect(said).toMatch(new RegExp(`${action} .*statement ${sid} of docs/permissions.md`))
  })
})

describe('a plan without the statement', () => {
  it.each(PLAN_LACKS)('$sid stops, and names $action and it', async (lack) => {
    const step = await run(lack, { policy: PLAN, event: pullRequest, subject: 'pull_request' })

    expect(step).toMatchObject({ exitCode: 1 })
    expect(errorsOf(step)).toMatch(saying(lack))
  })
})

type Caller = { readonly policy: PolicyDocument; readonly event: WorkflowEvent; readonly subject: string }

/** The step, by a role that has all of the policy but the statement. */
async function run({ sid, inputs = {}, change }: Lack, { policy, event, subject }: Caller): Promise<StepResult> {
  const workspace = await sandbox.checkOut()
  if (change === 'flow' || change === 'pushed') mark(workspace, change)
  if (change === 'code') writeFileSync(join(workspace, 'prefect.yaml'), CODE_IN_S3)
  const Statement = policy.Statement.filter((statement) => statement.Sid !== sid)
  await sandbox.aws.createRole({ name: 'lacking', trustPolicy: trustPolicy(account.id, repository, [subject]), policy: { ...policy, Statement } })
  return sandbox.run({ workspace, event, inputs: { 'role-to-assume': roleArn('lacking'), ...inputs } })
}

/** A change of a flow, which makes another image. */
function mark(workspace: string, name: string): void {
  edit(workspace, 'flows/report.py', '\n\n\n', `\n\n\nMARK = "${name}"\n\n\n`)
}

/** An image that is in the repository while most deployments have another one: a plan has to pull it for its flows. */
async function pushAnother(): Promise<void> {
  const workspace = await sandbox.checkOut()
  mark(workspace, 'pushed')
  const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { deployments: 'report-daily', 'task-definition': '', service: '', cluster: '' } })
  if (step.exitCode !== 0) throw new Error(step.log)
}

/** A bucket whose ETags tell nothing of its objects, so that their checksums are asked for. */
async function encryptBucket(): Promise<void> {
  const text = readFileSync(join(stage.workspace, 'flows/orders.py'), 'utf8')
  await sandbox.aws.createBucket({ name: codeBucket, isEncryptedWithKms: true, objects: { 'flows/main/flows/orders.py': text } })
}

const CODE_IN_S3 = `
push:
- prefect_aws.deployments.steps.push_to_s3: {bucket: ${codeBucket}, folder: flows/main}
deployments:
- name: from-s3
  entrypoint: flows/orders.py:import_orders
  parameters: {shops: [berlin]}
  work_pool: {name: ecs}
`

function saying({ code = 'aws-access-denied', action, sid }: Lack): RegExp {
  return new RegExp(`\\[${code}\\].* ${action} .*statement (\\w+ \\()?${sid}( in the plan role\\)| \\(\\w+ in the plan role\\))? of docs/permissions.md`, 's')
}

function errorsOf({ annotations }: StepResult): string {
  return annotations.filter(({ level }) => level === 'error').map(({ message }) => message).join('\n')
}

function sidsOf({ Statement }: PolicyDocument): string[] {
  return Statement.map(({ Sid = '' }) => Sid).toSorted()
}

function actionsOf(sid: string): string[] {
  return DEPLOY.Statement.filter((statement) => statement.Sid === sid).flatMap(({ Action }) => Action)
}
