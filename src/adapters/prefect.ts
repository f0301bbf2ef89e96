import type { PrefectSurvey, PrefectWorkspace } from '../prefect-ports.ts'
import { pageOf } from './prefect-address.ts'
import { connect } from './prefect-client.ts'
import type { PrefectOptions } from './prefect-client.ts'
import { readingDeployments } from './prefect-deployments.ts'
import { lookUp, readLateRuns, readPaused, readState } from './prefect-read.ts'
import { createSurvey } from './prefect-survey.ts'
import { readWorkers } from './prefect-workers.ts'
import { write } from './prefect-write.ts'

/**
 * A Prefect Cloud workspace or a self-hosted server, reached over its REST API. The first request to a server also asks
 * its version and, where it wants one, a CSRF token.
 * @throws DeployError `prefect-unauthorized`, `prefect-unreachable` (also for a URL with no API behind it) and
 * `prefect-request-failed`, from every method.
 */
export function connectPrefect(options: PrefectOptions): { readonly workspace: PrefectWorkspace; readonly survey: PrefectSurvey } {
  const api = connect(options)
  const readDeployments = readingDeployments(api)
  const workspace: PrefectWorkspace = {
    read: (query) => readState(api, query, readDeployments),
    lookUp: (reference) => lookUp(api, reference),
    lateRuns: (deploymentId) => readLateRuns(api, deploymentId, options.clock.now()),
    workersOf: (workPool) => readWorkers(api, workPool),
    pausedOf: (deploymentIds) => readPaused(api, deploymentIds),
    write: (each) => write(api, each),
    writeConcurrency: () => api.writeLimit.current(),
    version: () => api.version(),
    isCloud: api.address.isCloud,
    pageOf: (deploymentId) => pageOf(api.address.base, deploymentId),
  }
  return { workspace, survey: createSurvey(api, readDeployments) }
}
