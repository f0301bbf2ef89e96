import type { Container, TaskStopCode } from '@aws-sdk/client-ecs'

/** What comes of a deployment's tasks. */
export type Fate =
  | 'success'
  /** They run, much later. */
  | 'slow'
  /** The image cannot be pulled. */
  | 'pull-failure'
  /** A secret cannot be read. */
  | 'secret-failure'
  /** The log group is not there. */
  | 'log-failure'
  /** The essential container exits with 1 as soon as it runs. */
  | 'crash'
  /** It runs for a moment, so that the circuit breaker counts anew, and exits with 1. */
  | 'crash-loop'
  /** The image is for another CPU. */
  | 'wrong-architecture'
  /** It is killed for its memory. */
  | 'out-of-memory'
  /** It runs, and fails its health check. */
  | 'unhealthy'
  /** There is no room for the tasks. */
  | 'no-capacity'
  /** The tasks stay PENDING. */
  | 'stuck'

/** How a task ended. */
export type Ending = {
  readonly stopCode: TaskStopCode
  readonly stoppedReason: string
  /** Of the container that ended it. */
  readonly container: Pick<Container, 'exitCode' | 'reason'>
  /** Whether it ran before. */
  readonly ran: boolean
  /** The last lines that it logged. */
  readonly log: readonly string[]
}

export type FailingFate = Exclude<Fate, 'success' | 'slow' | 'no-capacity' | 'stuck'>

/** The end of a task of that fate, in the words that ECS has for it. */
export function endingOf(fate: FailingFate, image: string): Ending {
  switch (fate) {
    case 'pull-failure': {
      const reason = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`
      return { ...NEVER_STARTED, stoppedReason: reason, container: { reason } }
    }
    case 'secret-failure':
      return { ...NEVER_STARTED, stoppedReason: SECRET, container: {} }
    case 'log-failure':
      return { ...NEVER_STARTED, stoppedReason: LOG_DRIVER, container: {} }
    case 'wrong-architecture':
      return { ...EXITED, container: { exitCode: 255 }, log: ['exec /usr/local/bin/prefect: exec format error'] }
    case 'crash':
    case 'crash-loop':
      return { ...EXITED, container: { exitCode: 1 }, log: CRASH_LOG }
    case 'out-of-memory':
      return { ...EXITED, container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' } }
    case 'unhealthy':
      return {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Task failed container health checks',
        container: { exitCode: 143 },
        ran: true,
        log: [],
      }
  }
}

const NEVER_STARTED = { stopCode: 'TaskFailedToStart', container: {}, ran: false, log: [] } as const
const EXITED = { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', ran: true, log: [] } as const
const SECRET =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): AccessDeniedException'
const LOG_DRIVER =
  'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1'
const CRASH_LOG = [
  'Traceback (most recent call last):',
  '  File "/opt/prefect/worker.py", line 1, in <module>',
  "ModuleNotFoundError: No module named 'prefect_aws'",
]
