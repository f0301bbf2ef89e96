import { fullName } from '../deployment-name.ts'
import { recordDeployment } from '../deployment/recording.ts'
import { DeployError, messageOf } from '../errors.ts'
import type { WarningCode } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import { revisionOf } from '../planned.ts'
import type { Results } from '../planned.ts'
import type { PlannedRelease } from '../release/plan-release.ts'
import type { Log, Ports } from '../ports.ts'
import { formatRecord } from '../record/format.ts'
import { tagOf } from '../record/tag.ts'
import { storeBeside } from './record-store.ts'
import { RECORD_VERSION } from '../release-record.ts'
import type { RecordedDeployment, RecordedService, ReleaseRecord } from '../release-record.ts'
import { changesWhatRuns } from '../release.ts'
import type { Outcome } from '../release-plan.ts'
import { recordWorkPool } from '../work-pool/recording.ts'

type Context = { readonly inputs: Inputs; readonly ports: Ports; readonly log: Log }

/**
 * Leaves a record of a green release that changed something, by which it can be gone back to. The release is done and
 * stays green: a record that cannot be written is a warning.
 * @returns the record's tag.
 */
export async function recordRelease(planned: PlannedRelease, outcome: Outcome, { inputs, ports, log }: Context): Promise<string | undefined> {
  // What a script prints is known only now, and may be what the server has already.
  if (outcome.image === undefined || !changesWhatRuns({ ...planned.plan, deployments: outcome.deployments })) return undefined
  try {
    const store = await storeBeside(planned.layers.image, inputs, ports)
    if (store === undefined) return undefined
    if (typeof store === 'string') {
      log.notice(`No record of this release is kept, for ${store}; the input record can name a bucket`)
      return undefined
    }
    const record = await makeRecord(planned, outcome, { inputs, ports, log })
    const { digest } = record.image
    const tag = tagOf({ name: inputs.name, time: new Date(record.time), digest, commit: record.commit ?? '' })
    await store.records.write({ tag, text: formatRecord(record), imageDigest: digest })
    log.info(`Recorded as ${tag} in ${store.where}`)
    return tag
  } catch (error) {
    log.warning(notWritten(error))
    return undefined
  }
}

function notWritten(error: unknown): string {
  const code: WarningCode = 'record-not-written'
  const hint = error instanceof DeployError && error.hint !== undefined ? ` ${error.hint}` : ''
  return `[${code}] The release is done, but its record was not written, so nothing can go back to it: ${messageOf(error).replace(/\.$/, '')}.${hint}`
}

/** The workspace is read once more: schedules are recorded as the server has them. */
async function makeRecord(planned: PlannedRelease, outcome: Outcome, { inputs, ports }: Context): Promise<ReleaseRecord> {
  const { plan: { rollback }, layers: { image, taskDefinitions }, query, desired, managedPools } = planned
  const { reference = '', digest = '', tag } = outcome.image ?? {}
  const { revisions } = outcome
  const results: Results = { image: reference, ...Object.fromEntries(Object.entries(revisions).map(([family, arn]) => [revisionOf(family), arn])) }
  const [live, service] = await Promise.all([ports.workspace.read(query), recordService(planned, inputs, ports)])
  const byName = new Map(live.deployments.map((each) => [fullName(each), each]))
  return {
    version: RECORD_VERSION,
    name: inputs.name,
    time: ports.clock.now().toISOString(),
    commit: rollback === null ? (inputs.run.commit === '' ? null : inputs.run.commit) : rollback.commit,
    run: inputs.run.runUrl ?? null,
    restores: rollback?.record ?? null,
    image: { reference, digest, tag: tag ?? null, fingerprint: image.fingerprint ?? null },
    taskDefinitions: taskDefinitions.flatMap(({ family, container }) => {
      const arn = revisions[family]
      return arn === undefined ? [] : [{ family, arn, container }]
    }),
    service,
    workPools: managedPools.map((each) => recordWorkPool(each, results)),
    deployments: desired.map((each): RecordedDeployment => {
      const match = byName.get(fullName(each))
      if (match === undefined) throw new Error(`deployment ${fullName(each)} is not there any more`)
      return recordDeployment(each, match, results)
    }),
  }
}

/** As ECS says it runs now: its own revision is none of the outcome's. */
async function recordService({ layers: { service, serviceTaskDefinition: own } }: PlannedRelease, inputs: Inputs, { services }: Ports): Promise<RecordedService | null> {
  if (service?.definition === undefined || inputs.service === undefined) return null
  const state = await services.describe(inputs.service)
  if (state === undefined) return null
  return { ...service.reference, definition: service.definition, arn: state.taskDefinitionArn, container: own?.container ?? null }
}
