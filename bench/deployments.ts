import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../sandbox/command.ts'
import type { Sandbox } from '../sandbox/connect.ts'
import { median } from '../sandbox/median.ts'
import { venv } from '../sandbox/paths.ts'
import { isPrefectWrite } from '../sandbox/prefect-recorder.ts'
import type { Exchange } from '../sandbox/recording-proxy.ts'
import { pushEvent } from '../sandbox/runner/event.ts'
import { resetPrefect } from '../sandbox/seed-prefect.ts'
import { prefectFile } from './project.ts'
import type { Description } from './project.ts'
import { CASES } from './results.ts'
import type { Case, Comparison, Measured } from './results.ts'

export type Comparing = {
  readonly sizes: readonly number[]
  /** The largest size for which `prefect deploy` is waited for. */
  readonly compareUpTo?: number
  /** How often a deployment without changes is measured while that is short ({@link LONG_SECONDS}); the middle one counts. */
  readonly rounds?: number
  readonly say: (comparison: Comparison) => void
}

/** What takes this long varies less, and is measured once. */
const LONG_SECONDS = 100

/** Deploys a project as it is in a checkout. @throws Error when it fails. */
type Deploy = (workspace: string) => Promise<void>

/** Whether what a tool asked of the server is asked again, to see what the server alone takes. */
type Measuring = { readonly deploy: Deploy; readonly isReplayed: boolean; readonly rounds: number }

/**
 * This action and `prefect deploy --all`, one after the other for each size: all deployments new, none changed, all
 * changed. Both find an empty workspace on the same server; the image, which only this action builds, is there already.
 */
export async function compareDeployments(sandbox: Sandbox, { sizes, compareUpTo = Infinity, rounds = 3, say }: Comparing): Promise<Comparison[]> {
  const release: Deploy = (workspace) => releaseWithAction(sandbox, workspace)
  await deployment(sandbox, 1, 'Every morning.').then(release)
  const comparisons: Comparison[] = []
  for (const size of sizes) {
    const ours = await measureCases(sandbox, size, { deploy: release, isReplayed: true, rounds })
    const deploy: Deploy = (workspace) => deployWithPrefect(sandbox, workspace)
    const cli = size > compareUpTo ? undefined : await measureCases(sandbox, size, { deploy, isReplayed: false, rounds })
    for (const each of CASES) {
      const comparison = { size, case: each, ours: ours[each], cli: cli?.[each] }
      comparisons.push(comparison)
      say(comparison)
    }
  }
  return comparisons
}

async function measureCases(sandbox: Sandbox, size: number, { deploy, isReplayed, rounds }: Measuring): Promise<Record<Case, Measured>> {
  await resetPrefect(sandbox.endpoints.prefect)
  const workspace = await deployment(sandbox, size, 'Every morning.')
  const once = () => measured(sandbox, () => deploy(workspace))
  const withServer = async () => {
    const { result, exchanges } = await once()
    return isReplayed ? { ...result, serverSeconds: await replay(sandbox, exchanges) } : result
  }
  const created = await once() // not replayed: what is there already costs another time
  const unchanged = [await withServer()]
  while (unchanged.length < rounds && unchanged.every(({ seconds }) => seconds < LONG_SECONDS)) unchanged.push(await withServer())
  write(workspace, size, 'Each morning.')
  return { new: created.result, unchanged: median(unchanged, ({ seconds }) => seconds), changed: await withServer() }
}

/** A checkout of the sample project with that many deployments. @returns its path. */
async function deployment(sandbox: Sandbox, size: number, description: Description): Promise<string> {
  const workspace = await sandbox.checkOut()
  write(workspace, size, description)
  return workspace
}

function write(workspace: string, size: number, description: Description): void {
  writeFileSync(join(workspace, 'prefect.yaml'), prefectFile(size, description))
}

async function measured({ prefect }: Sandbox, work: () => Promise<void>): Promise<{ readonly result: Measured; readonly exchanges: readonly Exchange[] }> {
  await prefect.clearJournal()
  const seconds = await secondsOf(work)
  const exchanges = await prefect.journal()
  return { result: { seconds, requests: exchanges.filter(isCounted).length, writes: exchanges.filter(isPrefectWrite).length }, exchanges }
}

/** @returns seconds that the requests take when they are sent again, each after the answer to the one before. */
function replay({ endpoints: { prefect } }: Sandbox, exchanges: readonly Exchange[]): Promise<number> {
  const { origin } = new URL(prefect.apiUrl)
  return secondsOf(async () => {
    for (const { method, path, body } of exchanges) {
      const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      await (await fetch(`${origin}${path}`, { method, ...content })).text()
    }
  })
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return Math.round(performance.now() - started) / 1000
}

/** Left out are the version, CSRF tokens, further pages of a list, and what a block or a variable costs, once for each. */
function isCounted({ path, body }: Exchange): boolean {
  const isFurtherPage = typeof body === 'object' && body !== null && 'offset' in body && Number(body.offset) > 0
  return !isFurtherPage && !/\/(admin\/version|csrf-token|variables\/name\/|block_types\/|block_documents\/)/.test(path)
}

async function releaseWithAction(sandbox: Sandbox, workspace: string): Promise<void> {
  const { exitCode, log } = await sandbox.run({ workspace, event: pushEvent(), timeoutSeconds: 1800 })
  if (exitCode !== 0) throw new Error(`The release failed:\n${log}`)
}

async function deployWithPrefect({ endpoints: { folder, prefect } }: Sandbox, workspace: string): Promise<void> {
  const { exitCode, stdout, stderr } = await attempt([join(venv, 'bin/prefect'), '--no-prompt', 'deploy', '--all'], {
    cwd: workspace,
    env: {
      PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: mkdtempSync(join(folder, 'prefect-cli-')),
      LANG: 'C.UTF-8', DO_NOT_TRACK: '1', PREFECT_API_URL: prefect.apiUrl,
    },
  })
  if (exitCode !== 0) throw new Error(`prefect deploy failed:\n${stdout}\n${stderr}`)
}
