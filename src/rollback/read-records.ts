import { selectRecorded } from '../deployment/recorded-select.ts'
import { DeployError } from '../errors.ts'
import type { Inputs } from '../inputs.ts'
import type { Log, Ports } from '../ports.ts'
import { chooseRecord } from '../record/choice.ts'
import type { RollbackTarget } from '../record/choice.ts'
import { parseRecord } from '../record/format.ts'
import { recordsOf } from '../record/tag.ts'
import { recordStore } from './record-store.ts'
import type { RecordStore } from './record-store.ts'
import type { RecordedDeployment, ReleaseRecord } from '../release-record.ts'

export type FoundRecord = { readonly tag: string; readonly record: ReleaseRecord }

/** The record to go back to and the newest one, of what should be live. */
export type FoundRecords = {
  readonly chosen: FoundRecord
  readonly newest: FoundRecord
  /** Of the chosen record, those that the input `deployments` names. */
  readonly deployments: readonly RecordedDeployment[]
}

/** @throws DeployError `record-missing`, `record-invalid` or `deployment-not-found`. */
export async function readRecords(target: RollbackTarget, inputs: Inputs, { ports, log }: { readonly ports: Ports; readonly log: Log }): Promise<FoundRecords> {
  const store = recordStore(inputs, ports)
  if (store === undefined) throw new Error('A rollback needs ecr-repository or a bucket') // the inputs were checked for it
  const choice = chooseRecord(target, recordsOf(inputs.name, await store.records.list()), store.where)
  const [chosen, newest] = await Promise.all([read(choice.chosen.tag, store), read(choice.newest.tag, store)])
  if (target.kind === 'digest' && chosen.record.image.digest !== target.digest) throw otherImage(chosen, target.digest)
  const { commit, time, deployments } = chosen.record
  log.info(`Going back to ${chosen.tag} of ${time}, commit ${commit ?? 'unknown'}; the newest record is ${newest.tag}`)
  return { chosen, newest, deployments: selectRecorded(deployments, inputs.deployments, chosen.tag) }
}

async function read(tag: string, { records, where }: RecordStore): Promise<FoundRecord> {
  const text = await records.read(tag)
  if (text === undefined) throw new DeployError('record-missing', `The record ${tag} is no longer in ${where}`, { hint: 'Run again, or name another record.' })
  return { tag, record: parseRecord(text, tag) }
}

function otherImage({ tag, record: { image } }: FoundRecord, digest: string): DeployError {
  return new DeployError('record-missing', `There is no record of the image ${digest}: ${tag} is of ${image.digest}`, { hint: 'Name a record by its tag.' })
}
