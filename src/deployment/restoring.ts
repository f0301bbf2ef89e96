import type { Warning } from '../errors.ts'
import { isList, isObject } from '../planned.ts'
import type { Json, JsonObject, Planned, Result } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import { restoreFields, restoreValue } from '../recorded-values.ts'
import type { Restored } from '../recorded-values.ts'
import type { RecordedDeployment, RecordedSchedule } from '../release-record.ts'
import type { DesiredDeployment, DesiredFields, KeptField } from './desired-deployment.ts'
import { matchSchedules } from './schedule-matching.ts'
import { describeRule } from './schedule-rule.ts'
import type { ScheduleRule } from './schedule-rule.ts'
import type { DesiredSchedule } from './schedule.ts'

export type Restoration = {
  /** As the server has it; undefined for one that was deleted since. */
  readonly live: LiveDeployment | undefined
  /** See {@link restoreValue}. */
  readonly links: ReadonlyMap<string, Result>
  /** What the UI owns today. */
  readonly keep: readonly KeptField[]
}

/** A recorded deployment as a release wants it; what the record must not hold is kept as it is live, and named. */
export function restoreDeployment(
  recorded: RecordedDeployment, { live, links, keep }: Restoration,
): { readonly desired: DesiredDeployment; readonly warnings: readonly Warning[] } {
  const { name, flowName, file, enforceParameterSchema } = recorded
  const location = { file }
  const missing: string[] = []
  const taken = <T extends Planned>(restored: Restored<T>): T => {
    missing.push(...restored.missing)
    return restored.value
  }
  const fields = Object.entries(recorded.fields).map(([field, value]) => [field, taken(restoreValue(value, live?.fields[field], { links, path: field }))])
  const desired: DesiredDeployment = {
    name, flowName, location, keep,
    paused: recorded.paused ?? (live === undefined ? recorded.wasPaused : undefined),
    schedules: restoreSchedules(recorded.schedules, live).map(({ schedule, match }) => ({
      ...schedule, location, parameters: taken(restoreFields(schedule.parameters, match, { links, path: `schedules.${schedule.label}.parameters` })),
    })),
    hasScheduleKey: true,
    concurrency: recorded.concurrency,
    enforceParameterSchema: enforceParameterSchema ?? undefined,
    triggers: recorded.triggers.map((trigger) => ({
      name: trigger.name, location,
      body: taken(restoreFields(trigger.body, bodyOf(trigger.name, live), { links, path: `triggers.${trigger.name}` })),
    })),
    hasTriggersKey: true,
    slas: recorded.slas?.filter(isObject),
    version: recorded.versionFields,
    fields: Object.fromEntries(fields) as DesiredFields, // as they were recorded
  }
  return { desired, warnings: [...(missing.length === 0 ? [] : [notRecorded(recorded, missing, live !== undefined)]), ...codeWarnings(recorded)] }
}

type Matched = { readonly schedule: Omit<DesiredSchedule, 'parameters' | 'location'> & { readonly parameters: JsonObject }; readonly match: Json | undefined }

/** One that is still there keeps the pause that it has now, one that is created again has the one it had. */
function restoreSchedules(recorded: readonly RecordedSchedule[], live: LiveDeployment | undefined): Matched[] {
  const schedules = recorded.map(({ slug, rule, active, parameters }) => ({
    label: slug ?? describeRule(rule),
    slug: slug ?? undefined,
    replaces: undefined,
    active: active ?? undefined,
    rule: rule as ScheduleRule, // as the server had it
    parameters,
    location: { file: '' },
  }))
  return matchSchedules(schedules, live?.schedules ?? []).pairs.map(({ live: match }, index) => {
    const [schedule, then] = [schedules[index], recorded[index]]
    if (schedule === undefined || then === undefined) throw new Error('A schedule was lost on the way')
    return { schedule: { ...schedule, active: schedule.active ?? (match === undefined ? then.wasActive : undefined) }, match: match?.parameters }
  })
}

function bodyOf(name: string, live: LiveDeployment | undefined): JsonObject | undefined {
  return live?.automations.find((automation) => automation.name === name)?.body
}

function notRecorded({ flowName, name, file }: RecordedDeployment, missing: readonly string[], isLive: boolean): Warning {
  return {
    code: 'value-not-recorded',
    message: `deployment "${flowName}/${name}" has values that no record holds, for they are or may be secret (${missing.join(', ')}): `
      + (isLive ? 'they stay as they are' : 'it is created without them'),
    hint: isLive ? 'Look whether they fit the earlier release.' : 'Set them on the server, or release a commit that has them.',
    location: { file },
  }
}

/** Steps that fetch code when a run starts, but for a commit that they name. */
const FETCHES = /(^|\.)(git_clone\w*|pull_from_\w+|pull_with_block)$/

function codeWarnings({ flowName, name, file, fields: { pull_steps: steps } }: RecordedDeployment): Warning[] {
  const all = isList(steps) ? steps.filter(isObject).flatMap((step) => Object.entries(step)) : []
  const [first] = all.filter(([step, options]) => FETCHES.test(step) && !(isObject(options) && 'commit_sha' in options))
  if (first === undefined) return []
  return [{
    code: 'code-not-recorded',
    message: `deployment "${flowName}/${name}" fetches its code when it runs (${first[0]}): a record has none, so it runs what is there then`,
    hint: 'Put the earlier code back where it is fetched from, or have the code in the image.',
    location: { file },
  }]
}
