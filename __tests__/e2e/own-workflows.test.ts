import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { runWorkflow } from '../../sandbox/act.ts'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import { root } from '../../sandbox/paths.ts'

jest.setTimeout(600_000)

describe('.github/workflows/check.yml', () => {
  it('finds that dist is what a fresh checkout builds from the locked packages', async () => {
    const sandbox = connectSandbox()
    const workspace = join(mkdtempSync(join(sandbox.endpoints.folder, 'own-')), 'checkout')
    await run(['git', 'clone', '--quiet', '--no-hardlinks', '--shared', root, workspace])

    const { log, jobs } = await runWorkflow(sandbox, {
      workflow: join(root, '.github/workflows/check.yml'), event: 'push', job: 'dist', vars: {}, secrets: {}, workspace, timeoutSeconds: 500,
    })

    expect({ dist: jobs.dist?.conclusion, log }).toMatchObject({ dist: 'success' })
    expect(jobs.check?.conclusion).toBe('skipped')
  })
})
