import { existsSync, statSync } from 'node:fs'
import { attempt, run } from './command.ts'
import { baseImageArchive } from './paths.ts'

/** What the sample project's Dockerfile starts from. An engine with the real one keeps it. */
const TAG = 'python:3.11-slim-bookworm'
const LABEL = 'prefect-ecs-deploy.archive'

/** Imports the base image that the set-up made, when the engine has none. @returns whether it was imported. */
export async function provideBaseImage(host: string): Promise<boolean> {
  if (!existsSync(baseImageArchive)) throw new Error('The sandbox is not set up: npm run setup')
  const docker = ['docker', '--host', host]
  const made = archiveId()
  const found = await attempt([...docker, 'image', 'inspect', '--format', `{{index .Config.Labels "${LABEL}"}}`, TAG])
  if (found.exitCode === 0 && (found.stdout.trim() === '' || found.stdout.trim() === made)) return false
  const changes = [`LABEL ${LABEL}=${made}`, 'CMD ["python3"]', 'ENV PYTHONUNBUFFERED=1 LANG=C.UTF-8']
  await run([...docker, 'import', ...changes.flatMap((change) => ['--change', change]), baseImageArchive, TAG])
  return true
}

export async function removeBaseImage(host: string): Promise<void> {
  await attempt(['docker', '--host', host, 'image', 'rm', TAG])
}

/** Size and time of the archive: the set-up replaces it as a whole. */
function archiveId(): string {
  const { size, mtimeMs } = statSync(baseImageArchive)
  return `${size}-${Math.round(mtimeMs)}`
}
