/**
 * This repository's own workflows, as far as act can run them: CodeQL and the dependency review need GitHub itself, the
 * jobs that test are what this test is part of, and `npm run lint:workflows` is what the job for workflow files runs.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, jest } from '@jest/globals'
import { runWorkflow } from '../../sandbox/act.ts'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import { root } from '../../sandbox/paths.ts'
import { tagEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(600_000)

describe('.github/workflows/check.yml', () => {
  it('finds that dist is what a fresh checkout builds from the locked packages', async () => {
    const sandbox = connectSandbox()

    const { log, jobs } = await runWorkflow(sandbox, {
      workflow: join(root, '.github/workflows/check.yml'), event: 'push', job: 'dist', vars: {}, secrets: {}, workspace: await cloneInto(scratch()), timeoutSeconds: 500,
    })

    expect({ dist: jobs.dist?.conclusion, log }).toMatchObject({ dist: 'success' })
    expect(jobs.check?.conclusion).toBe('skipped')
  })
})

describe('.github/workflows/release.yml', () => {
  it('publishes what the changelog says of a tagged version, attested, and moves the major tag', async () => {
    const folder = scratch()
    const [workspace, calls] = [await cloneInto(folder), join(folder, 'gh.log')]
    await becomeVersion(workspace, '9.8.7')

    const { log, jobs } = await runWorkflow(connectSandbox(), {
      workflow: join(root, '.github/workflows/release.yml'), event: tagEvent('v9.8.7'), job: 'publish', vars: {}, secrets: {}, workspace,
      programs: standInForGh(folder, calls), timeoutSeconds: 500,
    })

    expect({ test: jobs.test?.conclusion, publish: jobs.publish?.conclusion, log }).toMatchObject({ test: 'success', publish: 'success' })
    const commit = await run(['git', '-C', workspace, 'rev-parse', 'HEAD'])
    expect(readFileSync(calls, 'utf8').trimEnd().split('\n')).toEqual([
      'release create v9.8.7 --verify-tag --title v9.8.7 --notes-file notes.md',
      'notes: - It goes faster.',
      'api repos/acme/flows/git/refs/tags/v9 --silent',
      `api --method PATCH repos/acme/flows/git/refs/tags/v9 -f sha=${commit} -F force=true --silent`,
    ])
  })

  it('publishes nothing when the tag is not the version of the package', async () => {
    const folder = scratch()
    const [workspace, calls] = [await cloneInto(folder), join(folder, 'gh.log')]
    await becomeVersion(workspace, '9.8.7')

    const { exitCode, log, jobs } = await runWorkflow(connectSandbox(), {
      workflow: join(root, '.github/workflows/release.yml'), event: tagEvent('v9.8.8'), job: 'publish', vars: {}, secrets: {}, workspace,
      programs: standInForGh(folder, calls), timeoutSeconds: 300,
    })

    expect(exitCode).not.toBe(0)
    expect(log).toContain('The tag is v9.8.8, and package.json has 9.8.7')
    expect(jobs.publish?.conclusion).toBe('skipped')
    expect(() => readFileSync(calls)).toThrow('ENOENT')
  })
})

function scratch(): string {
  return mkdtempSync(join(connectSandbox().endpoints.folder, 'own-'))
}

async function cloneInto(folder: string): Promise<string> {
  const workspace = join(folder, 'checkout')
  await run(['git', 'clone', '--quiet', '--no-hardlinks', '--shared', root, workspace])
  return workspace
}

/**
 * A commit on main that is ready to be tagged; `.ci/run` only says that it was called, for this test is part of it. Its
 * last commit is made when the workflow starts, so a hook moves main along.
 */
async function becomeVersion(workspace: string, version: string): Promise<void> {
  const { version: now } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as { version: string }
  edit(workspace, 'package.json', `"version": "${now}"`, `"version": "${version}"`)
  edit(workspace, 'CHANGELOG.md', '## [Unreleased]', `## [Unreleased]\n\n## [${version}] - 2026-12-01\n\n- It goes faster.\n\n## [0.0.1] - 2026-01-01`)
  writeFileSync(join(workspace, '.ci/run'), 'echo tested\n')
  const hook = join(workspace, '.git/hooks/post-commit')
  mkdirSync(join(workspace, '.git/hooks'), { recursive: true })
  writeFileSync(hook, '#!/bin/sh\nexec git update-ref refs/remotes/origin/main HEAD\n')
  chmodSync(hook, 0o755)
  await run(['git', '-C', workspace, 'config', 'core.hooksPath', '.git/hooks'])
}

/** A `gh` that writes down what it is asked, and the notes that it is given; the major tag is there. */
function standInForGh(folder: string, calls: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'gh'), `#!/bin/sh\necho "$*" >> '${calls}'\n[ "$1" != release ] || sed 's/^/notes: /' notes.md >> '${calls}'\n`, { mode: 0o755 })
  return bin
}
