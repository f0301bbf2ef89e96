import { adviceOf, isCancelled, messageOf } from '../errors.ts'
import type { Rollout } from '../ecs-ports.ts'
import { followBack, updateAndFollow } from './follow.ts'
import type { FollowContext } from './follow.ts'
import { describeService } from './look.ts'
import { shortName } from './plan.ts'
import type { ServicePlan } from './plan.ts'
import { isOver } from './progress.ts'

/** `message` is one sentence on what was done and what is live now, without a full stop. */
export type RollBackOutcome = { readonly restored: boolean; readonly message: string }

/** `ongoing` is the service deployment to the target, as it was seen last: ECS is asked to take it back itself. */
export type RollBackContext = FollowContext & { readonly ongoing?: Rollout | undefined }

/**
 * Puts the service back to the revision that it ran before; leaves it alone when it is there already, or when somebody
 * else has brought it elsewhere. Does not throw, for there is an error to report already; only cancelling ends it.
 */
export async function rollBack(plan: ServicePlan, targetArn: string, context: RollBackContext): Promise<RollBackOutcome> {
  try {
    const isTakenBack = await takeBack(plan, context)
    return await putBack(plan, targetArn, { ...context, isTakenBack })
  } catch (error) {
    if (isCancelled(error)) throw error
    const message = `Service ${plan.reference.service} could not be put back to ${shortName(plan.from)}: ${messageOf(error)}`
    return { restored: false, message }
  }
}

/** @returns whether ECS was asked to; how that ended is seen in the service. */
async function takeBack({ reference }: ServicePlan, { ongoing, ...context }: RollBackContext): Promise<boolean> {
  const { services, log } = context
  if (ongoing === undefined || isOver(ongoing)) return false
  const isStopped = await services.stop(ongoing.arn).catch((error: unknown) => {
    if (isCancelled(error)) throw error
    log.info(`The deployment could not be stopped: ${adviceOf(error)}`)
    return false
  })
  if (!isStopped) return false
  log.info(`ECS is told to stop the deployment of service ${reference.service} and to go back`)
  await followBack(ongoing, reference, context)
  return true
}

type PuttingBack = FollowContext & { readonly isTakenBack: boolean }

async function putBack({ reference, from }: ServicePlan, targetArn: string, context: PuttingBack): Promise<RollBackOutcome> {
  const { service } = reference
  const { taskDefinitionArn: current, runningCount, desiredCount } = await describeService(reference, context.services)
  const counts = `${runningCount} of ${desiredCount} tasks running`
  if (current !== targetArn && (current === from || context.isTakenBack)) {
    return { restored: true, message: `ECS has put service ${service} back: ${shortName(current)} is live, ${counts}` }
  }
  if (current !== targetArn) {
    return { restored: false, message: `Another deployment has brought service ${service} to ${shortName(current)}, and it is left there` }
  }
  if (from === targetArn) {
    return { restored: false, message: `No earlier revision is known: service ${service} is left on ${shortName(current)}, ${counts}` }
  }
  context.log.info(`Putting service ${service} back to ${shortName(from)}`)
  const { status, reason } = await updateAndFollow(reference, from, context)
  if (status === 'succeeded') return { restored: true, message: `Service ${service} was put back: ${shortName(from)} is live` }
  return { restored: false, message: `Service ${service} was told to go back to ${shortName(from)}, but is not steady there: ${reason}` }
}
