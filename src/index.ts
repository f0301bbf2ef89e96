import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { createClock } from './adapters/clock.ts'
import { createDocker } from './adapters/docker.ts'
import { createEcs } from './adapters/ecs.ts'
import { createRegistry } from './adapters/ecr.ts'
import { createRecords } from './adapters/ecr-records.ts'
import { createGitHub } from './adapters/github.ts'
import { connectPrefect } from './adapters/prefect.ts'
import { createRunnerLog } from './adapters/runner.ts'
import { createObjectStore } from './adapters/s3.ts'
import { createShell } from './adapters/shell.ts'
import { createAwsCredentials } from './adapters/sts.ts'
import type { Inputs } from './inputs.ts'
import { run } from './main.ts'
import type { Log, Ports } from './ports.ts'

/** Clients want them; an offline plan, which may have neither, asks nothing of AWS or Prefect. */
const UNUSED = { region: 'us-east-1', apiUrl: 'http://localhost/api' }

const cancellation = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { cancellation.abort() })

await run({ environment: process.env, log: createRunnerLog(), connect })

function connect(inputs: Inputs, log: Log): Ports {
  const clock = createClock(cancellation.signal)
  const isOffline = inputs.missing.length > 0
  const region = inputs.aws.region || UNUSED.region
  const { roleToAssume, roleSessionName: sessionName, roleDurationSeconds: durationSeconds, audience, oidc } = inputs.aws
  const { credentials, account } = createAwsCredentials({ region, roleToAssume, sessionName, durationSeconds, audience, oidc, proxyFor: getProxyUrl, log, clock })
  const aws = { region, credentials, proxyFor: getProxyUrl }
  const registry = createRegistry({ aws, log, clock })
  const docker = createDocker({
    environment: process.env, temporaryDirectory: inputs.temporaryDirectory, registry: isOffline ? undefined : registry, log, signal: cancellation.signal,
  })
  return {
    account,
    registry,
    docker,
    ...createEcs({ ...aws, log }),
    ...connectPrefect({ ...inputs.prefect, apiUrl: inputs.prefect.apiUrl || UNUSED.apiUrl, clock, log }),
    ...createGitHub({ ...inputs.github, clock, log }),
    shell: createShell({ environment: process.env, log, signal: cancellation.signal }),
    objects: createObjectStore(aws),
    records: createRecords(aws),
    clock,
    dispose: () => docker.dispose(),
  }
}
