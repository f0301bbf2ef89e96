/** One rollout, made by the action itself, on a service and a work pool of its own. */
import { DescribeServicesCommand, ECSClient, StopServiceDeploymentCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import { deployPolicy, trustPolicy } from '../aws/policies.ts'
import type { PolicyDocument } from '../aws/policy-document.ts'
import type { Sandbox } from '../connect.ts'
import { poll } from '../poll.ts'
import { pushEvent } from '../runner/event.ts'
import { account, cluster, environment, repository, roleArn } from '../scene.ts'
import { policyTargets } from '../seed-aws.ts'
import type { RolloutCase } from './fates.ts'

export type Played = {
  readonly exitCode: number
  /** The error, then the whole log. */
  readonly said: string
  readonly status: string
  /** Number of the revision that the service is told to run. */
  readonly live: number
  /** From the end in the simulator, whose clock is the machine's, to the end of the step; 0 when the step began no rollout. */
  readonly lagSeconds: number
  /** As the SDK's waiter `servicesStable` defines it. */
  readonly looksStable: boolean
  readonly seconds: number
}

/** What all rollouts share: the sample project, released, and somebody with all rights. */
export type Stage = { readonly sandbox: Sandbox; readonly workspace: string; readonly client: ECSClient }

/** Releases the sample once, so that the rollouts need no build, no container and no write of a deployment. */
export async function setStage(sandbox: Sandbox): Promise<Stage> {
  await sandbox.reset()
  await sandbox.aws.durations({ visible: 2 }) // seconds until a new deployment can be listed
  const workspace = await sandbox.checkOut()
  const first = await sandbox.run({ workspace, event: pushEvent() })
  if (first.exitCode !== 0) throw new Error(`The sample cannot be released:\n${first.log}`)
  const credentials = await sandbox.aws.createUser({ name: 'somebody', policy: EVERYTHING })
  return { sandbox, workspace, client: new ECSClient({ region: account.region, endpoint: sandbox.endpoints.aws.url, credentials }) }
}

export async function playRollout(stage: Stage, rollout: RolloutCase): Promise<Played> {
  const { sandbox, workspace } = stage
  const { name, inputs = {} } = rollout
  const role = await arrange(stage, rollout)
  const over = new AbortController()
  const began = Date.now()
  const others = Promise.all([playWorker(stage, rollout, over.signal), playOther(stage, rollout)])
  const step = await sandbox.run({
    workspace, event: pushEvent(), inputs: { service: name, 'service-container-name': 'worker', 'role-to-assume': role, ...inputs },
  }).finally(() => { over.abort() })
  const ended = Date.now()
  await others
  const { services, serviceDeployments, tasks } = await sandbox.aws.state()
  const service = services.find(({ serviceName }) => serviceName === name)
  const [newest] = serviceDeployments.filter(({ serviceArn }) => serviceArn === service?.serviceArn)
  const isNew = newest?.createdAt !== undefined && new Date(newest.createdAt).getTime() >= began
  const crashes = tasks.filter(({ group, stoppedAt }) => group === `service:${name}` && stoppedAt !== undefined).map(({ stoppedAt = '' }) => stoppedAt)
  const end = newest?.finishedAt ?? (newest?.lifecycleHookDetails === undefined ? crashes[2] : newest.updatedAt)
  const { deployments = [], runningCount, desiredCount, taskDefinition = '' } = service ?? {}
  return {
    exitCode: step.exitCode,
    said: [...step.annotations.filter(({ level }) => level === 'error').map(({ message }) => message), step.log].join('\n'),
    status: step.outputs['service-status'] ?? '',
    live: Number(taskDefinition.split(':').at(-1)),
    lagSeconds: !isNew ? 0 : end === undefined ? Infinity : (ended - new Date(end).getTime()) / 1000,
    looksStable: deployments.length === 1 && runningCount === desiredCount,
    seconds: step.seconds,
  }
}

const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

/** @returns the ARN of the role that the step assumes. */
async function arrange({ sandbox }: Stage, { name, fate, service = {}, denied = [] }: RolloutCase): Promise<string> {
  const { aws } = sandbox
  await sandbox.prefectRequest('POST', '/work_pools/', { name, type: 'ecs' })
  await heartbeat(sandbox, name, 'ECSWorker of before')
  const container = {
    name: 'worker', image: 'flows:before', essential: true, memory: 256,
    command: ['prefect', 'worker', 'start', '--type', 'ecs', '--pool', name],
    logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': policyTargets.logGroup, 'awslogs-stream-prefix': 'worker' } },
  } as const
  await aws.registerTaskDefinition({
    family: name, networkMode: 'host', requiresCompatibilities: ['EC2'], containerDefinitions: [{ ...container, command: [...container.command] }],
  })
  await aws.createService({ cluster, name, taskDefinition: name, desiredCount: 1, launchType: 'EC2', ...service })
  await aws.fate(name, fate)
  const policy = withoutActions(deployPolicy({ ...policyTargets, service: '*', families: ['*'] }), denied)
  const role = `roller-${name}`
  await aws.createRole({ name: role, trustPolicy: trustPolicy(account.id, repository, [`environment:${environment}`]), policy })
  return roleArn(role)
}

function withoutActions({ Statement, ...document }: PolicyDocument, denied: readonly string[]): PolicyDocument {
  const left = Statement.map((statement) => ({ ...statement, Action: [statement.Action].flat().filter((action) => !denied.includes(action)) }))
  return { ...document, Statement: left.filter(({ Action }) => Action.length > 0) }
}

async function playWorker({ sandbox }: Stage, { name, isSilent = false }: RolloutCase, over: AbortSignal): Promise<void> {
  if (!isSilent) await joinWorker(sandbox, { service: name, pool: name, revision: `${name}:2` }, over)
}

/** Somebody else, once the rollout is under way. */
async function playOther({ sandbox: { aws }, client }: Stage, { name, meanwhile }: RolloutCase): Promise<void> {
  if (meanwhile === undefined) return
  const rollout = await poll('the rollout', 120, async () => {
    const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [name] }))
    return services[0]?.taskDefinition?.endsWith(`${name}:2`) === true ? services[0].currentServiceDeployment : undefined
  })
  if (meanwhile === 'stop') {
    await client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: rollout, stopType: 'ROLLBACK' }))
    return
  }
  const taskDefinition = await aws.registerTaskDefinition({
    family: name, networkMode: 'host', requiresCompatibilities: ['EC2'], containerDefinitions: [{ name: 'worker', image: 'flows:other', memory: 256 }],
  })
  await client.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition }))
}

/** The worker in a service's new task: it sends its first heartbeat when that runs. */
export async function joinWorker(
  sandbox: Sandbox, { service, pool, revision }: { readonly service: string; readonly pool: string; readonly revision: string }, over: AbortSignal,
): Promise<void> {
  await poll('the new task', 600, async () => {
    if (over.aborted) return true
    const { tasks } = await sandbox.aws.state()
    const task = tasks.find(({ group, lastStatus, taskDefinitionArn = '' }) =>
      group === `service:${service}` && lastStatus === 'RUNNING' && taskDefinitionArn.endsWith(revision))
    if (task === undefined) return undefined
    await heartbeat(sandbox, pool, `ECSWorker ${task.taskArn?.split('/').at(-1) ?? ''}`)
    return true
  })
}

async function heartbeat(sandbox: Sandbox, pool: string, worker: string): Promise<void> {
  await sandbox.prefectRequest('POST', `/work_pools/${pool}/workers/heartbeat`, { name: worker, heartbeat_interval_seconds: 30 })
}
