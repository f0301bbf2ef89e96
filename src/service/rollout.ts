import { DeployError } from '../errors.ts'
import { failureOf, paused, superseded, workerOffline } from './failure.ts'
import { followCurrent, updateAndFollow } from './follow.ts'
import type { FollowContext } from './follow.ts'
import { describeService } from './look.ts'
import { shortName } from './plan.ts'
import type { ServicePlan } from './plan.ts'
import { progressOfCurrent } from './progress.ts'
import { watchWorker } from './worker.ts'
import type { ExpectedWorker, WorkerContext } from './worker.ts'

export type RolloutOptions = FollowContext & {
  /** Whether to follow the rollout to its end. */
  readonly wait: boolean
  /** Whether to put the service back when its rollout fails. */
  readonly rollback: boolean
  /** The worker that has to come online after it; absent when nobody can tell. */
  readonly worker?: (ExpectedWorker & Pick<WorkerContext, 'workspace'>) | undefined
  /** Told how a rollout that failed has ended. */
  readonly report?: (status: 'rolled-back' | 'failed' | 'paused') => void
}

/** `started` when it is not followed, `unchanged` when the service has come there meanwhile and is well. */
export type RolloutOutcome = {
  readonly status: 'rolled' | 'started' | 'unchanged'
  readonly taskDefinitionArn: string
  readonly seconds: number
}

/**
 * Rolls the service to the revision and follows it to its end, which is a new worker at work. A service that was told to
 * run it already is not told again: what becomes of that is followed, and fails the release as a rollout of its own would.
 * @throws DeployError `rollout-failed`, `rollout-timeout`, `rollout-paused`, `rollout-superseded` or `worker-offline`:
 * the cause, what is live now, what to do.
 */
export async function roll(plan: ServicePlan, targetArn: string, options: RolloutOptions): Promise<RolloutOutcome> {
  const { reference, from } = plan
  const { services, clock } = options
  const start = clock.now()
  const outcome = (status: RolloutOutcome['status']) =>
    ({ status, taskDefinitionArn: targetArn, seconds: Math.round((clock.now().getTime() - start.getTime()) / 1000) })
  const state = await describeService(reference, services)
  const { taskDefinitionArn: current } = state
  if (current !== targetArn && current !== from) throw changedMeanwhile(plan, current)
  const told = current === targetArn ? progressOfCurrent(state).status : undefined
  if (told === 'succeeded') return outcome('unchanged')
  if (!options.wait && told !== 'failed') {
    if (told === undefined) await services.update(reference, targetArn)
    return outcome('started')
  }
  await rollAndWait(plan, { targetArn, wasTold: told !== undefined, desiredCount: state.desiredCount }, options)
  return outcome('rolled')
}

type Told = { readonly targetArn: string; readonly wasTold: boolean; readonly desiredCount: number }

async function rollAndWait(plan: ServicePlan, { targetArn, wasTold, desiredCount }: Told, options: RolloutOptions): Promise<void> {
  const { reference } = plan
  const { log, worker } = options
  const expected = desiredCount === 0 ? undefined : worker
  const arrived = expected && await watchWorker(expected, { ...options, workspace: expected.workspace })
  const verdict = await (wasTold ? followCurrent : updateAndFollow)(reference, targetArn, options)
  const failed = { plan, targetArn, options }
  if (verdict.status === 'paused') throw await paused(verdict, failed)
  if (verdict.status === 'superseded') throw await superseded(verdict, failed)
  if (verdict.status !== 'succeeded') throw await failureOf({ ...verdict, status: verdict.status }, failed)
  log.info(`Service ${reference.service} runs ${shortName(targetArn)}`)
  if (expected === undefined || arrived === undefined) return
  const { status, seen } = await arrived(wasTold)
  if (status === 'offline') throw await workerOffline({ expected, seen }, failed)
  log[status === 'online' ? 'info' : 'notice'](status === 'online' ? `Worker ${seen} is online` : `Whether a new worker is online cannot be told: ${seen}`)
}

function changedMeanwhile({ reference, from }: ServicePlan, current: string): DeployError {
  const message = `Service ${reference.service} was changed while this release ran: from ${shortName(from)} to ${shortName(current)}`
  return new DeployError('rollout-failed', message, {
    hint: 'The service was left as it is. Run again; a concurrency group in the workflow keeps two releases apart.',
  })
}
