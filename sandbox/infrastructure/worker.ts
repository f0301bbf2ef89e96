/** The stack's worker as its task definition starts it: a real Prefect worker, in a process instead of a task, with the rights of its role. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import { attempt } from '../command.ts'
import type { Sandbox } from '../connect.ts'
import { freePort } from '../free-port.ts'
import { venv } from '../paths.ts'
import { poll } from '../poll.ts'
import { startProcess } from '../process.ts'
import type { RunningProcess } from '../process.ts'
import { account } from '../scene.ts'
import type { Made } from './account.ts'
import type { Moto } from './moto.ts'
import { readRole } from './roles.ts'

/** The port of `--with-healthcheck`, which the container has for itself. */
const HEALTH_PORT = '8080'

/** Starts the worker and waits until its health check passes and Prefect has it online. @throws Error with the end of its log when it does not. */
export async function startWorker(sandbox: Sandbox, moto: Moto, { stacks, worker, given }: Made): Promise<RunningProcess> {
  const [container] = worker.taskDefinition.containerDefinitions ?? []
  if (container === undefined) throw new Error('The worker has no container')
  const { policy } = await readRole(moto, stacks.worker.outputs.WorkerRoleArn)
  const { accessKeyId, secretAccessKey } = await sandbox.aws.createUser({ name: 'worker-of-the-stack', policy })
  const home = mkdtempSync(join(sandbox.endpoints.folder, 'worker-'))
  const port = String(await freePort())
  const env = {
    PATH: `${join(venv, 'bin')}:${process.env.PATH ?? ''}`, HOME: home, DO_NOT_TRACK: '1', LANG: 'C.UTF-8', PREFECT_WORKER_WEBSERVER_PORT: port,
    // The simulator has no VPCs and no queues: those are moto's, as the stacks have made them.
    AWS_ENDPOINT_URL: sandbox.endpoints.aws.url, AWS_ENDPOINT_URL_EC2: moto.url, AWS_ENDPOINT_URL_SQS: moto.url,
    AWS_DEFAULT_REGION: account.region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...environmentOf(container, given.apiKey),
  }
  const [, ...healthCheck] = container.healthCheck?.command ?? [] // after CMD
  const isHealthy = async () => (await attempt(healthCheck.map((part) => part.replaceAll(HEALTH_PORT, port)), { env })).exitCode === 0 ? true : undefined
  const running = await startProcess({ command: container.command ?? [], env, cwd: home, log: join(home, 'worker.log'), ready: isHealthy, readyWithinSeconds: 120 })
  await poll('the worker in its work pool', 60, () => isOnline(sandbox, stacks.worker.outputs.WorkPool))
  return running
}

/** Variables of the container, its secrets resolved as ECS does: there is only that of the API key. */
function environmentOf({ environment = [], secrets = [] }: ContainerDefinition, apiKey: string): Record<string, string> {
  const plain = environment.map(({ name = '', value = '' }) => [name, value] as const)
  return Object.fromEntries([...plain, ...secrets.map(({ name = '' }) => [name, apiKey] as const)])
}

async function isOnline(sandbox: Sandbox, pool = ''): Promise<true | undefined> {
  const workers = (await sandbox.prefectRequest('POST', `/work_pools/${pool}/workers/filter`, {})) as readonly { readonly status: string }[]
  return workers.some(({ status }) => status === 'ONLINE') ? true : undefined
}
