import type { Clock } from '../src/ports.ts'
import type { Rollout, Services, ServiceState, StoppedTask } from '../src/ecs-ports.ts'

/**
 * What becomes of an update: `success`; `rolled-back`: its tasks fail and ECS goes back by itself; `stopped`: its tasks
 * fail and ECS leaves it there; `hangs`: it never ends; `paused`: a hook waits for somebody's word.
 */
export type Fate = 'success' | 'rolled-back' | 'stopped' | 'hangs' | 'paused'

export type FakeServices = Services & {
  /** Fates of the next updates; when there are no more, they succeed. */
  readonly fates: Fate[]
  /** Revisions that the service was told to run, in order. */
  readonly updates: readonly string[]
  readonly tasks: StoppedTask[]
  readonly logLines: string[]
  /** Whether service deployments may be listed. */
  permitted: boolean
  /** Seconds from an update until its service deployment is listed. */
  listedAfter: number
  /** Whether service deployments may be stopped. */
  mayStop: boolean
  /** Service deployments that ECS was told to stop. */
  readonly stops: readonly string[]
  /** Overrides of what `describe` answers; undefined: there is no such service. */
  overrides: Partial<ServiceState> | undefined
  /** Errors that the next looks at the service fail with. */
  readonly failures: Error[]
}

/** Seconds from an update until it is seen, until its fate, and until ECS has gone back. */
const SEEN = 3
const DECIDED = 20
const BACK = 30

type Update = { readonly number: number; readonly target: string; readonly from: string; readonly fromState: string; at: number; fate: Fate }

/** A service in memory whose rollouts go on with the clock. */
export function createFakeServices(taskDefinitionArn: string, clock: Clock): FakeServices {
  const updates: Update[] = [{ number: 0, target: taskDefinitionArn, from: '', fromState: '', at: 0, fate: 'success' }]
  const current = (): Update => updates.at(-1) ?? fail()
  const secondsSince = ({ at }: Update): number => (clock.now().getTime() - at) / 1000
  const isOvertaken = ({ number, at }: Update): boolean => (updates[number + 1]?.at ?? Infinity) - at < DECIDED * 1000
  const stops: string[] = []
  const services: FakeServices = {
    fates: [], tasks: [], logLines: [], permitted: true, listedAfter: SEEN, mayStop: true, stops, overrides: {}, failures: [],
    get updates() {
      return updates.slice(1).map(({ target }) => target)
    },
    describe: () => {
      const failure = services.failures.shift()
      if (failure !== undefined) return Promise.reject(failure)
      return Promise.resolve(services.overrides && { ...stateOf(current(), secondsSince(current())), ...services.overrides })
    },
    update: (_, target) => {
      const from = live(current(), secondsSince(current()))
      const fromState = secondsSince(current()) < DECIDED || ['hangs', 'paused'].includes(current().fate) ? 'IN_PROGRESS' : 'COMPLETED'
      updates.push({ number: updates.length, target, from, fromState, at: clock.now().getTime(), fate: services.fates.shift() ?? 'success' })
      return Promise.resolve()
    },
    rollouts: () => {
      const seen = updates.filter((update) => secondsSince(update) >= services.listedAfter)
      return Promise.resolve(services.permitted ? seen.map((update) => rolloutOf(update, isOvertaken(update) ? 'overtaken' : secondsSince(update))).reverse() : undefined)
    },
    stop: (arn) => {
      if (!services.mayStop) return Promise.resolve(false)
      stops.push(arn)
      Object.assign(current(), { fate: 'rolled-back', at: clock.now().getTime() - DECIDED * 1000 })
      return Promise.resolve(true)
    },
    stoppedTasks: () => Promise.resolve(services.tasks),
    logTail: () => Promise.resolve(services.logLines),
  }
  return services
}

function fail(): never {
  throw new Error('There is always a first deployment')
}

function live({ target, from, fate }: Update, seconds: number): string {
  return fate === 'rolled-back' && seconds >= DECIDED ? from : target
}

function rolloutOf(update: Update, age: number | 'overtaken'): Rollout {
  const seconds = age === 'overtaken' ? Infinity : age
  const wayBack = seconds < BACK ? 'ROLLBACK_IN_PROGRESS' : 'ROLLBACK_SUCCESSFUL'
  const ends = { 'success': 'SUCCESSFUL', 'rolled-back': wayBack, 'stopped': 'STOPPED', 'hangs': 'IN_PROGRESS', 'paused': 'IN_PROGRESS' }
  const decided = seconds >= DECIDED
  return {
    arn: `arn:aws:ecs:eu-central-1:123456789012:service-deployment/default/worker/${update.number}`,
    status: age === 'overtaken' ? 'STOPPED' : decided ? ends[update.fate] : 'IN_PROGRESS',
    reason: decided && update.fate === 'rolled-back' ? 'The circuit breaker threshold was exceeded.' : '',
    taskDefinitionArn: update.target,
    createdAt: new Date(update.at),
    requested: 1, running: decided && update.fate === 'success' ? 1 : 0, pending: 0,
    stage: update.fate === 'paused' ? (decided ? 'POST_SCALE_UP' : 'SCALE_UP') : '',
    pause: update.fate === 'paused' && decided ? { hookId: 'hook-1', expiresAt: new Date('2026-12-08T10:00:00Z'), timeoutAction: 'ROLLBACK' } : undefined,
  }
}

function stateOf(update: Update, seconds: number): ServiceState {
  return {
    arn: 'arn:aws:ecs:eu-central-1:123456789012:service/default/worker',
    status: 'ACTIVE',
    controller: 'ECS',
    strategy: update.fate === 'paused' ? 'BLUE_GREEN' : 'ROLLING',
    taskDefinitionArn: live(update, seconds),
    desiredCount: 1, runningCount: 1, pendingCount: seconds < DECIDED ? 1 : 0,
    events: [{ id: `event-${update.number}`, at: new Date(update.at), message: `(service worker) has started task ${update.number}.` }],
    deployments: deploymentsOf(update, seconds),
  }
}

type Deployments = ServiceState['deployments']

function deploymentsOf({ number, target, from, fromState, fate }: Update, seconds: number): Deployments {
  const one = (id: string, taskDefinitionArn: string, primary: boolean, rolloutState: string): Deployments[number] => {
    const reason = rolloutState === 'FAILED' ? 'tasks failed to start.' : ''
    return { id: `ecs-svc/${id}`, taskDefinitionArn, primary, rolloutState, reason, failedTasks: 0 }
  }
  const old = (primary: boolean) => one(`${number - 1}`, from, primary, fromState)
  if (seconds < SEEN) return [old(true)]
  if (seconds < DECIDED || fate === 'hangs' || fate === 'paused') return [one(`${number}`, target, true, 'IN_PROGRESS'), old(false)]
  if (fate === 'success') return [one(`${number}`, target, true, 'COMPLETED')]
  if (fate === 'stopped') return [one(`${number}`, target, true, 'FAILED'), old(false)]
  if (seconds < BACK) return [one(`${number}b`, from, true, 'IN_PROGRESS'), one(`${number}`, target, false, 'FAILED')]
  return [one(`${number}b`, from, true, 'COMPLETED')]
}
