import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { watch } from '../../sandbox/scenario.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:flows/db-AbCdEf:password::'
const PASSWORD = 'hunter2hunter2'
const EDITS = {
  environment: `PREFECT_LOGGING_LEVEL=DEBUG\nOPTIONS=--a=1 --b=2\nEMPTY=\nDB_PASSWORD=${PASSWORD}`,
  secrets: `DB_KEY=${SECRET_ARN}\nAPI_TOKEN=/flows/api-token`,
  tags: 'team=data\ncost center=42',
}
const CONCURRENT = { code: 'ClientException', message: 'Too many concurrent attempts to create a new revision of the specified family.', status: 400 }

let sandbox: Sandbox
let workspace: string
let first: StepResult

const release = (inputs: Record<string, string> = EDITS) => watch(sandbox, () => sandbox.run({ workspace, event: pushEvent(), inputs }))
const errorsOf = ({ annotations }: StepResult) => annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
const newest = async () => (await sandbox.aws.state()).taskDefinitions.findLast(({ family }) => family === 'flows')
const registrations = async () => (await sandbox.aws.journal()).filter(({ operation }) => operation === 'RegisterTaskDefinition').length

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  first = (await release()).step
})

describe('environment, secrets and tags', () => {
  it('are registered with the container that gets the image, and with no other', async () => {
    expect(errorsOf(first)).toEqual([])
    expect(await newest()).toMatchObject({
      containerDefinitions: [
        {
          name: 'prefect', image: first.outputs.image,
          environment: [
            { name: 'PREFECT_LOGGING_LEVEL', value: 'DEBUG' }, { name: 'OPTIONS', value: '--a=1 --b=2' }, { name: 'EMPTY', value: '' },
            { name: 'DB_PASSWORD', value: PASSWORD },
          ],
          secrets: [{ name: 'DB_KEY', valueFrom: SECRET_ARN }, { name: 'API_TOKEN', valueFrom: '/flows/api-token' }],
        },
        { name: 'sidecar', environment: [] },
      ],
    })
  })

  it('show no secret value, and warn of one in plain text', () => {
    expect(`${first.log}${first.summary}${JSON.stringify(first.outputs)}`).not.toContain(PASSWORD)
    expect(first.annotations.map(({ message }) => message)).toContainEqual(expect.stringContaining('[secret-in-environment]'))
  })

  it('make no revision and no write the next time', async () => {
    const { step, seen } = await release()

    expect(seen).toMatchObject({ writes: 0, builds: 0 })
    expect(step.outputs).toMatchObject({ changed: 'false', 'task-definition-arn': first.outputs['task-definition-arn'] })
  })

  it('make a revision for a tag alone, which says nothing of the container', async () => {
    const { step } = await release({ ...EDITS, tags: 'team=core\ncost center=42' })

    expect(step.outputs['task-definition-arn']).not.toBe(first.outputs['task-definition-arn'])
    expect(step.summary).toContain('team')
  })

  it('remove and move variables of a family that is in AWS alone', async () => {
    const edits = { 'task-definition': 'flows', environment: '-OPTIONS\n-DB_PASSWORD\nAPI_TOKEN=public', secrets: 'EMPTY=/flows/empty', tags: '-team' }

    const { step } = await release(edits)

    expect(errorsOf(step)).toEqual([])
    expect((await newest())?.containerDefinitions?.[0]).toMatchObject({
      environment: [{ name: 'PREFECT_LOGGING_LEVEL', value: 'DEBUG' }, { name: 'API_TOKEN', value: 'public' }],
      secrets: [{ name: 'DB_KEY', valueFrom: SECRET_ARN }, { name: 'EMPTY', valueFrom: '/flows/empty' }],
    })
    expect((await release(edits)).step.outputs.changed).toBe('false')
  })

  it('are refused all at once, with no value and before anything is asked of AWS', async () => {
    await sandbox.aws.clearJournal()

    const inputs = { 'task-definition': '', environment: `A=1\n${PASSWORD}`, secrets: `KEY=pnu_${PASSWORD}`, tags: 'aws:a=b' }
    const step = await sandbox.run({ workspace, event: pushEvent(), inputs })

    expect(errorsOf(step).join('\n')).toMatch(/\[invalid-input\].*"environment" line 2 .*"secrets" line 1 .*"tags" line 1 .*without "task-definition"/s)
    expect(step.log).not.toContain(PASSWORD)
    expect(await sandbox.aws.journal()).toEqual([])
  })
})

describe('a task definition that AWS would refuse', () => {
  it('is an error at each of its lines, before anything is written', async () => {
    const changed = await sandbox.checkOut()
    edit(changed, 'task-definition.json', '"requiresCompatibilities": ["EC2"]', '"requiresCompatibilities": ["FARGATE"]')
    edit(changed, 'task-definition.json', '  "executionRoleArn": "arn:aws:iam::123456789012:role/flows-execution",\n', '')
    edit(changed, 'flows/orders.py', '\n\n\n', '\n\n\nREVISION = "refused"\n\n\n')

    await sandbox.aws.clearJournal()
    const { annotations, outputs } = await sandbox.run({ workspace: changed, event: pushEvent(), inputs: EDITS })

    const errors = annotations.filter(({ level }) => level === 'error')
    expect(errors.map(({ file, line, message }) => [file, line, message])).toEqual([
      ['task-definition.json', 10, expect.stringContaining('has secrets; that needs "executionRoleArn"')],
      ['task-definition.json', 12, expect.stringContaining('has an image of ECR; that needs "executionRoleArn"')],
      ['task-definition.json', 16, expect.stringContaining('has the log driver awslogs; that needs "executionRoleArn"')],
      ['task-definition.json', 4, expect.stringContaining('Fargate knows "networkMode" awsvpc only')],
    ])
    expect(outputs).toEqual({})
    expect((await sandbox.aws.journal()).filter(({ write }) => write)).toEqual([])
  })
})

describe('a registration that AWS puts off', () => {
  it.each<[string, 'throttle' | typeof CONCURRENT]>([['throttling', 'throttle'], ['another registration of the family', CONCURRENT]])('for %s is made later', async (what, kind) => {
    await sandbox.aws.clearJournal()
    await sandbox.aws.fault({ service: 'ecs', operation: 'RegisterTaskDefinition', times: 3, kind })

    const { step } = await release({ ...EDITS, tags: `put off=${what}` })

    await sandbox.aws.clearFaults()
    expect(errorsOf(step)).toEqual([])
    expect(await registrations()).toBe(4)
  })
})
