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
  const numbers = numbersOf(version)
  if (numbers === undefined) {
    log.debug(`The Prefect server at ${base} is of the unknown version "${version}"`)
    return
  }
  if (numbers[0] !== MAJOR) {
    throw new DeployError('prefect-request-failed', `The Prefect server at ${base} is version ${version}; Prefect ${MAJOR} is needed`, {
      hint: 'Upgrade the server, or point prefect-api-url at another one.',
    })
  }
  if (isOlder(numbers, TESTED)) {
    log.warning(`The Prefect server at ${base} is version ${version}, older than ${TESTED.join('.')} which this action is tested with`)
  }
}

/** Whether a server of this version has what came with another one; false when its version says nothing. */
export function isSince(version: string | undefined, since: readonly number[]): boolean {
  const numbers = numbersOf(version ?? '')
  return numbers !== undefined && !isOlder(numbers, since)
}

/** Major, minor and patch; undefined when the version does not begin with them. */
function numbersOf(version: string): readonly number[] | undefined {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)
}

function isOlder(version: readonly number[], other: readonly number[]): boolean {
  const index = other.findIndex((number, at) => version[at] !== number)
  return index !== -1 && (version[index] ?? 0) < (other[index] ?? 0)
}
