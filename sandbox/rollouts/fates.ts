import type { Fate } from '../aws/ecs/fate.ts'
import type { ServiceRequest } from '../aws/ecs/service-creation.ts'

/** A rollout, what happens to it meanwhile, and what the step must make of it. */
export type RolloutCase = {
  /** Also the name of its service, family and work pool. */
  readonly name: string
  readonly fate: Fate
  readonly service?: Pick<ServiceRequest, 'circuitBreaker' | 'strategy' | 'visibleAfter'>
  readonly inputs?: Readonly<Record<string, string>>
  /** What the step's role may not do. */
  readonly denied?: readonly string[]
  /** What somebody else does while it is under way. */
  readonly meanwhile?: 'stop' | 'overtake'
  /** Whether the new worker sends heartbeats; the old one does in any case. */
  readonly isSilent?: boolean
  readonly expected: {
    readonly exitCode: 0 | 1
    /** Words of the error, or of the log where it is green. */
    readonly verdict: RegExp
    /** Output `service-status`. */
    readonly status: string
    /** Revision that the service is told to run afterwards, of its family. */
    readonly live: 1 | 2 | 3
    /** The trap: AWS's waiter `servicesStable` is content, on the old revision. */
    readonly looksStable?: true
  }
}

const ROLLBACK = { circuitBreaker: { enable: true, rollback: true } }
const NO_ROLLBACK = { circuitBreaker: { enable: true, rollback: false } }
const GREEN = { exitCode: 0, status: 'rolled', live: 2 } as const
const PUT_BACK = { exitCode: 1, status: 'rolled-back', live: 1 } as const
const BLUE_GREEN = { strategy: 'BLUE_GREEN' } as const
const LINEAR = { strategy: 'LINEAR', linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 0 } } as const
const CANARY = { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 0 } } as const
const LISTING = ['ecs:ListServiceDeployments', 'ecs:DescribeServiceDeployments', 'ecs:DescribeServiceRevisions']

export const ROLLOUTS: readonly RolloutCase[] = [
  { name: 'success', fate: 'success', service: ROLLBACK, expected: { ...GREEN, verdict: /Worker ECSWorker .* is online/ } },
  { name: 'slow', fate: 'slow', service: ROLLBACK, expected: { ...GREEN, verdict: /Worker ECSWorker .* is online/ } },
  { name: 'listed-late', fate: 'slow', service: { ...ROLLBACK, visibleAfter: 12 }, expected: { ...GREEN, verdict: /Worker ECSWorker .* is online/ } },
  { name: 'listed-too-late', fate: 'crash', service: { visibleAfter: 60 }, expected: { ...PUT_BACK, verdict: /Service listed-too-late was put back: listed-too-late:1 is live/ } },
  { name: 'success-not-listed', fate: 'success', denied: LISTING, expected: { ...GREEN, verdict: /Worker ECSWorker .* is online/ } },
  { name: 'silent-worker', fate: 'success', isSilent: true, expected: { ...PUT_BACK, verdict: /\[worker-offline\].* no new worker came online in work pool silent-worker/ } },
  { name: 'pull-breaker', fate: 'pull-failure', service: ROLLBACK, expected: { ...PUT_BACK, verdict: /\[rollout-failed\].* the image is not in the repository/ } },
  { name: 'pull', fate: 'pull-failure', expected: { ...PUT_BACK, verdict: /\[rollout-failed\].* the image is not in the repository/ } },
  { name: 'secret', fate: 'secret-failure', expected: { ...PUT_BACK, verdict: /a secret of the task definition cannot be read/ } },
  { name: 'log', fate: 'log-failure', expected: { ...PUT_BACK, verdict: /the container's log cannot be written/ } },
  { name: 'crash-breaker', fate: 'crash', service: ROLLBACK, expected: { ...PUT_BACK, looksStable: true, verdict: /the container exits at once.*No module named 'prefect_aws'/s } },
  { name: 'crash-breaker-stops', fate: 'crash', service: NO_ROLLBACK, expected: { ...PUT_BACK, verdict: /the container exits at once/ } },
  { name: 'crash-loop', fate: 'crash-loop', service: ROLLBACK, expected: { ...PUT_BACK, verdict: /the container exits at once/ } },
  { name: 'crash', fate: 'crash', expected: { ...PUT_BACK, verdict: /ECS has put service crash back: crash:1 is live/ } },
  { name: 'crash-no-stop', fate: 'crash', denied: ['ecs:StopServiceDeployment'], expected: { ...PUT_BACK, verdict: /Service crash-no-stop was put back: crash-no-stop:1 is live/ } },
  { name: 'crash-not-listed', fate: 'crash', service: ROLLBACK, denied: LISTING, expected: { ...PUT_BACK, looksStable: true, verdict: /the container exits at once/ } },
  {
    name: 'crash-left', fate: 'crash', inputs: { rollback: 'false' },
    expected: { exitCode: 1, status: 'failed', live: 2, verdict: /It is left on crash-left:2 \(rollback is off\)/ },
  },
  { name: 'architecture', fate: 'wrong-architecture', expected: { ...PUT_BACK, verdict: /for another CPU architecture/ } },
  { name: 'memory', fate: 'out-of-memory', expected: { ...PUT_BACK, verdict: /killed, most often for lack of memory/ } },
  { name: 'unhealthy', fate: 'unhealthy', service: ROLLBACK, expected: { ...PUT_BACK, verdict: /fails its health check/ } },
  { name: 'capacity', fate: 'no-capacity', inputs: { 'timeout-minutes': '1' }, expected: { ...PUT_BACK, verdict: /\[rollout-timeout\].* there is no capacity/ } },
  { name: 'stuck', fate: 'stuck', service: ROLLBACK, inputs: { 'timeout-minutes': '1' }, expected: { ...PUT_BACK, verdict: /\[rollout-timeout\].* within 1 minutes/ } },
  { name: 'stopped', fate: 'stuck', meanwhile: 'stop', expected: { ...PUT_BACK, verdict: /\[rollout-failed\].* ECS has put service stopped back/ } },
  {
    name: 'overtaken', fate: 'stuck', meanwhile: 'overtake',
    expected: { exitCode: 1, status: 'failed', live: 3, verdict: /\[rollout-superseded\] Another deployment has taken over service overtaken.*overtaken:3/ },
  },
  { name: 'blue-green', fate: 'success', service: { strategy: BLUE_GREEN }, expected: { ...GREEN, verdict: /told to run blue-green:2, by BLUE_GREEN/ } },
  { name: 'blue-green-crash', fate: 'crash', service: { strategy: BLUE_GREEN }, expected: { ...PUT_BACK, verdict: /the container exits at once/ } },
  { name: 'linear', fate: 'success', service: { strategy: LINEAR }, expected: { ...GREEN, verdict: /told to run linear:2, by LINEAR/ } },
  { name: 'linear-crash', fate: 'crash', service: { strategy: LINEAR }, expected: { ...PUT_BACK, verdict: /the container exits at once/ } },
  { name: 'canary', fate: 'success', service: { strategy: CANARY }, expected: { ...GREEN, verdict: /told to run canary:2, by CANARY/ } },
  { name: 'canary-pull', fate: 'pull-failure', service: { strategy: CANARY }, expected: { ...PUT_BACK, verdict: /the image is not in the repository/ } },
  {
    name: 'canary-bakes', fate: 'success', service: { strategy: { strategy: 'CANARY', canaryConfiguration: { canaryBakeTimeInMinutes: 10 } } }, inputs: { 'timeout-minutes': '1' },
    expected: { ...PUT_BACK, verdict: /\[rollout-timeout\].*stage PRODUCTION_TRAFFIC_SHIFT/s },
  },
  {
    name: 'linear-not-listed', fate: 'success', service: { strategy: LINEAR }, denied: LISTING,
    expected: { exitCode: 1, status: '', live: 1, verdict: /\[service-unsupported\] Service linear-not-listed deploys by LINEAR/ },
  },
  {
    name: 'paused', fate: 'success',
    service: { strategy: { ...BLUE_GREEN, lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }] } },
    expected: { exitCode: 1, status: 'paused', live: 2, verdict: /\[rollout-paused\].* is paused at POST_SCALE_UP/ },
  },
]
