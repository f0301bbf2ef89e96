import { DeployError, messageOf } from '../errors.ts'
import type { LateRun } from '../prefect-ports.ts'
import { concurrently } from './concurrently.ts'
import { settleDoubt } from './doubtful.ts'
import { NOT_RESTORED } from './not-restored.ts'
import { watchPauses } from './pause-watch.ts'
import type { IsPaused } from './pause-watch.ts'
import type { PlannedRequest } from './planned-writes.ts'
import { deleteWaitingRuns, endangeredRuns, restoreRuns, scheduleRuns } from './runs.ts'
import { send, single } from './write.ts'
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
 * Leaves what was written, but for new deployments that are not complete: only another release would unpause them.
 * @returns the error to throw, which says what was written.
 */
export async function cancelledError(error: unknown, targets: readonly Target[], context: ApplyContext): Promise<unknown> {
  const halfMade = targets.filter((target) => isWritten(target) && isHalfMade(target))
  const { done, failed } = await undoAll(halfMade, context)
  const written = targets.filter((target) => isWritten(target) && !done.includes(target))
  return withOutcome(error, [
    written.length === 0 ? 'No deployment was changed' : `Already written: ${names(written)}`,
    ...(done.length === 0 ? [] : [`Deleted again before it was complete: ${names(done)}`]),
    ...(failed.length === 0 ? [] : [`Created and left paused, until another release completes them: ${names(failed)}`]),
  ])
}

async function undoAll(targets: readonly Target[], context: ApplyContext): Promise<{ done: Target[]; failed: Target[] }> {
  const undone = new Set<Target>()
  const isPaused = watchPauses(targets.flatMap(({ plan: { id } }) => (id === undefined ? [] : [id])), context)
  await concurrently(targets, () => context.workspace.writeConcurrency(), async (target) => {
    if (await undo(target, { ...context, isPaused })) undone.add(target)
  })
  return { done: targets.filter((target) => undone.has(target)), failed: targets.filter((target) => !undone.has(target)) }
}

type UndoContext = ApplyContext & { readonly isPaused: IsPaused }

/** Whether all went well; a step that fails does not keep the others from being done. */
async function undo(target: Target, context: UndoContext): Promise<boolean> {
  const { plan, writtenFrom: start = context.clock.now() } = target
  let ok = await attempt(`${plan.name}: its last write`, context, () => settleDoubt(target, context))
  const steps = target.made.toReversed().map(({ undo }) => undo)
  const requests = steps.map(({ request }) => request)
  let late: readonly LateRun[] = []
  ok = (await attempt(`${plan.name}: late runs`, context, async () => {
    late = (await endangeredRuns(requests, target, context)).kept
  })) && ok
  let last: MadeWrite['undo'] | undefined
  for (const step of steps) {
    const done = await undoStep(step, target, context)
    if (done) last = step
    ok &&= done
  }
  if (last?.request.kind === 'delete-deployment') return ok
  // Those due later are made by the schedule that is created again, under its new id.
  await restoreRuns([...late, ...target.dropped.filter(({ due }) => due < start)], target, context)
  // Not when a step failed: the deployment may be paused, and would be started.
  if (!ok || last?.reschedules !== true) return ok
  return attempt(`${plan.name}: scheduled runs`, context, () => scheduleRuns(target, { ...context, start, after: requests }, context))
}

async function undoStep({ request, loses }: MadeWrite['undo'], target: Target, context: ApplyContext): Promise<boolean> {
  const what = `${target.plan.name}: ${wordsFor(request)}`
  return attempt(what, context, async () => {
    if (request.kind === 'delete-deployment') await deleteWaitingRuns(target, context)
    await send(request, target, context)
    context.log.info(`put back ${what}${loses === undefined ? '' : ` (but not ${NOT_RESTORED[loses].words})`}`)
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
    case 'create-automations':
      return 'deleted automations'
    case 'update-automation':
      return 'a changed automation'
    case 'delete-automation':
    case 'delete-owned-automations':
      return 'a new automation, which is deleted'
    case 'apply-slas':
      return 'service level agreements'
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

function isWritten({ made, doubtful }: Target): boolean {
  return made.length > 0 || doubtful !== undefined
}

function isHalfMade({ made, plan }: Target): boolean {
  return plan.action === 'create' && made.length < plan.writes.flatMap(single).length
}

function names(targets: readonly Target[]): string {
  return targets.map(({ plan }) => plan.name).join(', ')
}
