import { isObject, reveal } from '../planned.ts'
import type { Json, PlannedObject } from '../planned.ts'
import type { LiveDeployment, LiveSchedule } from '../prefect-ports.ts'
import type { PlannedWrite } from './planned-writes.ts'
import { isSameRule } from './schedule-rule.ts'
import { undoOf } from './write.ts'
import type { ApplyContext, Target } from './write.ts'

/**
 * Finds out, by reading, whether a target's doubtful write was made, and then counts it among those to undo. An update
 * needs no reading: undoing one that was not made does no harm.
 */
export async function settleDoubt(target: Target, context: ApplyContext): Promise<void> {
  const { doubtful: write, plan } = target
  if (write === undefined) return
  if (needsNoLook(write)) {
    count(write, target)
    return
  }
  const { deployments } = await context.workspace.read({ deploymentNames: [plan.deploymentName], workPools: [] })
  const live = deployments.find(({ flowName }) => flowName === plan.flowName)
  if (write.request.kind === 'create-deployment') {
    target.id = live?.id
    if (live !== undefined) count(write, target)
  } else if (live !== undefined) {
    const made = asMade(write, live, context)
    if (made !== undefined) count(made, target)
  }
}

function count(write: PlannedWrite, target: Target): void {
  target.made.push(write)
  target.doubtful = undefined
}

function needsNoLook({ request: { kind } }: PlannedWrite): boolean {
  return kind === 'update-deployment' || kind === 'update-schedule' || kind === 'update-automation' || kind === 'apply-slas'
}

/** The write with the undo that fits what the server holds now; undefined when it was not made. */
function asMade(write: PlannedWrite, { schedules, automations }: LiveDeployment, context: ApplyContext): PlannedWrite | undefined {
  const { request, undo } = write
  const made = (id: string | undefined) => (id === undefined ? undefined : { ...write, undo: undoOf(write, id) })
  const names = automations.map(({ name }) => name)
  switch (request.kind) {
    case 'create-schedule': {
      const { slug = null, schedule = null } = known(request.body, context)
      const isSame = (live: LiveSchedule) => slug !== null || (isObject(schedule) && isSameRule(schedule, live.schedule))
      return made(schedules.find((live) => live.slug === slug && isSame(live))?.id)
    }
    case 'create-automations': {
      const [{ name } = {}] = request.bodies
      return made(automations.find((live) => live.name === name)?.id)
    }
    case 'delete-schedule':
      return schedules.some(({ id }) => id === request.id) ? undefined : write
    case 'delete-automation':
      return automations.some(({ id }) => id === request.id) ? undefined : write
    case 'delete-owned-automations': {
      if (undo.request.kind !== 'create-automations') return write
      const bodies = undo.request.bodies.filter(({ name }) => typeof name !== 'string' || !names.includes(name))
      return { ...write, undo: { ...undo, request: { ...undo.request, bodies } } }
    }
    case 'create-deployment':
    case 'update-deployment':
    case 'delete-deployment':
    case 'update-schedule':
    case 'update-automation':
    case 'apply-slas':
      return write
  }
}

function known(body: PlannedObject, { results }: ApplyContext): { readonly [key: string]: Json } {
  const value = reveal(body, results)
  return isObject(value) ? value : {}
}
