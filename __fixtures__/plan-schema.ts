import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { AnySchemaObject } from 'ajv/dist/2020.js'
import type { ReleasePlan } from '../src/release-plan.ts'

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/plan.schema.json'), 'utf8')) as AnySchemaObject
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
const validate = ajv.compile<ReleasePlan>(schema)

/** What about a plan, as `plan.json` holds it, is not as docs/plan.schema.json says. */
export function planViolations(plan: unknown): string[] {
  if (validate(JSON.parse(JSON.stringify(plan)))) return []
  return (validate.errors ?? []).map(({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
}
