import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { attempt } from '../../sandbox/command.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { venv } from '../../sandbox/paths.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { deploymentIds, watch } from '../../sandbox/scenario.ts'
import { account, codeBucket } from '../../sandbox/scene.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

/** Workers of this type run flows in a process of their own, with the code that the pull steps fetch. */
const POOL = 'processes'
const FOLDER = 'flows/main'
const PREFECT_FILE = `
build:
- prefect.deployments.steps.run_shell_script: {id: revision, script: cat REVISION}
push:
- prefect_aws.deployments.steps.push_to_s3: {id: code, bucket: ${codeBucket}, folder: ${FOLDER}}
pull:
- prefect_aws.deployments.steps.pull_from_s3: {bucket: "{{ code.bucket }}", folder: "{{ code.folder }}"}
deployments:
- name: from-s3
  entrypoint: flows/orders.py:import_orders
  description: "revision {{ revision.stdout }}"
  parameters: {shops: [berlin]}
  work_pool: {name: ${POOL}}
`
const IGNORED = `REVISION
task-definition.json
`

type Deployment = { readonly id: string; readonly description: string; readonly updated: string; readonly pull_steps: unknown }
type Objects = Readonly<Record<string, { readonly text: string }>>

let sandbox: Sandbox
let workspace: string
let first: StepResult

/** Without a task definition and a service: the flow runs outside of ECS. */
const run = () => sandbox.run({ workspace, event: pushEvent(), inputs: { 'task-definition': '', service: '', cluster: '' } })
const release = () => watch(sandbox, run)
const objects = async (): Promise<Objects> => ((await sandbox.aws.state()).buckets as Readonly<Record<string, Objects>>)[codeBucket] ?? {}
const written = async () => (await sandbox.aws.journal())
  .filter(({ operation }) => operation === 'PutObject').map(({ request }) => (request as { readonly Key: string }).Key)
const live = async () => (await sandbox.prefectRequest('GET', `/deployments/${deploymentIds(first).get('from-s3') ?? ''}`)) as Deployment

/** What docs/permissions.md says that whoever runs the flows needs, and nothing else. */
const PULLING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${codeBucket}` },
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${codeBucket}/*` },
  ],
}

/** A real worker on a machine of its own, which polls once and waits for the run. @returns what it printed. */
async function runProcessWorker(): Promise<string> {
  const { endpoints } = sandbox
  const home = mkdtempSync(join(endpoints.folder, 'process-worker-'))
  const { accessKeyId, secretAccessKey } = await sandbox.aws.createUser({ name: 'runs-flows', policy: PULLING })
  const { stdout, stderr } = await attempt([join(venv, 'bin/prefect'), 'worker', 'start', '--type', 'process', '--pool', POOL, '--run-once'], {
    cwd: home,
    env: {
      PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: home, DO_NOT_TRACK: '1', LANG: 'C.UTF-8',
      PREFECT_API_URL: endpoints.prefect.directUrl, AWS_ENDPOINT_URL: endpoints.aws.url,
      AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION: account.region,
    },
  })
  return `${stdout}${stderr}`
}

async function runFlow(): Promise<{ readonly state: string; readonly log: string }> {
  const { id } = (await sandbox.prefectRequest('POST', `/deployments/${deploymentIds(first).get('from-s3') ?? ''}/create_flow_run`, {})) as { id: string }
  const log = await runProcessWorker()
  return { state: await sandbox.runEnded(id), log }
}

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  await sandbox.prefectRequest('POST', '/work_pools/', { name: POOL, type: 'process' })
  workspace = await sandbox.checkOut()
  writeFileSync(join(workspace, 'prefect.yaml'), PREFECT_FILE)
  writeFileSync(join(workspace, '.prefectignore'), IGNORED)
  writeFileSync(join(workspace, 'REVISION'), 'seven\n')
  first = (await release()).step
})

describe('a first release of code in S3', () => {
  it('copies the folder but what is ignored, under the keys that pull_from_s3 looks for', async () => {
    expect(Object.keys(await objects()).sort()).toEqual([
      '.dockerignore', '.prefectignore', 'Dockerfile', 'flows/__init__.py', 'flows/orders.py', 'flows/report.py', 'flows/retention.py',
      'prefect.yaml', 'requirements.txt',
    ].map((name) => `${FOLDER}/${name}`))
    expect((await objects())[`${FOLDER}/flows/orders.py`]?.text).toBe(readFileSync(join(workspace, 'flows/orders.py'), 'utf8'))
  })

  it('tells runs where the code is, and puts what a script printed where the file wants it', async () => {
    expect(await live()).toMatchObject({
      description: 'revision seven',
      pull_steps: [{ 'prefect_aws.deployments.steps.pull_from_s3': { bucket: codeBucket, folder: FOLDER } }],
    })
  })

  it('lets a real worker pull the code and run it to its end', async () => {
    const { state, log } = await runFlow()

    expect({ state, log }).toMatchObject({ state: 'COMPLETED', log: expect.stringMatching(/\d+ orders of/) })
  })
})

describe('another release of code in S3', () => {
  it('copies and writes nothing when nothing has changed', async () => {
    const { updated } = await live()

    const { seen } = await release()

    expect(await written()).toEqual([])
    expect(seen.writes).toBe(0)
    expect((await live()).updated).toBe(updated)
  })

  it('copies the one file that changed, which the next run runs', async () => {
    edit(workspace, 'flows/orders.py', 'orders of {day}', 'changed orders of {day}')

    await release()

    expect(await written()).toEqual([`${FOLDER}/flows/orders.py`])
    expect(await runFlow()).toMatchObject({ state: 'COMPLETED', log: expect.stringContaining('changed orders of') })
  })

  it('puts what the script prints now into the deployment, and copies nothing for it', async () => {
    writeFileSync(join(workspace, 'REVISION'), 'eight\n')

    await release()

    expect(await written()).toEqual([])
    expect(await live()).toMatchObject({ description: 'revision eight' })
  })
})

it('leaves no request that AWS would not have understood', async () => {
  expect(await sandbox.aws.defects()).toEqual([])
})
