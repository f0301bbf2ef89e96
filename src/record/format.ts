import { Ajv2020 } from 'ajv/dist/2020.js'
import { DeployError } from '../errors.ts'
import { RECORD_VERSION } from '../release-record.ts'
import type { ReleaseRecord } from '../release-record.ts'

/** A record as it is stored: JSON that people can read. */
export function formatRecord(record: ReleaseRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

/** @param tag for messages. @throws DeployError `record-invalid` for one that is damaged or of a later version. */
export function parseRecord(text: string, tag: string): ReleaseRecord {
  const record = parsed(text, tag)
  const version = typeof record === 'object' && record !== null && 'version' in record ? record.version : undefined
  if (typeof version === 'number' && version > RECORD_VERSION) {
    throw new DeployError('record-invalid', `The record ${tag} is of version ${version}, this action reads up to ${RECORD_VERSION}`, {
      hint: 'Use the version of the action that wrote it, or a later one.',
    })
  }
  const validate = new Ajv2020({ strict: false, logger: false }).compile<ReleaseRecord>(SCHEMA)
  if (validate(record)) return record
  const [{ instancePath, message = 'is not valid' } = { instancePath: '' }] = validate.errors ?? []
  throw invalid(tag, `${instancePath === '' ? 'it' : instancePath.slice(1).replaceAll('/', '.')} ${message}`)
}

function parsed(text: string, tag: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(tag, 'it is no JSON', cause)
  }
}

function invalid(tag: string, why: string, cause?: unknown): DeployError {
  return new DeployError('record-invalid', `The record ${tag} cannot be read: ${why}`, {
    hint: 'It was not written by this action, or was changed since; name another record.', cause,
  })
}

const text = { type: 'string' }
const textOrNull = { type: ['string', 'null'] }
const flag = { type: 'boolean' }
const flagOrNull = { type: ['boolean', 'null'] }
const mapping = { type: 'object' }

function fields(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties) }
}

function list(items: object): object {
  return { type: 'array', items }
}

function nullOr(schema: object): object {
  return { anyOf: [{ type: 'null' }, schema] }
}

/** Unknown fields pass: a later action of the same version may write more. */
const SCHEMA = fields({
  version: { const: RECORD_VERSION }, name: text, time: text, commit: textOrNull, run: textOrNull, restores: textOrNull,
  image: fields({ reference: { type: 'string', pattern: '@sha256:[0-9a-f]{64}$' }, digest: text, tag: textOrNull, fingerprint: textOrNull }),
  taskDefinitions: list(fields({ family: text, arn: text, container: text })),
  service: nullOr(fields({ cluster: text, service: text, definition: { enum: ['flow', 'own'] }, arn: text, container: textOrNull })),
  workPools: list(fields({
    name: text, pin: nullOr(fields({ variable: text, value: text })), template: nullOr(fields({ type: textOrNull, baseJobTemplate: mapping })),
  })),
  deployments: list(fields({
    name: text, flowName: text, file: text, paused: flagOrNull, wasPaused: flag, enforceParameterSchema: flagOrNull,
    concurrency: nullOr(fields({ limit: { type: 'number' }, options: nullOr(mapping) })),
    fields: fields({ entrypoint: text, job_variables: mapping, parameters: mapping }),
    schedules: list(fields({ slug: textOrNull, rule: mapping, active: flagOrNull, wasActive: flag, parameters: mapping })),
    triggers: list(fields({ name: text, body: mapping })),
    slas: nullOr(list(mapping)),
    versionFields: mapping,
  })),
})
