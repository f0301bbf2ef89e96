/** The project of examples/quick-start with the outputs of its stacks filled in, as the README's commands do. */
import { randomUUID } from 'node:crypto'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jobTemplate, root } from '../paths.ts'
import { account, cluster, roleArn, roles } from '../scene.ts'
import { deploymentsOn } from './holdings.ts'
import type { Stage, Values } from './scene.ts'
import { unless } from './scene.ts'

/** Also makes the work pool, as the stack's worker would: of Prefect's own template. */
export async function prepareQuickStart({ sandbox, workspace }: Stage): Promise<Values> {
  const pool = `quick-start-${randomUUID().slice(0, 8)}`
  const template: unknown = JSON.parse(readFileSync(jobTemplate, 'utf8'))
  await sandbox.prefectRequest('POST', '/work_pools/', { name: pool, type: 'ecs', base_job_template: template })
  for (const part of ['prefect.yaml', 'Dockerfile', 'requirements.txt', 'task-definition.json', 'flows']) rmSync(join(workspace, part), { recursive: true })
  cpSync(join(root, 'examples/quick-start'), workspace, { recursive: true })
  for (const file of ['prefect.yaml', 'task-definition.json']) fill(join(workspace, file), { ...OUTPUTS, WorkPool: pool })
  return {}
}

export async function hasQuickStart({ sandbox: { endpoints: { prefect } } }: Stage): Promise<readonly string[]> {
  const names = await deploymentsOn({ apiUrl: prefect.directUrl })
  return unless(names.join() === 'every-morning', `released: ${names.join(', ')}`)
}

const OUTPUTS: Values = {
  ClusterName: cluster,
  VpcId: 'vpc-0a1b2c3d4e5f67890',
  PrivateSubnetIds: 'subnet-0a1b2c3d4e5f67890,subnet-1a1b2c3d4e5f67890',
  TaskSecurityGroupId: 'sg-0a1b2c3d4e5f67890',
  FlowRunRoleArn: roleArn(roles.task),
  ExecutionRoleArn: roleArn(roles.execution),
  LogGroupName: '/ecs/flows',
  Region: account.region,
  ApiKeySecretArn: `arn:aws:secretsmanager:${account.region}:${account.id}:secret:prefect-api-key-AbCdEf`,
}

function fill(path: string, outputs: Values): void {
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/<(\w+)>/g, (whole, name: string) => outputs[name] ?? whole))
}
