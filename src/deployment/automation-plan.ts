import type { Warning } from '../errors.ts'
import { isList } from '../planned.ts'
import type { Change, PlannedObject, Results } from '../planned.ts'
import type { LiveAutomation, LiveDeployment } from '../prefect-ports.ts'
import { desiredContent, liveContent, withoutEmpty } from './automation-content.ts'
import { matchAutomations } from './automation-matching.ts'
import type { AutomationMatching } from './automation-matching.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { differences } from './differences.ts'
import type { ScheduleWrite } from './schedule-plan.ts'
import { MANAGED_TAG } from './triggers.ts'
import type { DesiredTrigger } from './triggers.ts'

export type AutomationsPlan = {
  readonly changes: readonly Change[]
  readonly writes: readonly ScheduleWrite[]
  readonly warnings: readonly Warning[]
}

type Context = { readonly deployment: string; readonly results: Results }

const SECRETS = { hasSecretNames: true }

/**
 * Automations that stay are changed in place or left alone: their ids stay, and what they count goes on. New ones come
 * last, for they can start runs; those that are gone from the file are removed only if a deploy made them.
 */
export function planAutomations(desired: DesiredDeployment, live: LiveDeployment, results: Results): AutomationsPlan {
  if (desired.keep.includes('triggers')) return { changes: [], writes: [], warnings: [] }
  const matching = matchAutomations(desired.triggers, live, results)
  const { pairs, removed, foreign } = matching
  const context = { deployment: live.id, results }
  const changed = pairs.flatMap((pair) => (pair.live === undefined ? [] : planChanged(pair.trigger, pair.live, context)))
  const created = planCreated(pairs.filter((pair) => pair.live === undefined).map(({ trigger }) => trigger), results)
  return {
    changes: [...changed.flatMap(({ changes }) => changes), ...created.changes, ...removed.flatMap((each) => removal(each, live.id))],
    writes: [...changed.flatMap(({ writes }) => writes), ...removing(matching), ...created.writes],
    warnings: [...foreign.map((each) => unlisted(each, desired)), ...removalWarnings(desired, removed)],
  }
}

/** The automations of new triggers, in one request of the plan. */
export function planCreated(triggers: readonly DesiredTrigger[], results: Results): Pick<AutomationsPlan, 'changes' | 'writes'> {
  if (triggers.length === 0) return { changes: [], writes: [] }
  return {
    changes: triggers.flatMap(({ name, body }) => differences(pathOf(name), undefined, withoutEmpty(desiredContent(body, results)), SECRETS)),
    writes: [{
      phase: 'unpause',
      request: { kind: 'create-automations', bodies: triggers.map(({ body }) => body) },
      undo: { request: { kind: 'delete-automation', id: undefined }, loses: undefined },
    }],
  }
}

function planChanged({ name, body }: DesiredTrigger, live: LiveAutomation, { deployment, results }: Context): Pick<AutomationsPlan, 'changes' | 'writes'>[] {
  const changes = differences(pathOf(name), liveContent(live, deployment), desiredContent(body, results), SECRETS)
  const tags = isList(live.body.tags) ? live.body.tags : []
  const write: ScheduleWrite = {
    phase: live.body.enabled === false && body.enabled === true ? 'unpause' : 'reversible',
    request: { kind: 'update-automation', id: live.id, body: { ...body, tags: [...new Set([...tags, MANAGED_TAG])] } },
    undo: { request: { kind: 'update-automation', id: live.id, body: undoBody(live) }, loses: 'automation-id' },
  }
  return changes.length === 0 ? [] : [{ changes, writes: [write] }]
}

/** What a deploy owns goes at once where nothing else is there; else one by one, for the others are to keep their ids. */
function removing({ pairs, removed, foreign }: AutomationMatching): ScheduleWrite[] {
  const staysAny = foreign.length > 0 || pairs.some(({ live }) => live !== undefined)
  const groups = removed.length === 0 ? [] : staysAny ? removed.map((each) => [each]) : [removed]
  return groups.map((group): ScheduleWrite => {
    const [first] = group
    return {
      phase: 'deletion',
      request: staysAny ? { kind: 'delete-automation', id: first?.id } : { kind: 'delete-owned-automations' },
      undo: { request: { kind: 'create-automations', bodies: group.map(undoBody) }, loses: 'automation-id' },
    }
  })
}

function removal(live: LiveAutomation, deployment: string): Change[] {
  const content = withoutEmpty(liveContent(live, deployment))
  return differences(pathOf(live.name), content as LiveAutomation['body'], undefined, SECRETS) // of JSON, nothing else comes
}

function undoBody({ body }: LiveAutomation): PlannedObject {
  return body
}

function unlisted({ name }: LiveAutomation, desired: DesiredDeployment): Warning {
  return {
    code: 'automation-unlisted',
    message: `automation "${name}" runs deployment "${desired.name}" and is not in the file: it stays, for nothing tells that a deploy made it`,
    hint: 'Delete it in the user interface if it is left from an earlier deploy, or write it into triggers, with its name.',
    location: desired.location,
  }
}

/** A file without the key may come from somebody who keeps triggers elsewhere. */
function removalWarnings({ name, triggers, hasTriggersKey, location }: DesiredDeployment, removed: readonly LiveAutomation[]): Warning[] {
  if (hasTriggersKey || triggers.length > 0 || removed.length === 0) return []
  return [{
    code: 'triggers-removed',
    message: `deployment "${name}" has no triggers in the file, so ${removed.length === 1 ? 'the one' : `all ${removed.length}`} that an earlier deploy made will be removed`,
    hint: 'Write them into the file to keep them, or "triggers: []" to say that there are none.',
    location,
  }]
}

function pathOf(name: string): string {
  return `triggers.${name}`
}
