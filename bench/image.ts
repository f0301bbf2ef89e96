import { join } from 'node:path'
import { appendFileSync, mkdtempSync } from 'node:fs'
import { run } from '../sandbox/command.ts'
import type { Sandbox } from '../sandbox/connect.ts'
import { pushEvent } from '../sandbox/runner/event.ts'
import type { ImageCase, ImageComparison } from './image-results.ts'

/** What changes in a checkout before each case; the first build of both is not measured. */
const CHANGES: Readonly<Record<ImageCase, ((workspace: string) => void) | undefined>> = {
  unchanged: undefined,
  'one flow changed': (workspace) => { appendFileSync(join(workspace, 'flows/report.py'), '\nREVISION = "another"\n') },
  'requirements changed': (workspace) => { appendFileSync(join(workspace, 'requirements.txt'), '# another set\n') },
}

export type Side = { readonly name: 'action' | 'buildx'; readonly build: (workspace: string) => Promise<void> }

/**
 * This action's whole step, which also reads the flows in the image and releases the deployments, beside nothing but
 * `docker buildx build --push` of the same folder: the same engine and the same registry, one after the other.
 */
export async function compareImages(sandbox: Sandbox, say: (comparison: ImageComparison) => void): Promise<ImageComparison[]> {
  await sandbox.reset()
  const ours = await measureCases(sandbox, { name: 'action', build: (workspace) => releaseImage(sandbox, workspace) })
  const buildx = await measureCases(sandbox, { name: 'buildx', build: (workspace) => buildAndPush(sandbox, workspace) })
  return (Object.keys(CHANGES) as ImageCase[]).map((each) => {
    const comparison = { case: each, ours: ours[each], buildx: buildx[each] }
    say(comparison)
    return comparison
  })
}

async function measureCases(sandbox: Sandbox, { name, build }: Side): Promise<Record<ImageCase, number>> {
  const workspace = await sandbox.checkOut()
  // Layers of its own: what the other side has built must not help.
  appendFileSync(join(workspace, 'requirements.txt'), `# for ${name}, ${Date.now()}\n`)
  await build(workspace)
  const measured: [string, number][] = []
  for (const [each, change] of Object.entries(CHANGES)) {
    change?.(workspace)
    const started = performance.now()
    await build(workspace)
    measured.push([each, Math.round(performance.now() - started) / 1000])
  }
  return Object.fromEntries(measured) as Record<ImageCase, number> // each case once
}

async function releaseImage(sandbox: Sandbox, workspace: string): Promise<void> {
  const { exitCode, log } = await sandbox.run({ workspace, event: pushEvent(), inputs: { service: '', 'task-definition': '' } })
  if (exitCode !== 0) throw new Error(`The release failed:\n${log}`)
}

async function buildAndPush({ endpoints: { docker, folder, registry } }: Sandbox, workspace: string): Promise<void> {
  const env = { PATH: process.env.PATH ?? '', HOME: mkdtempSync(join(folder, 'buildx-')), DOCKER_HOST: docker.host }
  await run(['docker', 'buildx', 'build', '--push', '--provenance=false', '--tag', `${registry.host}/bench/flows:latest`, workspace], { env })
}
