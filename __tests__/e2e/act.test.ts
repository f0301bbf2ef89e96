import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { runWorkflow } from '../../sandbox/act.ts'
import type { WorkflowOptions, WorkflowResult } from '../../sandbox/act.ts'
import { deployPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { root } from '../../sandbox/paths.ts'
import { isPrefectWrite } from '../../sandbox/prefect-recorder.ts'
import { account, ecrRepository, family, repository, roleArn, roles } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(360_000)

const EXAMPLE = join(root, 'examples/workflows/deploy.yml')
/** The deploy role as the documentation prints it: it trusts the jobs of the main branch. */
const DEPLOY_ROLE = 'flows-main'

let sandbox: Sandbox
let pushed: Seen

type Seen = {
  readonly run: WorkflowResult
  readonly awsWrites: readonly string[]
  readonly prefectWrites: readonly string[]
  /** Who asked ECS. */
  readonly principals: readonly string[]
}
type Deployment = { readonly name: string; readonly id: string }
type Announced = { readonly image: string; readonly taskDefinition: string; readonly deployments: readonly Deployment[] }

/** The workflow of the examples, and what the simulator and the Prefect recorder saw of it. */
async function runExample(options: Pick<WorkflowOptions, 'event' | 'inputs' | 'workspace'>): Promise<Seen> {
  const { aws, prefect, endpoints: { cloud } } = sandbox
  await Promise.all([aws.clearJournal(), prefect.clearJournal()])
  const run = await runWorkflow(sandbox, {
    ...options,
    workflow: EXAMPLE,
    vars: { AWS_PLAN_ROLE: roleArn(roles.plan), AWS_DEPLOY_ROLE: roleArn(DEPLOY_ROLE), PREFECT_API_URL: cloud.apiUrl },
    secrets: { PREFECT_API_KEY: cloud.apiKey },
  })
  const [calls, exchanges] = await Promise.all([aws.journal(), prefect.journal()])
  if (calls.length === 0 || exchanges.length === 0) throw new Error(`The workflow did not get as far as AWS and Prefect:\n${run.log}`)
  return {
    run,
    awsWrites: calls.filter(({ write }) => write).map(({ operation }) => operation),
    prefectWrites: exchanges.filter(isPrefectWrite).map(({ method, path }) => `${method} ${path}`),
    principals: [...new Set(calls.filter(({ service }) => service === 'ecs').map(({ principal }) => principal))],
  }
}

/** A checkout whose image nobody has built before. */
async function checkOutChanged(): Promise<string> {
  const changed = await sandbox.checkOut()
  edit(changed, 'flows/report.py', '\n\n\n', `\n\n\nREVISION = "${changed}"\n\n\n`)
  return changed
}

/** What the job `announce` printed, which got it as outputs of the job before. */
function announced({ jobs, log }: WorkflowResult): Announced {
  const say = (what: string) => jobs.announce?.output.find((line) => line.startsWith(`${what} `))?.slice(what.length + 1)
  const [image, taskDefinition, deployments] = ['image', 'task definition', 'deployments'].map(say)
  if (!image || !taskDefinition || !deployments) throw new Error(`Nothing was announced:\n${log}`)
  return { image, taskDefinition, deployments: JSON.parse(deployments) as Deployment[] }
}

async function newestRevision() {
  const { taskDefinitions } = await sandbox.aws.state()
  const newest = taskDefinitions.findLast((definition) => definition.family === family && definition.status === 'ACTIVE')
  return { arn: newest?.taskDefinitionArn, image: newest?.containerDefinitions?.find(({ name }) => name === 'prefect')?.image }
}

const dockerCalls = ({ children }: WorkflowResult) => children.map(({ argv }) => argv.slice(0, 3).join(' '))

/** How it went; the log is there to be seen when a test fails. */
function outcome({ exitCode, jobs, log }: WorkflowResult) {
  return { exitCode, deploy: jobs.deploy?.conclusion, announce: jobs.announce?.conclusion, log }
}

beforeAll(async () => {
  sandbox = connectSandbox()
  const trust = trustPolicy(account.id, repository, ['ref:refs/heads/main'])
  await sandbox.aws.createRole({ name: DEPLOY_ROLE, trustPolicy: trust, policy: deployPolicy(policyTargets) })
  pushed = await runExample({ event: 'push', workspace: await checkOutChanged() })
})

describe('the example workflow on a push', () => {
  it('is green, with the deploy role and no secret in its log', () => {
    const { run, principals } = pushed

    expect(outcome(run)).toMatchObject({ exitCode: 0, deploy: 'success', announce: 'success' })
    expect(dockerCalls(run)).toContain('docker buildx build')
    expect(principals).toEqual([expect.stringContaining(`:assumed-role/${DEPLOY_ROLE}/`)])
    expect(run.log).not.toContain(sandbox.endpoints.cloud.apiKey)
    expect(run.jobs.deploy?.summary).toContain('**Applied**')
  })

  it('tells the next job the image and the task definition that the account holds', async () => {
    const { image, taskDefinition } = announced(pushed.run)
    const { repositories } = await sandbox.aws.state()
    const { repositoryUri = '', tags = {} } = repositories.find(({ repositoryName }) => repositoryName === ecrRepository) ?? {}

    expect(Object.values(tags).map((digest) => `${repositoryUri}@${digest}`)).toContain(image)
    expect(await newestRevision()).toEqual({ arn: taskDefinition, image })
  })

  it('tells the next job the deployments that the Prefect server holds, pinned to that task definition', async () => {
    const { taskDefinition, deployments } = announced(pushed.run)
    const live = await Promise.all(deployments.map(({ name }) => sandbox.prefectRequest('GET', `/deployments/name/${name}`)))

    expect(deployments).toHaveLength(7)
    expect(live).toMatchObject(deployments.map(({ id }) => ({ id, job_variables: { task_definition_arn: taskDefinition } })))
  })
})

describe('the example workflow on a pull request', () => {
  it('plans the change with the plan role, announces nothing, and nothing is written', async () => {
    const before = await newestRevision()

    const { run, awsWrites, prefectWrites, principals } = await runExample({ event: 'pull_request', workspace: await checkOutChanged() })

    expect(outcome(run)).toMatchObject({ exitCode: 0, deploy: 'success', announce: 'skipped' })
    expect(run.jobs.deploy?.output).toContain('deployment: update sales-report/report-daily')
    expect(principals).toEqual([expect.stringContaining(`:assumed-role/${roles.plan}/`)])
    expect({ awsWrites, prefectWrites }).toEqual({ awsWrites: [], prefectWrites: [] })
    expect(await newestRevision()).toEqual(before)
  })
})

describe('the example workflow started by hand', () => {
  it('deploys the released digest again without a build, whatever the checkout says', async () => {
    const released = announced(pushed.run)
    const image = released.image.slice(released.image.indexOf('@') + 1)

    const { run, awsWrites } = await runExample({ event: 'workflow_dispatch', inputs: { image }, workspace: await checkOutChanged() })

    expect(outcome(run)).toMatchObject({ exitCode: 0, deploy: 'success', announce: 'success' })
    expect(dockerCalls(run).filter((call) => /build|push/.test(call))).toEqual([])
    expect(awsWrites).toEqual([])
    expect(announced(run)).toMatchObject({ image: released.image, taskDefinition: released.taskDefinition })
  })
})

describe('a workflow run', () => {
  it('is a failure when the role does not trust the job, and the jobs that need it are skipped', async () => {
    const run = await runWorkflow(sandbox, {
      event: 'push',
      workspace: await sandbox.checkOut(),
      workflow: EXAMPLE,
      vars: { AWS_DEPLOY_ROLE: roleArn(roles.plan), PREFECT_API_URL: sandbox.endpoints.cloud.apiUrl },
      secrets: { PREFECT_API_KEY: sandbox.endpoints.cloud.apiKey },
    })

    expect(outcome(run)).toMatchObject({ exitCode: 1, deploy: 'failure', announce: 'skipped' })
    expect(run.log).toContain('[role-not-assumable]')
    expect(run.log).toContain(`repo:${repository.owner}/${repository.name}:ref:refs/heads/main`)
  })
})
