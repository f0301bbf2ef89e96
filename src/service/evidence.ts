import { adviceOf, isCancelled } from '../errors.ts'
import type { Log } from '../ports.ts'
import type { ServiceReference, Services, StoppedTask } from '../ecs-ports.ts'
import { isFailure } from './diagnosis.ts'
import type { Evidence } from './diagnosis.ts'
import type { Verdict } from './follow.ts'
import { redact } from './redact.ts'

export type Gathering = { readonly reference: ServiceReference; readonly targetArn: string; readonly services: Services; readonly log: Log }

/** What can be read of a rollout that failed; soon, for ECS tells of a stopped task for an hour, and a log may go sooner. */
export async function gather(verdict: Pick<Verdict, 'reason' | 'events' | 'deploymentId'>, gathering: Gathering): Promise<Evidence> {
  const stopped = await stoppedTasks(gathering)
  const tasks = stopped.filter((task) => isOf(verdict, task))
  return { tasks, logTail: await logTailOf(tasks.find(isFailure), gathering), messages: [verdict.reason, ...verdict.events] }
}

/** The end of what a worker logged that never came online; its task is seen once it was stopped. */
export async function lastWords(gathering: Gathering): Promise<readonly string[]> {
  return logTailOf((await stoppedTasks(gathering))[0], gathering)
}

async function stoppedTasks({ reference, targetArn, services, log }: Gathering): Promise<readonly StoppedTask[]> {
  const stopped = (await allowed(services.stoppedTasks(reference), log)) ?? []
  return stopped.filter(({ taskDefinitionArn }) => taskDefinitionArn === targetArn)
}

/** An earlier rollout of the same revision may have left tasks too. */
function isOf({ deploymentId }: Pick<Verdict, 'deploymentId'>, task: StoppedTask): boolean {
  return deploymentId === undefined || task.deploymentId === '' || task.deploymentId === deploymentId
}

async function logTailOf(task: StoppedTask | undefined, { services, log }: Gathering): Promise<readonly string[]> {
  const container = task?.containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ?? task?.containers[0]
  if (task === undefined || container === undefined) return []
  return ((await allowed(services.logTail(task, container.name), log)) ?? []).map(redact)
}

/** What only helps to explain must not hide what is to be explained. */
async function allowed<T>(reading: Promise<T>, log: Log): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isCancelled(error)) throw error
    log.info(`The cause can be told less well: ${adviceOf(error)}`)
    return undefined
  }
}
