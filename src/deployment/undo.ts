import { DeployError, messageOf } from '../errors.ts'
import { concurrently } from './concurrently.ts'
import type { LateRun } from '../ports.ts'
import type { PlannedRequest } from './plan.ts'
import { endangeredRuns, restoreRuns, scheduleRuns, send } from './write.ts'
import type { ApplyContext, MadeWrite, Target } from './write.ts'

/**
 * Puts back all that was written: each deployment in reverse, created ones are deleted, then runs are scheduled again
 * where the deployment had some. Best effort: each step is logged.
 * @returns the error to throw, which says what was put back.
 */
export async function undoneError(error: unknown, targets: readonly Target[], context: ApplyContext): Promise<unknown> {
  const written = targets.filter(isWritten)
  const { done, failed } = await undoAll(written, context)
  return withOutcome(error, [
    ...(written.length === 0 ? ['No deployment was changed'] : []),
    ...(done.length === 0 ? [] : [`Put back: ${names(done)}`]),
    ...(failed.length === 0 ? [] : [`Could not put back: ${names(failed)}`]),
  ])
}

/**
 * Leaves what was written, but for new deployments which are still paused: the next release would take that for the
 * will of somebody, and they would never run.
 * @returns the error to throw, which says what was written.
 */
export async function cancelledError(error: unknown, targets: readonly Target[], context: ApplyContext): Promise<unknown> {
  const halfMade = targets.filter((target) => isWritten(target) && target.plan.action === 'create' && isIncomplete(target))
  const { done, failed } = await undoAll(halfMade, context)
  const written = targets.filter((target) => isWritten(target) && !done.includes(target))
  return withOutcome(error, [
    written.length === 0 ? 'No deployment was changed' : `Already written: ${names(written)}`,
    ...(done.length === 0 ? [] : [`Deleted again before it was complete: ${names(done)}`]),
    ...(failed.length === 0 ? [] : [`Created and left paused: ${names(failed)}`]),
  ])
}

async function undoAll(targets: readonly Target[], context: ApplyContext): Promise<{ done: Target[]; failed: Target[] }> {
  const undone = new Set<Target>()
  await concurrently(targets, () => context.workspace.writeConcurrency(), async (target) => {
    if (await undo(target, context)) undone.add(target)
  })
  return { done: targets.filter((target) => undone.has(target)), failed: targets.filter((target) => !undone.has(target)) }
}

/** Whether all went well; a step that fails does not keep the others from being done. */
async function undo(target: Target, context: ApplyContext): Promise<boolean> {
  const { plan, writtenFrom = context.clock.now() } = target
  const steps = target.made.toReversed().map(({ undo }) => undo)
  let late: readonly LateRun[] = []
  let ok = await attempt(`${plan.name}: late runs`, context, async () => {
    late = await endangeredRuns(steps.map(({ request }) => request), target, context)
  })
  let reschedules = false
  for (const step of steps) {
    const done = await undoStep(step, target, context)
    if (done) reschedules = step.reschedules
    ok &&= done
  }
  await restoreRuns(late, target, context)
  // Not when a step failed: the deployment may be paused, and would be started.
  return ok && (!reschedules || (await attempt(`${plan.name}: scheduled runs`, context, () => scheduleRuns(target, writtenFrom, context))))
}

async function undoStep({ request, loses }: MadeWrite['undo'], target: Target, context: ApplyContext): Promise<boolean> {
  const what = `${target.plan.name}: ${wordsFor(request)}`
  return attempt(what, context, async () => {
    await send(request, target, context)
    context.log.info(`put back ${what}${loses === undefined ? '' : ` (but not ${loses})`}`)
  })
}

async function attempt(what: string, { log }: ApplyContext, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    log.warning(`could not put back ${what}: ${messageOf(error)}`)
    return false
  }
}

function wordsFor(request: PlannedRequest): string {
  switch (request.kind) {
    case 'update-deployment':
      return Object.keys(request.body).join(', ')
    case 'delete-deployment':
      return 'it was new and is deleted'
    case 'create-deployment':
      return 'it was deleted and is created'
    case 'create-schedule':
      return 'a deleted schedule'
    case 'update-schedule':
      return 'a changed schedule'
    case 'delete-schedule':
      return 'a new schedule, which is deleted'
  }
}

function withOutcome(error: unknown, outcome: readonly string[]): unknown {
  const message = [messageOf(error).replace(/\.$/, ''), ...outcome].join('. ')
  if (!(error instanceof DeployError)) return new Error(message, { cause: error })
  return new DeployError(error.code, message, {
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.location !== undefined && { location: error.location }),
    cause: error,
  })
}

function isWritten({ made }: Target): boolean {
  return made.length > 0
}

function isIncomplete({ made, plan }: Target): boolean {
  return made.length < plan.writes.length
}

function names(targets: readonly Target[]): string {
  return targets.map(({ plan }) => plan.name).join(', ')
}
