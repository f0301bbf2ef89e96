import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { deploymentIds, watch } from '../../sandbox/scenario.ts'
import { account, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

/** The deploy role, for the families of this file. */
const ROLE = 'flows-families'
const BACKFILL = { name: 'orders-backfill', family: 'flows-large' }
const SMALL = 'task_definition_arn: "{{ task_definition_arn.flows }}"'
const LARGE = `task_definition_arn: "{{ task_definition_arn.${BACKFILL.family} }}"`

let sandbox: Sandbox
let workspace: string
let first: StepResult

type Definition = { readonly family: string; readonly arn: string; readonly action: string }

const inputs = { 'task-definition': 'task-definition.json\nlarge.json', 'role-to-assume': roleArn(ROLE) }
const release = () => watch(sandbox, () => sandbox.run({ workspace, event: pushEvent(), inputs }))
const definitionsOf = ({ outputs }: StepResult) => JSON.parse(outputs['task-definitions'] ?? '') as readonly Definition[]
const arnsOf = (step: StepResult) => Object.fromEntries(definitionsOf(step).map(({ family, arn }) => [family, arn]))

/** The sample, its backfill on a definition with more memory. */
beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  await sandbox.aws.createRole({
    name: ROLE, trustPolicy: trustPolicy(account.id, repository, [`environment:${environment}`]),
    policy: deployPolicy({ ...policyTargets, families: [...policyTargets.families, BACKFILL.family] }),
  })
  workspace = await sandbox.checkOut()
  const definition = readFileSync(join(workspace, 'task-definition.json'), 'utf8')
  writeFileSync(join(workspace, 'large.json'), definition.replace('"family": "flows"', `"family": "${BACKFILL.family}"`).replace('"memory": "1024"', '"memory": "2048"'))
  edit(workspace, 'prefect.yaml', '    image: "{{ build-image.image }}"\n', `    ${SMALL}\n`)
  edit(workspace, 'prefect.yaml', '        memory: 1024\n', `        ${LARGE}\n`)
  first = await sandbox.run({ workspace, event: pushEvent(), inputs })
})

describe('two task definitions in one release', () => {
  it('are registered with the one image, and each deployment runs on the one that it names', async () => {
    expect(first.annotations.filter(({ level }) => level === 'error')).toEqual([])
    const { taskDefinitions } = await sandbox.aws.state()
    const registered = taskDefinitions.filter(({ taskDefinitionArn = '' }) => Object.values(arnsOf(first)).includes(taskDefinitionArn))
    expect(registered.map(({ family, memory, containerDefinitions = [] }) => [family, memory, containerDefinitions[0]?.image])).toEqual([
      ['flows', '1024', first.outputs.image], [BACKFILL.family, '2048', first.outputs.image],
    ])
    for (const [name, id] of deploymentIds(first)) {
      const { job_variables: jobVariables } = (await sandbox.prefectRequest('GET', `/deployments/${id}`)) as { readonly job_variables: object }
      expect(jobVariables).toMatchObject({ task_definition_arn: arnsOf(first)[name === BACKFILL.name ? BACKFILL.family : 'flows'] })
    }
  })

  it('are left alone by a rerun: no write, no build, no container', async () => {
    const { step, seen } = await release()

    expect(seen).toMatchObject({ writes: 0, builds: 0, containers: 0 })
    expect(step.outputs).toMatchObject({ changed: 'false', 'task-definition-arn': '' })
    expect(arnsOf(step)).toEqual(arnsOf(first))
  })

  it('are changed apart: a change of one writes its deployment alone', async () => {
    edit(workspace, 'large.json', '"memory": "2048"', '"memory": "4096"')

    const { step } = await release()

    expect(definitionsOf(step).map(({ action }) => action)).toEqual(['unchanged', 'register'])
    expect(step.outputs).toMatchObject({ updated: '1' })
    const id = deploymentIds(step).get(BACKFILL.name) ?? ''
    const writes = (await sandbox.prefect.journal()).filter(isPrefectWrite)
    expect(writes).toMatchObject([{ method: 'PATCH', path: expect.stringContaining(id), body: { job_variables: { task_definition_arn: arnsOf(step)[BACKFILL.family] } } }])
  })

  it.each([
    ['names none', `<<: *job_variables\n        ${LARGE}`, 'memory: 1024', 'task-definition-ambiguous', /deployment "orders-backfill" does not say which .*flows or flows-large/, 60],
    ['names one that there is not', LARGE, LARGE.replace('large', 'larg'), 'prefect-file-invalid', /no family "flows-larg".*Did you mean \{\{ task_definition_arn\.flows-large \}\}/, 62],
  ])('stop a release in which a deployment %s, at its line, before anything is written', async (_, from, to, code, message, line) => {
    const spoilt = await sandbox.checkOut()
    for (const file of ['prefect.yaml', 'large.json']) writeFileSync(join(spoilt, file), readFileSync(join(workspace, file)))
    edit(spoilt, 'prefect.yaml', from, to)
    await Promise.all([sandbox.aws.clearJournal(), sandbox.prefect.clearJournal()])

    const step = await sandbox.run({ workspace: spoilt, event: pushEvent(), inputs })

    expect(step.annotations.filter(({ level }) => level === 'error')).toMatchObject([{ message: expect.stringMatching(message), file: 'prefect.yaml', line }])
    expect(step.annotations.map((annotation) => annotation.message).join()).toContain(`[${code}]`)
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
    expect((await sandbox.prefect.journal()).filter(isPrefectWrite)).toEqual([])
  })
})
