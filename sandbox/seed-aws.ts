import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { createControl } from './aws/control.ts'
import type { AccessKey } from './aws/control.ts'
import { deployPolicy, planPolicy, trustPolicy, workerPolicy } from './aws/policies.ts'
import type { PolicyTargets } from './aws/policies.ts'
import { account, cluster, codeBucket, ecrRepository, environment, family, repository, roles, service } from './scene.ts'

/** The account that the documentation describes: two roles with the documented policies, a repository, a cluster, a worker. */
export async function seedAws(url: string): Promise<void> {
  const control = createControl(url)
  const trust = (subjects: readonly string[]) => trustPolicy(account.id, repository, subjects)
  await control.createRole({ name: roles.deploy, trustPolicy: trust([`environment:${environment}`]), policy: deployPolicy(policyTargets) })
  await control.createRole({ name: roles.plan, trustPolicy: trust(['pull_request']), policy: planPolicy(policyTargets) })
  await control.createRepository({ name: ecrRepository, tagMutability: 'IMMUTABLE' })
  await control.createCluster(cluster)
  await control.createBucket({ name: codeBucket })
  await control.registerTaskDefinition(WORKER)
  await control.createService({ cluster, name: service, taskDefinition: service, desiredCount: 1, circuitBreaker: { enable: true, rollback: true } })
}

/** Another key of the user that a worker outside of ECS runs as. */
export async function createWorkerKey(url: string): Promise<AccessKey> {
  return createControl(url).createUser({ name: service, policy: workerPolicy(policyTargets) })
}

/** What the roles' policies are about. */
export const policyTargets: PolicyTargets = {
  accountId: account.id,
  region: account.region,
  repository: ecrRepository,
  families: [family, service],
  cluster,
  service,
  taskRoles: [roles.task, roles.execution],
  logGroup: '/ecs/flows',
  bucket: codeBucket,
}

/** A stock Prefect worker, in a family of its own. */
const WORKER: RegisterTaskDefinitionRequest = {
  family: service,
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  executionRoleArn: `arn:aws:iam::${account.id}:role/${roles.execution}`,
  containerDefinitions: [
    { name: 'prefect-worker', image: 'prefecthq/prefect:3-latest', essential: true, command: ['prefect', 'worker', 'start', '--pool', 'ecs', '--type', 'ecs'] },
  ],
}
