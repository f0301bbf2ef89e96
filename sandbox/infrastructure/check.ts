/** examples/infrastructure, linted, created, looked at, and released with. */
import type { Sandbox } from '../connect.ts'
import { account } from '../scene.ts'
import { seedFromStacks } from './account.ts'
import type { Made } from './account.ts'
import { completions } from './completions.ts'
import { examineNetwork } from './examine-network.ts'
import { examineWorker } from './examine-worker.ts'
import { lintTemplates } from './linters.ts'
import { startMoto } from './moto.ts'
import type { Moto } from './moto.ts'
import { releaseWithStacks } from './release.ts'
import { examineRoles } from './roles.ts'
import { createStacks } from './stacks.ts'
import type { Given, Stacks } from './stacks.ts'
import { templatesInFolder } from './template.ts'
import { startWorker } from './worker.ts'

export type Checked = {
  readonly stacks: number
  readonly created: number
  /** Of the linters, and what AWS describes otherwise than the templates promise. */
  readonly findings: readonly string[]
  /** What went wrong with the release. */
  readonly problems: readonly string[]
}

type Say = (line: string) => void

export async function checkInfrastructure(sandbox: Sandbox, say: Say = () => undefined): Promise<Checked> {
  const linting = lintTemplates()
  linting.catch(() => undefined) // it is awaited below, also when moto does not start
  const moto = await startMoto(sandbox.endpoints.folder)
  try {
    const given = givenBy(sandbox)
    const stacks = await create(moto, given, say)
    const { worker, problems: wrong } = await examineWorker(moto, stacks, given)
    const findings = [...(await linting), ...(await examineNetwork(moto, stacks.network)), ...wrong, ...(await examineRoles(moto, stacks))]
    const problems = await release(sandbox, moto, { stacks, worker, given })
    const created = Object.values(stacks).filter(({ status }) => status === 'CREATE_COMPLETE').length
    return { stacks: templatesInFolder().length, created, findings, problems }
  } finally {
    await moto.stop()
  }
}

/** The last line of `npm run check:infrastructure`. */
export function summarize({ stacks, created, findings, problems }: Checked): string {
  return `stacks ${stacks}, created ${created}, findings ${findings.length}, release ${problems.length === 0 ? 'ok' : 'failed'}`
}

function givenBy({ endpoints: { prefect } }: Sandbox): Given {
  const apiKeySecretArn = `arn:aws:secretsmanager:${account.region}:${account.id}:secret:prefect-api-key-AbCdEf`
  return { prefectApiUrl: prefect.directUrl, apiKey: 'pnu_keyThatAServerWithoutKeysIgnores', apiKeySecretArn }
}

async function create(moto: Moto, given: Given, say: Say): Promise<Stacks> {
  const stacks = await createStacks(moto, given)
  for (const { template, name, status, resources } of Object.values(stacks)) say(`${template}.yml: stack ${name}, ${status}, ${Object.keys(resources).length} resources`)
  for (const { resource, lacks, calls } of completions(stacks)) {
    await moto.call(calls)
    say(`made by API call, because moto's CloudFormation leaves it out: ${resource}: ${lacks}`)
  }
  return stacks
}

/** On the account of the stacks instead of the sample's; the worker's first start has made its work pool. */
async function release(sandbox: Sandbox, moto: Moto, made: Made): Promise<string[]> {
  await sandbox.reset()
  await seedFromStacks(sandbox, moto, made)
  await sandbox.aws.durations({ visible: 2 }) // seconds until a new deployment can be listed
  const pool = made.stacks.worker.outputs.WorkPool ?? ''
  await sandbox.prefectRequest('POST', '/work_pools/', { name: pool, type: 'ecs' })
  try {
    return await releaseWithStacks(sandbox, made, () => startWorker(sandbox, moto, made))
  } finally {
    await sandbox.prefectRequest('DELETE', `/work_pools/${pool}`)
  }
}
