import { DeployError, messageOf } from '../errors.ts'
import { concurrently } from './concurrently.ts'
import type { PlannedRequest } from './plan.ts'
import { earlier, runsFrom, scheduleRuns, send } from './write.ts'
import type { ApplyContext, MadeWrite, Target } from './write.ts'

/**
 * Puts back all that was written: each deployment in reverse, created ones are deleted, then runs are scheduled again
 * where the deployment had some. Best effort: each step is logged.
 * @returns the error to throw, which says what was put back.
 */
export async function undoneError(error: unknown, targets: readonly Target[], context: ApplyContext): Promise<unknown> {
  const written = targets.filter(({ made }) => made.length > 0)
  const failed = new Set<Target>()
  await concurrently(written, () => context.workspace.writeConcurrency(), async (target) => {
    if (!(await undo(target, context))) failed.add(target)
  })
  const done = written.filter((target) => !failed.has(target))
  const outcome = [
    ...(written.length === 0 ? ['No deployment was changed'] : []),
    ...(done.length === 0 ? [] : [`Put back: ${names(done)}`]),
    ...(failed.size === 0 ? [] : [`Could not put back: ${names([...failed])}`]),
  ].join('. ')
  return withOutcome(error, outcome)
}

/** Whether all went well; a step that fails does not keep the others from being done. */
async function undo(target: Target, context: ApplyContext): Promise<boolean> {
  const steps = target.made.toReversed()
  let start = target.runsFrom ?? context.clock.now()
  let ok = await attempt(`${target.plan.name}: late runs`, context, async () => {
    start = earlier(target.runsFrom, await runsFrom(steps.map(({ write }) => write.undo.request), target, context))
  })
  let reschedules = false
  for (const step of steps) {
    const done = await undoStep(step, target, context)
    if (done) reschedules = step.write.undo.reschedules
    ok &&= done
  }
  return (!reschedules || (await attempt(`${target.plan.name}: scheduled runs`, context, () => scheduleRuns(target, start, context)))) && ok
}

async function undoStep({ write: { undo }, createdId }: MadeWrite, target: Target, context: ApplyContext): Promise<boolean> {
  const what = `${target.plan.name}: ${wordsFor(undo.request)}`
  return attempt(what, context, async () => {
    await send(undo.request, target, { ...context, createdId })
    context.log.info(`put back ${what}${undo.loses === undefined ? '' : ` (but not ${undo.loses})`}`)
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

function withOutcome(error: unknown, outcome: string): unknown {
  const message = `${messageOf(error).replace(/\.$/, '')}. ${outcome}`
  if (!(error instanceof DeployError)) return new Error(message, { cause: error })
  return new DeployError(error.code, message, {
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.location !== undefined && { location: error.location }),
    cause: error,
  })
}

function names(targets: readonly Target[]): string {
  return targets.map(({ plan }) => plan.name).join(', ')
}
