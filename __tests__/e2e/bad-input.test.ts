import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { Endpoints } from '../../sandbox/stack.ts'
import type { StepOptions } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { account, environment, repository, roleArn, roles } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(180_000)

/** A role that may look at every repository and service: AWS tells nobody else that one is missing. */
const CURIOUS = 'flows-curious'

type Case = {
  readonly what: string
  readonly code: string
  /** What the one line has to say: what, where, what to do. */
  readonly says: readonly (string | RegExp)[]
  readonly at?: { readonly file: string; readonly line?: number; readonly column?: number }
  /** Lines of the file at which the same is wrong; only the first is in `at`. */
  readonly lines?: readonly number[]
  readonly spoil?: (workspace: string) => void
  readonly inputs?: Readonly<Record<string, string>> | ((endpoints: Endpoints) => Readonly<Record<string, string>>)
  readonly options?: Partial<StepOptions>
}

const CASES: readonly Case[] = [
  {
    what: 'a missing Prefect file', code: 'prefect-file-missing', says: ['prefect.yaml cannot be read', 'inputs working-directory and prefect-file'],
    spoil: (workspace) => { rmSync(join(workspace, 'prefect.yaml')) },
  },
  {
    what: 'a Prefect file that is a folder', code: 'prefect-file-missing', says: ['flows', 'cannot be read'],
    inputs: { 'prefect-file': 'flows' },
  },
  {
    what: 'a YAML syntax error', code: 'prefect-file-syntax', says: ['prefect.yaml'], at: { file: 'prefect.yaml', line: 3, column: 18 },
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', 'prefect-version: 3.8.8\n', 'prefect-version: 3.8.8\n  build: [\n') },
  },
  {
    what: 'an unknown work pool', code: 'work-pool-missing', says: ['"nowhere"', 'work-pool create'], at: { file: 'prefect.yaml' },
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', 'name: ecs', 'name: nowhere') },
  },
  {
    what: 'a deployment without name', code: 'deployment-unnamed', says: ['deployment 3 has no name', 'Give it a'], at: { file: 'prefect.yaml', line: 64 },
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', '  - name: report-daily\n    entrypoint', '  - entrypoint') },
  },
  {
    what: 'a name that matches no deployment', code: 'deployment-not-found', says: ['"nightly"', 'orders-hourly'],
    inputs: { deployments: 'nightly' },
  },
  {
    what: 'an entrypoint to a missing file', code: 'entrypoint-missing', says: ['no file flows/gone.py', 'COPY'], at: { file: 'prefect.yaml', line: 111 }, lines: [111, 122],
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', 'flows/retention.py:retention', 'flows/gone.py:retention') },
  },
  {
    what: 'an entrypoint to a missing function', code: 'entrypoint-missing', says: ['"flows/retention.py:gone"', 'MissingFlowError'], at: { file: 'prefect.yaml', line: 111 }, lines: [111, 122],
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', 'flows/retention.py:retention', 'flows/retention.py:gone') },
  },
  {
    what: 'a Dockerfile that fails', code: 'build-failed', says: ['no more paper', 'RUN'],
    spoil: (workspace) => { edit(workspace, 'Dockerfile', 'COPY flows flows', 'COPY flows flows\nRUN echo "no more paper" >&2 && exit 3') },
  },
  {
    what: 'a missing Dockerfile', code: 'build-context-invalid', says: ['Dockerfile'],
    spoil: (workspace) => { rmSync(join(workspace, 'Dockerfile')) },
  },
  {
    what: 'a role whose trust policy does not match', code: 'role-not-assumable', says: ['repo:acme/flows:environment:production', 'sts.amazonaws.com'],
    inputs: { 'role-to-assume': roleArn(roles.plan) },
  },
  {
    what: 'a job without id-token permission', code: 'oidc-not-permitted', says: ['id-token: write'],
    options: { idToken: undefined },
  },
  {
    what: 'credentials of another account', code: 'account-not-allowed', says: ['123456789012', '210987654321'],
    inputs: { 'allowed-account-ids': '210987654321' },
  },
  {
    what: 'a missing repository', code: 'repository-missing', says: ['"flowz"', 'ecr-repository'],
    inputs: { 'ecr-repository': 'flowz', 'role-to-assume': roleArn(CURIOUS) },
  },
  {
    what: 'an image to redeploy that is not there', code: 'image-missing', says: ['tree-0000', 'flows'],
    inputs: { image: 'tree-0000' },
  },
  {
    what: 'a task definition without the container', code: 'container-missing', says: ['"worker"', 'prefect', 'sidecar'],
    inputs: { 'container-name': 'worker' },
  },
  {
    what: 'a missing task definition file', code: 'task-definition-missing', says: ['task.json'],
    inputs: { 'task-definition': 'task.json' },
  },
  {
    what: 'a task definition with a misspelt field', code: 'task-definition-invalid', says: ['executionRoleArn'], at: { file: 'task-definition.json' },
    spoil: (workspace) => { edit(workspace, 'task-definition.json', 'executionRoleArn', 'executionRolArn') },
  },
  {
    what: 'a missing service', code: 'service-missing', says: ['prefect-wurker', 'production'],
    inputs: { service: 'prefect-wurker', 'role-to-assume': roleArn(CURIOUS) },
  },
  {
    what: 'a repository that the role may not see', code: 'aws-access-denied', says: ['ecr:DescribeRepositories', 'repository/flowz'],
    inputs: { 'ecr-repository': 'flowz' },
  },
  {
    what: 'a Prefect server that does not listen', code: 'prefect-unreachable', says: ['http://127.0.0.1:1023/api', 'ECONNREFUSED'],
    inputs: { 'prefect-api-url': 'http://127.0.0.1:1023/api' },
  },
  {
    what: 'a Prefect server at a port that no client may ask', code: 'prefect-unreachable', says: ['http://127.0.0.1:9/api', 'bad port'],
    inputs: { 'prefect-api-url': 'http://127.0.0.1:9/api' },
  },
  {
    what: 'a wrong Prefect API key', code: 'prefect-unauthorized', says: ['401', 'prefect-api-key'],
    inputs: ({ cloud }) => ({ 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': 'pnu_wrongKeyOfSomebody' }),
  },
  {
    what: 'parameters that do not fit the flow', code: 'parameters-invalid', says: ['orders-hourly', 'limit'], at: { file: 'prefect.yaml' },
    spoil: (workspace) => { edit(workspace, 'prefect.yaml', 'limit: 50', 'limit: many') },
  },
  {
    what: 'a build step that the action does not replace', code: 'step-unsupported', says: ['acme.steps.notarise'], at: { file: 'prefect.yaml' },
    spoil: (workspace) => {
      edit(workspace, 'prefect.yaml', 'push:\n', '  - acme.steps.notarise:\n      with: seal\npush:\n')
    },
  },
]

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  const targets = { ...policyTargets, repository: '*', service: '*' }
  await sandbox.aws.createRole({ name: CURIOUS, trustPolicy: trustPolicy(account.id, repository, [`environment:${environment}`]), policy: deployPolicy(targets) })
})

describe('bad input', () => {
  it.each(CASES)('$what ends in $code, said in one line each, and nothing is written', async ({ code, says, at, lines = [at?.line], spoil, inputs = {}, options = {} }) => {
    const workspace = await sandbox.checkOut()
    spoil?.(workspace)
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])

    const step = await sandbox.run({ workspace, event: pushEvent(), inputs: typeof inputs === 'function' ? inputs(sandbox.endpoints) : inputs, ...options })

    const errors = step.annotations.filter(({ level }) => level === 'error')
    expect(step.exitCode).toBe(1)
    expect(errors).toMatchObject(lines.map((line) => ({
      message: expect.stringContaining(`[${code}]`), ...at, ...(line !== undefined && { line }),
    })))
    for (const part of says) expect(errors[0]?.message).toMatch(part instanceof RegExp ? part : new RegExp(part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    expect(errors[0]?.message).not.toMatch(/\n/)
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
    expect((await sandbox.prefect.journal()).filter(isPrefectWrite)).toEqual([])
    expect(await sandbox.aws.defects()).toEqual([])
  })

  it('all bad inputs are said at once, a line each', async () => {
    const workspace = await sandbox.checkOut()

    const step = await sandbox.run({ workspace, event: pushEvent(), inputs: { wait: 'yes', 'aws-region': 'Frankfurt', prune: 'true' } })

    expect(step.annotations).toMatchObject(['prune', 'aws-region', 'wait'].map((input) => ({
      level: 'error', message: expect.stringContaining(`Input "${input}"`),
    })))
  })
})
