import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { median } from '../../sandbox/median.ts'
import { node, root } from '../../sandbox/paths.ts'
import { poll } from '../../sandbox/poll.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(180_000)

const MAIN = join(root, 'dist/index.js')

describe('the built action', () => {
  it('starts in a few times what Node itself takes', () => {
    const measure = (args: readonly string[]) => {
      const start = performance.now()
      spawnSync(node, args, { env: { PATH: process.env.PATH ?? '' }, stdio: 'ignore' })
      return performance.now() - start
    }
    // As many bare starts as take as long as one of the action: what else runs then lengthens both alike.
    const bareStarts = () => Array.from({ length: 8 }, () => measure(['-e', '0'])).reduce((sum, each) => sum + each, 0) / 8
    const rounds = Array.from({ length: 9 }, () => ({ bare: bareStarts(), built: measure([MAIN]) }))
    const [bare, built] = [median(rounds, (round) => round.bare).bare, median(rounds, (round) => round.built).built]

    console.log(`node -e 0: ${bare.toFixed(0)} ms, dist/index.js: ${built.toFixed(0)} ms, ${(built - bare).toFixed(0)} ms more`)
    expect(built / bare).toBeLessThan(10) // 8.9 on an idle machine, where Node takes 40 ms; less on a busy one
  })

  it('is one readable file that carries the licences of all it bundles', () => {
    // A dynamic import would split it into chunks, and ncc then writes the licences of the last chunk only.
    expect(readdirSync(join(root, 'dist')).toSorted()).toEqual(['index.js', 'licenses.txt', 'package.json', 'read_flows.py'])
    const licenses = readFileSync(join(root, 'dist/licenses.txt'), 'utf8')
    for (const name of ['@actions/core', '@aws-sdk/client-ecs', '@aws-sdk/client-sts', 'openapi-fetch', 'yaml', 'ajv', 'undici']) expect(`\n${licenses}`).toContain(`\n${name}\n`)
  })
})

describe('a cancelled run', () => {
  let sandbox: Sandbox

  beforeAll(async () => {
    sandbox = connectSandbox()
    await sandbox.reset()
  })

  it.each([
    ['while the image is built', /#\d+ .*sleep 60/, 'Dockerfile', 'COPY flows flows', 'COPY flows flows\nRUN sleep 60'],
    ['while the flows are read', () => poll('a container that reads flows', 60, async () => await containers() || undefined), 'flows/orders.py', '\n\n\n', '\n\n\nimport time\ntime.sleep(60)\n\n\n'],
  ])('%s writes nothing, ends within ten seconds and leaves no container, login or file behind', async (_, signalAfter, file, before, after) => {
    const workspace = await sandbox.checkOut()
    edit(workspace, file, before, after)
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])

    const step = await sandbox.run({ workspace, event: pushEvent(), signalAfter })

    expect(step.annotations).toMatchObject([{ level: 'error', message: expect.stringContaining('[cancelled]') }])
    expect(step.exitCode).toBe(1) // it ended by itself: 128 would be the runner's SIGKILL
    expect(step.secondsAfterSignal).toBeLessThan(10)
    expect([...(await sandbox.aws.journal()).filter(({ write }) => write), ...(await sandbox.prefect.journal()).filter(isPrefectWrite)]).toEqual([])
    expect(readdirSync(step.runnerTemp).filter((name) => /docker/i.test(name))).toEqual([])
    expect(await containers('--all')).toBe('')
  })

  /** Those that the action runs flows' code in, in images of this sandbox: others use the same engine. */
  async function containers(...options: readonly string[]): Promise<string> {
    const env = { ...process.env, DOCKER_HOST: sandbox.endpoints.docker.host }
    const listed = await run(['docker', 'ps', '--format', '{{.ID}} {{.Image}}', '--filter', 'name=prefect-ecs-deploy-', ...options], { env })
    return listed.split('\n').filter((line) => line.includes(sandbox.endpoints.aws.ecrHost)).join('\n')
  }
})
