import { DeployError } from '../errors.ts'
import { consoleLink } from './console-link.ts'
import { diagnose } from './diagnosis.ts'
import type { Diagnosis, Evidence } from './diagnosis.ts'
import { gather, lastWords } from './evidence.ts'
import type { Verdict } from './follow.ts'
import { describeService } from './look.ts'
import { shortName } from './plan.ts'
import type { ServicePlan } from './plan.ts'
import { rollBack } from './rollback.ts'
import type { RollBackOutcome } from './rollback.ts'
import type { RolloutOptions } from './rollout.ts'
import { namesOf, WORKER_SECONDS } from './worker.ts'
import type { ExpectedWorker } from './worker.ts'

export type Failed = { readonly plan: ServicePlan; readonly targetArn: string; readonly options: RolloutOptions }
export type FailedVerdict = Verdict & { readonly status: 'failed' | 'timeout' }

/** The error of a rollout that did not succeed, after the service was put back: cause, what is live, reasons, log, console, what to do. */
export async function failureOf(verdict: FailedVerdict, failed: Failed): Promise<DeployError> {
  const { plan: { reference }, targetArn, options } = failed
  const evidence = await gather(verdict, { reference, targetArn, ...options })
  const diagnosis = diagnose(evidence)
  showLog(evidence.logTail, options)
  const { message: live, restored } = await endUp(failed, verdict)
  const what = verdict.status === 'timeout'
    ? `Service ${reference.service} was not steady on ${shortName(targetArn)} within ${options.timeoutMinutes} minutes`
    : `Service ${reference.service} did not come up on ${shortName(targetArn)}`
  const message = `${what}: ${diagnosis.verdict}. ${live}${reasonsOf(verdict, diagnosis)}${logOf(evidence)}${await linkOf(failed)}`
  const hints = [diagnosis.hint, ...(isBaking(verdict) ? [BAKING] : []), ...(restored ? [] : [runAgain(targetArn)])]
  return new DeployError(verdict.status === 'timeout' ? 'rollout-timeout' : 'rollout-failed', message, { hint: hints.join(' ') })
}

/** ECS says that the service is well, and nobody works: that is no release. */
export async function workerOffline({ expected, seen }: { readonly expected: ExpectedWorker; readonly seen: string }, failed: Failed): Promise<DeployError> {
  const { plan: { reference }, targetArn, options } = failed
  const { message: live, restored } = await endUp(failed)
  const logTail = restored ? await lastWords({ reference, targetArn, ...options }) : []
  showLog(logTail, options)
  const what = `Service ${reference.service} runs ${shortName(targetArn)}, but no new worker came online in ${namesOf(expected)} within ${WORKER_SECONDS} seconds`
  const message = `${what}: ${seen}. ${live}${logOf({ logTail })}${await linkOf(failed)}`
  const hint = 'Look at the container\'s log: whether it reaches PREFECT_API_URL, with a key that is valid, and starts a worker of the pool\'s type for that pool.'
  return new DeployError('worker-offline', message, { hint: restored ? hint : `${hint} ${runAgain(targetArn)}` })
}

/** A hook may wait for days: this step does not, and does not say that the release is done. */
export async function paused({ rollout }: Verdict, failed: Failed): Promise<DeployError> {
  const { plan: { reference: { cluster, service } }, targetArn, options } = failed
  const { arn = '', stage = '', pause } = rollout ?? {}
  options.report?.('paused')
  const until = pause?.expiresAt === undefined ? '' : `; at ${pause.expiresAt.toISOString()} ECS decides by itself: ${pause.timeoutAction}`
  const message = `The deployment of service ${service} in cluster ${cluster} to ${shortName(targetArn)} is paused` +
    `${stage === '' ? '' : ` at ${stage}`}, where a hook waits for somebody's word${until}. It is left so, and the deployments were not written${await linkOf(failed)}`
  return new DeployError('rollout-paused', message, {
    hint: `Continue it with "aws ecs continue-service-deployment --service-deployment-arn ${arn} --hook-id ${pause?.hookId ?? ''}", ` +
      '--action ROLLBACK to go back. Run again afterwards: the release goes on from there.',
  })
}

/** Two releases at once: the one that was overtaken says so, and leaves the other one alone. */
export async function superseded({ reason }: Verdict, failed: Failed): Promise<DeployError> {
  const { plan: { reference: { service } }, targetArn, options } = failed
  options.report?.('failed')
  const message = `Another deployment has taken over service ${service} before it was steady on ${shortName(targetArn)}: ${reason}. It is left alone${await linkOf(failed)}`
  return new DeployError('rollout-superseded', message, {
    hint: 'Run again if this release is the one to be live. A concurrency group in the workflow keeps two releases apart.',
  })
}

/** What becomes of the service now: put back, or left as it is. */
async function endUp({ plan, targetArn, options }: Failed, { rollout }: Partial<Pick<Verdict, 'rollout'>> = {}): Promise<RollBackOutcome> {
  const outcome = options.rollback ? await rollBack(plan, targetArn, { ...options, ongoing: rollout }) : await leftAsIs(plan, targetArn, options)
  options.report?.(outcome.restored ? 'rolled-back' : 'failed')
  return outcome
}

async function leftAsIs({ reference, from }: ServicePlan, targetArn: string, { services }: RolloutOptions): Promise<RollBackOutcome> {
  const { taskDefinitionArn: current, runningCount, desiredCount } = await describeService(reference, services)
  const maybe = current === from ? '' : `, maybe still of ${shortName(from)}`
  const message = `It is left on ${shortName(current)} (rollback is off), with ${runningCount} of ${desiredCount} tasks running${maybe}`
  return { restored: current !== targetArn, message }
}

const BAKING = 'A deployment that shifts or bakes for long needs a longer timeout-minutes.'

function isBaking({ status, rollout }: FailedVerdict): boolean {
  return status === 'timeout' && rollout !== undefined && rollout.stage !== ''
}

function runAgain(targetArn: string): string {
  return `While the service stays on ${shortName(targetArn)}, running again only follows that deployment: ` +
    'release another revision, or force a new deployment of the service.'
}

function reasonsOf(verdict: Verdict, { reasons }: Diagnosis): string {
  const said = reasons.slice(0, 3).map(({ text, count }) => `${count} × ${text.length > 400 ? `${text.slice(0, 400)}…` : text}`)
  return `\nECS says: ${(said.length > 0 ? said : [verdict.reason]).join('\n')}`
}

function logOf({ logTail }: Pick<Evidence, 'logTail'>): string {
  return logTail.length === 0 ? '' : `\nThe log ends with:\n${logTail.slice(-5).join('\n')}`
}

function showLog(logTail: readonly string[], { log }: RolloutOptions): void {
  if (logTail.length > 0) log.info(`Last log lines of the new task:\n${logTail.join('\n')}`)
}

/** What the message is about does not depend on it. */
async function linkOf({ plan: { reference }, options: { services } }: Failed): Promise<string> {
  const state = await services.describe(reference).catch(() => undefined)
  const link = state && consoleLink(state.arn)
  return link === undefined ? '' : `\nConsole: ${link}`
}
