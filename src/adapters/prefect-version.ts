import { DeployError } from '../errors.ts'
import type { Log } from '../ports.ts'

const MAJOR = 3
/** The server that this project is tested with. */
const TESTED = [MAJOR, 8, 8] as const

/**
 * Compares a self-hosted server's version with the one this project is tested with, as Prefect's own client does.
 * @throws DeployError for another major version; an older server is only warned of.
 */
export function checkVersion(version: string, { base, log }: { base: string; log: Log }): void {
  const [, major = '', minor = '', patch = ''] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  if (major === '') {
    log.debug(`The Prefect server at ${base} is of the unknown version "${version}"`)
    return
  }
  if (Number(major) !== MAJOR) {
    throw new DeployError('prefect-request-failed', `The Prefect server at ${base} is version ${version}; Prefect ${MAJOR} is needed`, {
      hint: 'Upgrade the server, or point prefect-api-url at another one.',
    })
  }
  if (isOlder([Number(major), Number(minor), Number(patch)])) {
    log.warning(`The Prefect server at ${base} is version ${version}, older than ${TESTED.join('.')} which this action is tested with`)
  }
}

function isOlder(version: readonly number[]): boolean {
  const index = TESTED.findIndex((tested, at) => version[at] !== tested)
  return index !== -1 && (version[index] ?? 0) < (TESTED[index] ?? 0)
}
