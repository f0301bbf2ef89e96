import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { startBuilder } from '../../sandbox/builder.ts'
import type { Builder } from '../../sandbox/builder.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { account, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'

jest.setTimeout(600_000)

/** Its tags are immutable but for the cache's. */
const REPOSITORY = 'cached'
const ROLE = 'flows-cacher'

describe('a build on a builder that has built nothing yet', () => {
  let sandbox: Sandbox
  let builder: Builder | undefined
  let revision = 0

  const fresh = async (workspace: string, inputs: Readonly<Record<string, string>> = {}) => {
    await builder?.stop()
    builder = await startBuilder(sandbox.endpoints)
    const started = performance.now()
    const step = await sandbox.run({
      workspace,
      event: pushEvent(),
      inputs: { service: '', 'task-definition': '', 'ecr-repository': REPOSITORY, 'role-to-assume': roleArn(ROLE), ...inputs },
      env: { ...builder.environment },
    })
    expect(step.exitCode === 0 ? '' : step.log).toBe('')
    return { step, seconds: (performance.now() - started) / 1000 }
  }
  const changeFlow = (workspace: string) => { appendFileSync(join(workspace, 'flows/report.py'), `\nREVISION = ${++revision}\n`) }
  /** By what pip says. */
  const didInstall = ({ log }: StepResult) => log.includes('Successfully installed')

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
    await sandbox.aws.createRepository({ name: REPOSITORY, tagMutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['buildcache*'] })
    const trust = trustPolicy(account.id, repository, [`environment:${environment}`])
    await sandbox.aws.createRole({ name: ROLE, trustPolicy: trust, policy: deployPolicy({ ...policyTargets, repository: REPOSITORY }) })
  })

  afterEach(async () => {
    await builder?.stop()
    builder = undefined
  })

  afterAll(() => sandbox.reset())

  it('takes all but a changed flow from the registry, in less time', async () => {
    const workspace = await sandbox.checkOut()
    const whole = await fresh(workspace)
    changeFlow(workspace)
    const cached = await fresh(workspace)
    changeFlow(workspace)
    const uncached = await fresh(workspace, { cache: 'off' })

    expect(whole.step.log).toMatch(/Wrote the build cache to .*\/cached:buildcache/)
    expect([didInstall(whole.step), didInstall(cached.step), didInstall(uncached.step)]).toEqual([true, false, true])
    expect(uncached.seconds / cached.seconds).toBeGreaterThan(1)
  })

  it('takes from the cache in a plan, too, and writes none', async () => {
    const workspace = await sandbox.checkOut()
    changeFlow(workspace)
    const { step } = await fresh(workspace, { 'dry-run': 'true' })

    expect(didInstall(step)).toBe(false)
    expect(step.log).toContain('a plan writes none')
    expect(step.log).not.toContain('Wrote the build cache')
  })
})
