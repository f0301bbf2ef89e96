import type { PrefectWorkspace } from '../ports.ts'
import { pageOf } from './prefect-address.ts'
import { connect } from './prefect-client.ts'
import type { PrefectOptions } from './prefect-client.ts'
import { lookUp, readLateRuns, readState } from './prefect-read.ts'
import { write } from './prefect-write.ts'

/**
 * A Prefect Cloud workspace or a self-hosted server, reached over its REST API. The first request to a server also asks
 * its version and, where it wants one, a CSRF token.
 * @throws DeployError `prefect-unauthorized`, `prefect-unreachable` (also for a URL with no API behind it) and
 * `prefect-request-failed`, from every method.
 */
export function createPrefectWorkspace(options: PrefectOptions): PrefectWorkspace {
  const api = connect(options)
  return {
    read: (query) => readState(api, query),
    lookUp: (reference) => lookUp(api, reference),
    lateRuns: (deploymentId) => readLateRuns(api, deploymentId, options.clock.now()),
    write: (each) => write(api, each),
    writeConcurrency: () => api.writeLimit.current(),
    pageOf: (deploymentId) => pageOf(api.address.base, deploymentId),
  }
}
