import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { comparablePolicy } from '../sandbox/aws/comparable-policy.ts'
import { creationPolicy, deployPolicy, planPolicy, trustPolicy } from '../sandbox/aws/policies.ts'
import type { PolicyTargets } from '../sandbox/aws/policies.ts'
import { missingStatement, STATEMENTS } from '../src/policy-statements.ts'
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
    ['Creating the repository', creationPolicy(targets)],
    ['Trust policies', trustPolicy(targets.accountId, repository, ['ref:refs/heads/main'])],
  ])('prints under "%s" the very policy that the simulator enforces', (heading, policy) => {
    expect(comparablePolicy(printedUnder(heading))).toEqual(comparablePolicy(policy))
  })

  it('has the statements that errors name, with the same actions', () => {
    const roles = [deployPolicy(targets), planPolicy(targets), creationPolicy(targets)]
    const actions = new Map<string, Set<string>>()
    for (const { Sid = '', Action } of roles.flatMap(({ Statement }) => Statement)) {
      actions.set(Sid, new Set([...(actions.get(Sid) ?? []), ...[Action].flat()]))
    }

    const printed = Object.fromEntries([...actions].map(([sid, all]) => [sid, [...all].sort()]))
    expect(printed).toEqual(Object.fromEntries(Object.entries(STATEMENTS).map(([sid, all]) => [sid, [...all].sort()])))
  })

  it.each([
    ['ecs:ListTasks', /lacks the statement EcsTasks of docs\/permissions\.md/],
    ['ecr:BatchGetImage', /lacks the statement EcrPushAndLookup \(EcrLookup in the plan role\) of/],
    ['ecr:CreateRepository', /lacks the statement EcrCreate of docs\/permissions\.md/],
    ['ecr:DeleteRepository', /^Allow ecr:DeleteRepository on that resource in the role's policy\.$/],
  ])('is what an error about %s refers to', (action, expected) => {
    expect(missingStatement(action)).toMatch(expected)
  })

  it('prints no other policy', () => {
    expect(page.match(/^```json$/gm)).toHaveLength(4)
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
