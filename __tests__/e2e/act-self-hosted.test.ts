import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { runWorkflow } from '../../sandbox/act.ts'
import type { WorkflowResult } from '../../sandbox/act.ts'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { root } from '../../sandbox/paths.ts'
import { account, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { startStack } from '../../sandbox/stack.ts'
import type { Stack } from '../../sandbox/stack.ts'

jest.setTimeout(360_000)

const AUTH_STRING = 'admin:password-of-a-server-of-our-own'
const ROLE = 'flows-main'

describe('examples/workflows/self-hosted.yml, on a server with Basic authentication and CSRF protection', () => {
  let stack: Stack
  let sandbox: Sandbox
  let result: WorkflowResult

  beforeAll(async () => {
    stack = await startStack({ authString: AUTH_STRING, csrf: true })
    sandbox = connectSandbox(stack.endpoints)
    const trust = trustPolicy(account.id, repository, ['ref:refs/heads/main'])
    await sandbox.aws.createRole({ name: ROLE, trustPolicy: trust, policy: deployPolicy(policyTargets) })
    result = await runWorkflow(sandbox, {
      workflow: join(root, 'examples/workflows/self-hosted.yml'),
      event: 'push',
      vars: { AWS_DEPLOY_ROLE: roleArn(ROLE), PREFECT_API_URL: stack.endpoints.prefect.apiUrl },
      secrets: { PREFECT_API_AUTH_STRING: AUTH_STRING },
      workspace: await sandbox.checkOut(),
    })
  })
  afterAll(() => stack.stop())

  it('releases, and the image reaches the next job', async () => {
    const [flows] = (await sandbox.aws.state()).repositories
    const [, digest] = Object.entries(flows?.tags ?? {}).find(([tag]) => tag.startsWith('tree-')) ?? []

    expect(result.exitCode).toBe(0)
    expect(result.jobs.announce?.output.join('\n')).toContain(`image ${flows?.repositoryUri ?? ''}@${digest ?? ''}`)
  })

  it('shows the auth string nowhere', () => {
    expect(result.log).not.toContain(AUTH_STRING)
    expect(result.log).not.toContain(Buffer.from(AUTH_STRING).toString('base64'))
  })
})
