import { isObject } from '../planned.ts'
import type { Json, JsonObject, Planned, PlannedObject, Results } from '../planned.ts'
import type { LiveDeployment } from '../prefect-ports.ts'
import { recordValue } from '../recorded-values.ts'
import type { RecordedDeployment, RecordedSchedule } from '../release-record.ts'
import type { DesiredDeployment } from './desired-deployment.ts'
import { differenceOptions, liveValue } from './field-groups.ts'
import { matchSchedules } from './schedule-matching.ts'

/**
 * What a record keeps of a deployment: all that the release said of it, and what it left to the server as the server
 * has it, so that a schedule that has to be created again has its anchor and its pause.
 * @param live read after the release.
 */
export function recordDeployment(desired: DesiredDeployment, live: LiveDeployment, results: Results): RecordedDeployment {
  const { fields, version, enforceParameterSchema: enforce = liveValue('enforce_parameter_schema', live) } = desired
  const recorded = Object.entries<Planned>(fields).map(([name, value]) => [name, recordValue(value, live.fields[name], { results, ...differenceOptions(name) })])
  const named = { results, hasSecretNames: true }
  return {
    name: desired.name,
    flowName: desired.flowName,
    file: desired.location.file,
    paused: desired.paused ?? null,
    wasPaused: live.paused,
    enforceParameterSchema: typeof enforce === 'boolean' ? enforce : null,
    concurrency: desired.concurrency,
    fields: { ...(Object.fromEntries(recorded) as JsonObject), entrypoint: fields.entrypoint },
    schedules: recordSchedules(desired, live, results),
    triggers: desired.triggers.map(({ name, body }) => ({
      name, body: recordFields(body, live.automations.find((automation) => automation.name === name)?.body, named),
    })),
    slas: desired.slas?.map((sla) => recordValue(sla, undefined, { results, hasSecretNames: false })) ?? null,
    versionFields: recordFields(version, live.fields, { results, hasSecretNames: false }),
  }
}

function recordSchedules({ schedules }: DesiredDeployment, live: LiveDeployment, results: Results): RecordedSchedule[] {
  return matchSchedules(schedules, live.schedules).pairs.map(({ desired, live: match }) => ({
    slug: desired.slug ?? match?.slug ?? null,
    rule: match?.schedule ?? desired.rule,
    active: desired.active ?? null,
    wasActive: match?.active ?? desired.active ?? true,
    parameters: recordFields(desired.parameters, match?.parameters, { results, hasSecretNames: true }),
  }))
}

function recordFields(value: PlannedObject, live: Json | undefined, recording: Parameters<typeof recordValue>[2]): JsonObject {
  const recorded = recordValue(value, live, recording)
  return isObject(recorded) ? recorded : {}
}
