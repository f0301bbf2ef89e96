/** The sample project as the README of the example tells its reader to make it: two files filled in with outputs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../paths.ts'
import { workPool } from '../scene.ts'
import { edit } from '../workspace.ts'
import type { Given, Stacks, Values } from './stacks.ts'
import { templateFolder } from './template.ts'

/** Puts task-definition.json and work-pool.json into a checkout, and its deployments into the pool of the worker. */
export function useStacks(workspace: string, stacks: Stacks, { apiKeySecretArn }: Given): void {
  const outputs: Values = Object.fromEntries([
    ['ApiKeySecretArn', apiKeySecretArn] as const, ...Object.values(stacks).flatMap((stack) => Object.entries(stack.outputs)),
  ])
  const { WorkPool = '' } = outputs
  writeFileSync(join(workspace, 'task-definition.json'), fillIn(readFileSync(join(templateFolder, 'task-definition.json'), 'utf8'), outputs))
  writeFileSync(join(workspace, 'work-pool.json'), poolFrom(readFileSync(join(root, 'examples/work-pool/ecs.json'), 'utf8'), outputs))
  edit(workspace, 'prefect.yaml', `name: ${workPool}`, `name: ${WorkPool}`)
}

/** Replaces `<Name>` by the output of that name. @throws Error when there is none. */
export function fillIn(text: string, outputs: Values): string {
  return text.replaceAll(/<(\w+)>/g, (_, name: string) => outputs[name] ?? missing(name))
}

type Pool = {
  readonly name: string
  readonly base_job_template: { readonly variables: { readonly properties: Readonly<Record<string, { readonly default?: unknown }>> } }
}

/** A pool's template with the defaults that the table of examples/work-pool names outputs for. */
export function poolFrom(text: string, outputs: Values): string {
  const pool = JSON.parse(text) as Pool
  const { variables } = pool.base_job_template
  const defaults = Object.entries(defaultsOf(outputs)).map(([name, value]) => {
    const property = variables.properties[name] ?? missing(name)
    const merged = typeof property.default === 'object' && property.default !== null ? { ...property.default, ...(value as object) } : value
    return [name, { ...property, default: merged }] as const
  })
  const properties = { ...variables.properties, ...Object.fromEntries(defaults) }
  return JSON.stringify({ ...pool, name: outputs.WorkPool, base_job_template: { ...pool.base_job_template, variables: { ...variables, properties } } }, null, 2)
}

function defaultsOf(outputs: Values): Readonly<Record<string, unknown>> {
  const output = (name: string) => outputs[name] ?? missing(name)
  return {
    image: `${output('RepositoryUri')}:stable`,
    cluster: output('ClusterName'),
    vpc_id: output('VpcId'),
    network_configuration: { subnets: output('PrivateSubnetIds').split(','), securityGroups: [output('TaskSecurityGroupId')] },
    task_role_arn: output('FlowRunRoleArn'),
    execution_role_arn: output('ExecutionRoleArn'),
    cloudwatch_logs_options: { 'awslogs-group': output('LogGroupName'), 'awslogs-region': output('Region') },
    prefect_api_key_secret_arn: output('ApiKeySecretArn'),
  }
}

function missing(name: string): never {
  throw new Error(`There is no ${name}`)
}
