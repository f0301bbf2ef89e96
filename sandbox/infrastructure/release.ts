/** A release by the stacks' outputs alone: planned by the one role, applied by the other, and planned again. */
import type { Sandbox } from '../connect.ts'
import type { RunningProcess } from '../process.ts'
import { joinWorker } from '../rollouts/play.ts'
import type { StepResult } from '../runner.ts'
import { pullRequestEvent, pushEvent } from '../runner/event.ts'
import type { WorkflowEvent } from '../runner/event.ts'
import { deploymentIds } from '../scenario.ts'
import { useStacks } from './project.ts'
import { same } from './same.ts'
import type { Given, Stacks, Values } from './stacks.ts'
import type { Made } from './account.ts'

/** The deployment that is run. */
const RUN = 'orders-backfill'

/** @param startWorker for a run of what was released. @returns what went wrong, in words. */
export async function releaseWithStacks(sandbox: Sandbox, { stacks, given }: Made, startWorker: () => Promise<RunningProcess>): Promise<string[]> {
  const workspace = await sandbox.checkOut()
  useStacks(workspace, stacks, given)
  const { DeployRoleArn = '', PlanRoleArn = '' } = stacks['github-oidc'].outputs
  const step = (event: WorkflowEvent, role: string) => sandbox.run({
    workspace, event, inputs: inputsFrom(stacks, { role, ...given }), secrets: [given.apiKey], timeoutSeconds: 600,
  })
  const onPullRequest = pullRequestEvent({ number: 7 })
  const refused = await step(onPullRequest, DeployRoleArn)
  const planned = await step(onPullRequest, PlanRoleArn)
  const released = await rollWith(sandbox, stacks, () => step(pushEvent(), DeployRoleArn))
  const again = await step(onPullRequest, PlanRoleArn)
  const intruder = await step(pushEvent(), PlanRoleArn)
  return [
    ...same('a pull request with the deploy role', refused.exitCode, 1),
    ...same('why it is refused', refused.log.includes('role-not-assumable'), true),
    ...green('plan', planned), ...same('plan', planned.outputs.changed, 'true'),
    ...green('release', released), ...same('worker service', released.outputs['service-status'], 'rolled'),
    ...green('plan after the release', again), ...same('plan after the release', again.outputs.changed, 'false'),
    ...same('a job of an environment with the plan role', intruder.exitCode, 1),
    ...(await whatIsLive(sandbox, stacks, released)),
    ...(released.exitCode === 0 ? await runFlow(sandbox, released, startWorker) : []),
    ...(await sandbox.aws.defects()),
  ]
}

/** The step's inputs: all of AWS's are outputs. */
export function inputsFrom(stacks: Stacks, { role, prefectApiUrl, apiKey }: Given & { readonly role: string }): Values {
  const { Region = '', AccountId = '' } = stacks['github-oidc'].outputs
  const { ClusterName = '', ServiceName = '' } = stacks.worker.outputs
  return {
    'aws-region': Region,
    'allowed-account-ids': AccountId,
    'role-to-assume': role,
    'ecr-repository': stacks.registry.outputs.RepositoryName ?? '',
    'task-definition': 'task-definition.json',
    'work-pool-template': 'work-pool.json',
    cluster: ClusterName,
    service: ServiceName,
    'service-container-name': ServiceName,
    'prefect-api-url': prefectApiUrl,
    'prefect-api-key': apiKey,
    'prefect-api-auth-string': '',
  }
}

/** The worker of the release sends its first heartbeat when its task runs. */
async function rollWith(sandbox: Sandbox, { worker: { outputs } }: Stacks, release: () => Promise<StepResult>): Promise<StepResult> {
  const { ServiceName: service = '', WorkPool: pool = '' } = outputs
  const over = new AbortController()
  const others = joinWorker(sandbox, { service, pool, revision: `${service}:2` }, over.signal)
  const result = await release().finally(() => { over.abort() })
  await others
  return result
}

/** A run of a released deployment, by the worker of the stack and in a task of Fargate. */
async function runFlow(sandbox: Sandbox, released: StepResult, startWorker: () => Promise<RunningProcess>): Promise<string[]> {
  const worker = await startWorker()
  try {
    const deployment = deploymentIds(released).get(RUN) ?? ''
    const { id } = (await sandbox.prefectRequest('POST', `/deployments/${deployment}/create_flow_run`, {})) as { readonly id: string }
    return same(`run of ${RUN} by the worker of the stack`, await sandbox.runEnded(id), 'COMPLETED')
  } finally {
    await worker.stop()
  }
}

async function whatIsLive({ aws }: Sandbox, { worker: { outputs } }: Stacks, { outputs: { image } }: StepResult): Promise<string[]> {
  const { services, taskDefinitions } = await aws.state()
  const service = services.find(({ serviceName }) => serviceName === outputs.ServiceName)
  const imagesOf = (family = '') => taskDefinitions.findLast((definition) => definition.family === family)?.containerDefinitions?.map((container) => container.image)
  return [
    ...same('revision of the worker service', service?.taskDefinition?.endsWith(`/${outputs.ServiceName ?? ''}:2`), true),
    ...same('image of the worker', imagesOf(outputs.ServiceName), [image]),
    ...same('image of flow runs', imagesOf('flows'), [image]),
  ]
}

function green(what: string, { exitCode, log }: StepResult): string[] {
  return exitCode === 0 ? [] : [`The ${what} failed:\n${log}`]
}
