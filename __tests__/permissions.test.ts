import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { comparablePolicy } from '../sandbox/aws/comparable-policy.ts'
import { deployPolicy, planPolicy, trustPolicy } from '../sandbox/aws/policies.ts'
import type { PolicyTargets } from '../sandbox/aws/policies.ts'
import type { PolicyDocument } from '../sandbox/aws/policy-document.ts'

const targets: PolicyTargets = {
  accountId: '123456789012', region: 'eu-central-1', repository: 'flows', families: ['etl'], cluster: 'main', service: 'worker',
  taskRoles: ['flow-run', 'flow-start'], logGroup: '/ecs/etl', bucket: 'etl-code',
}
const repository = { owner: 'acme', ownerId: '11', name: 'pipelines', id: '22' }

const VALUES: Readonly<Record<string, string>> = {
  P: 'aws', R: targets.region, A: targets.accountId, REPOSITORY: targets.repository, FAMILY: 'etl', CLUSTER: targets.cluster,
  SERVICE: targets.service, TASK_ROLE: 'flow-run', EXECUTION_ROLE: 'flow-start', LOG_GROUP: targets.logGroup, BUCKET: targets.bucket,
  ORG: repository.owner, ORG_ID: repository.ownerId, REPO: repository.name, REPO_ID: repository.id,
}

const page = readFileSync(join(import.meta.dirname, '../docs/permissions.md'), 'utf8')

describe('docs/permissions.md', () => {
  it.each<[string, PolicyDocument]>([
    ['Deploy role', deployPolicy(targets)],
    ['Plan role', planPolicy(targets)],
    ['Trust policies', trustPolicy(targets.accountId, repository, ['ref:refs/heads/main'])],
  ])('prints under "%s" the very policy that the simulator enforces', (heading, policy) => {
    expect(comparablePolicy(printedUnder(heading))).toEqual(comparablePolicy(policy))
  })

  it('prints no other policy', () => {
    expect(page.match(/^```json$/gm)).toHaveLength(3)
  })
})

/** The JSON of a section with values for its placeholders. */
function printedUnder(heading: string): unknown {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const [, json = ''] = /^```json\n(.*?)^```$/ms.exec(section) ?? []
  return JSON.parse(json.replaceAll(/<(\w+)>/g, (_, name: string) => VALUES[name] ?? missing(name)))
}

function missing(name: string): never {
  throw new Error(`There is no value for <${name}>`)
}
