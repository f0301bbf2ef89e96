import { DeployError, isCancelled, messageOf } from '../errors.ts'
import type { Log, Services, StoppedTask } from '../ports.ts'
import { diagnose, isFailure } from './diagnosis.ts'
import type { Diagnosis, Evidence } from './diagnosis.ts'
import { describeService, followCurrent, updateAndFollow } from './follow.ts'
import type { FollowContext, Verdict } from './follow.ts'
import { shortName } from './plan.ts'
import type { ServicePlan } from './plan.ts'
import { progressOfCurrent } from './progress.ts'
import { rollBack } from './rollback.ts'
import type { RollBackOutcome } from './rollback.ts'

export type RolloutOptions = FollowContext & {
  /** Whether to follow the rollout to its end. */
  readonly wait: boolean
  /** Whether to put the service back when its rollout fails. */
  readonly rollback: boolean
}

/** `started` when it is not followed, `unchanged` when the service has come there meanwhile and is well. */
export type RolloutOutcome = {
  readonly status: 'rolled' | 'started' | 'unchanged'
  readonly taskDefinitionArn: string
  readonly seconds: number
}

/**
 * Rolls the service to the revision and follows it to its end. A service that was told to run it already is not told
 * again: what becomes of that is followed, and fails the release as a rollout of its own would.
 * @throws DeployError `rollout-failed` or `rollout-timeout`: the cause, what is live now, what to do.
 */
export async function roll(plan: ServicePlan, targetArn: string, options: RolloutOptions): Promise<RolloutOutcome> {
  const { reference, from } = plan
  const { services, clock, log } = options
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
  const verdict = await (told === undefined ? updateAndFollow : followCurrent)(reference, targetArn, options)
  if (verdict.status !== 'succeeded') throw await failure(verdict, { plan, targetArn, options })
  log.info(`Service ${reference.service} runs ${shortName(targetArn)}`)
  return outcome('rolled')
}

function changedMeanwhile({ reference, from }: ServicePlan, current: string): DeployError {
  const message = `Service ${reference.service} was changed while this release ran: from ${shortName(from)} to ${shortName(current)}`
  return new DeployError('rollout-failed', message, {
    hint: 'The service was left as it is. Run again; a concurrency group in the workflow keeps two releases apart.',
  })
}

type Failed = { readonly plan: ServicePlan; readonly targetArn: string; readonly options: RolloutOptions }

/** The cause is looked for first: a task that stopped can be seen for an hour, its log may go sooner. */
async function failure(verdict: Verdict, { plan, targetArn, options }: Failed): Promise<DeployError> {
  const { reference } = plan
  const evidence = await gather(verdict, { plan, targetArn, options })
  const diagnosis = diagnose(evidence)
  if (evidence.logTail.length > 0) options.log.info(`Last log lines of the new task:\n${evidence.logTail.join('\n')}`)
  const { message: live, restored } = options.rollback ? await rollBack(plan, targetArn, options) : await leftAsIs(plan, targetArn, options)
  const what = verdict.status === 'timeout'
    ? `Service ${reference.service} was not steady on ${shortName(targetArn)} within ${options.timeoutMinutes} minutes`
    : `Service ${reference.service} did not come up on ${shortName(targetArn)}`
  const message = `${what}: ${diagnosis.verdict}. ${live}${details(verdict, diagnosis, evidence)}`
  const hint = restored ? diagnosis.hint : `${diagnosis.hint} ${runAgain(targetArn)}`
  return new DeployError(verdict.status === 'timeout' ? 'rollout-timeout' : 'rollout-failed', message, { hint })
}

function runAgain(targetArn: string): string {
  return `While the service stays on ${shortName(targetArn)}, running again only follows that deployment: ` +
    'release another revision, or force a new deployment of the service.'
}

async function gather(verdict: Verdict, { plan, targetArn, options: { services, log } }: Failed): Promise<Evidence> {
  const stopped = await allowed(services.stoppedTasks(plan.reference), log)
  const tasks = (stopped ?? []).filter((task) => task.taskDefinitionArn === targetArn && isOf(verdict, task))
  return { tasks, logTail: await logTailOf(tasks.find(isFailure), services, log), messages: [verdict.reason, ...verdict.events] }
}

/** An earlier rollout of the same revision may have left tasks too. */
function isOf({ deploymentId }: Verdict, task: StoppedTask): boolean {
  return deploymentId === undefined || task.deploymentId === '' || task.deploymentId === deploymentId
}

async function logTailOf(task: StoppedTask | undefined, services: Services, log: Log): Promise<readonly string[]> {
  const container = task?.containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ?? task?.containers[0]
  if (task === undefined || container === undefined) return []
  return (await allowed(services.logTail(task, container.name), log)) ?? []
}

/** What only helps to explain must not hide what is to be explained. */
async function allowed<T>(reading: Promise<T>, log: Log): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isCancelled(error)) throw error
    log.info(`The cause can be told less well: ${messageOf(error)}`)
    return undefined
  }
}

async function leftAsIs({ reference, from }: ServicePlan, targetArn: string, { services }: RolloutOptions): Promise<RollBackOutcome> {
  const { taskDefinitionArn: current, runningCount, desiredCount } = await describeService(reference, services)
  const maybe = current === from ? '' : `, maybe still of ${shortName(from)}`
  const message = `It is left on ${shortName(current)} (rollback is off), with ${runningCount} of ${desiredCount} tasks running${maybe}`
  return { restored: current !== targetArn, message }
}

function details(verdict: Verdict, { reasons }: Diagnosis, { logTail }: Evidence): string {
  const said = reasons.slice(0, 3).map(({ text, count }) => `${count} × ${text.length > 400 ? `${text.slice(0, 400)}…` : text}`)
  const lines = said.length > 0 ? said : [verdict.reason]
  const log = logTail.slice(-5)
  return `\nECS says: ${lines.join('\n')}${log.length === 0 ? '' : `\nThe log ends with:\n${log.join('\n')}`}`
}
