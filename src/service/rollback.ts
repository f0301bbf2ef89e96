import { isCancelled, messageOf } from '../errors.ts'
import { describeService, updateAndFollow } from './follow.ts'
import type { FollowContext } from './follow.ts'
import { shortName } from './plan.ts'
import type { ServicePlan } from './plan.ts'

/** `message` is one sentence on what was done and what is live now, without a full stop. */
export type RollBackOutcome = { readonly restored: boolean; readonly message: string }

/**
 * Puts the service back to the revision that it ran before; leaves it alone when it is there already, or when somebody
 * else has brought it elsewhere. Does not throw, for there is an error to report already; only cancelling ends it.
 */
export async function rollBack(plan: ServicePlan, targetArn: string, context: FollowContext): Promise<RollBackOutcome> {
  try {
    return await putBack(plan, targetArn, context)
  } catch (error) {
    if (isCancelled(error)) throw error
    const message = `Service ${plan.reference.service} could not be put back to ${shortName(plan.from)}: ${messageOf(error)}`
    return { restored: false, message }
  }
}

async function putBack({ reference, from }: ServicePlan, targetArn: string, context: FollowContext): Promise<RollBackOutcome> {
  const { service } = reference
  const { taskDefinitionArn: current, runningCount, desiredCount } = await describeService(reference, context.services)
  const counts = `${runningCount} of ${desiredCount} tasks running`
  if (from === targetArn) {
    return { restored: false, message: `No earlier revision is known: service ${service} is left on ${shortName(current)}, ${counts}` }
  }
  if (current === from) {
    return { restored: true, message: `ECS has put service ${service} back: ${shortName(from)} is live, ${counts}` }
  }
  if (current !== targetArn) {
    return { restored: false, message: `Another deployment has brought service ${service} to ${shortName(current)}, and it is left there` }
  }
  context.log.info(`Putting service ${service} back to ${shortName(from)}`)
  const { status, reason } = await updateAndFollow(reference, from, context)
  if (status === 'succeeded') return { restored: true, message: `Service ${service} was put back: ${shortName(from)} is live` }
  return { restored: false, message: `Service ${service} was told to go back to ${shortName(from)}, but is not steady there: ${reason}` }
}
