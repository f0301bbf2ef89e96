/** Roles as IAM has them, and what the documentation says that they are. */
import { deployPolicy, planPolicy, trustPolicy } from '../aws/policies.ts'
import type { PolicyTargets } from '../aws/policies.ts'
import { comparablePolicy } from '../aws/comparable-policy.ts'
import type { PolicyDocument } from '../aws/policy-document.ts'
import { account, environment, family, repository } from '../scene.ts'
import type { Moto } from './moto.ts'
import { same } from './same.ts'
import type { Stacks } from './stacks.ts'

export type Role = { readonly name: string; readonly trustPolicy: PolicyDocument; readonly policy: PolicyDocument }

/** A role that a stack has made, its inline policies as one. @param arn an output. */
export async function readRole(moto: Moto, arn = ''): Promise<Role> {
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  const [{ Role: role }, { PolicyNames: names }] = await moto.call<[
    { readonly Role: { readonly AssumeRolePolicyDocument: PolicyDocument } }, { readonly PolicyNames: readonly string[] },
  ]>([
    { service: 'iam', operation: 'get_role', parameters: { RoleName: name } },
    { service: 'iam', operation: 'list_role_policies', parameters: { RoleName: name } },
  ])
  const policies = await moto.call<{ readonly PolicyDocument: PolicyDocument }[]>(
    names.map((PolicyName) => ({ service: 'iam', operation: 'get_role_policy', parameters: { RoleName: name, PolicyName } })),
  )
  const statements = policies.flatMap(({ PolicyDocument: { Statement } }) => Statement)
  return { name, trustPolicy: role.AssumeRolePolicyDocument, policy: { Version: '2012-10-17', Statement: withoutNothing(statements) } }
}

/** Which roles may do what, by the stacks' outputs. */
export function documentedTargets({ registry, worker }: Pick<Stacks, 'registry' | 'worker'>): PolicyTargets {
  const { ClusterName = '', ServiceName = '', LogGroupName = '', FlowRunRoleArn = '', ExecutionRoleArn = '', WorkerRoleArn = '' } = worker.outputs
  return {
    accountId: account.id, region: account.region, repository: registry.outputs.RepositoryName ?? '',
    families: [family, ServiceName], cluster: ClusterName, service: ServiceName, logGroup: LogGroupName, bucket: '',
    taskRoles: [FlowRunRoleArn, ExecutionRoleArn, WorkerRoleArn].map((arn) => arn.slice(arn.lastIndexOf('/') + 1)),
  }
}

/** @returns how the roles of GitHub differ from the documentation, which has the code in the image here. */
export async function examineRoles(moto: Moto, stacks: Stacks): Promise<string[]> {
  const { DeployRoleArn, PlanRoleArn } = stacks['github-oidc'].outputs
  const [deploy, plan] = [await readRole(moto, DeployRoleArn), await readRole(moto, PlanRoleArn)]
  const targets = documentedTargets(stacks)
  const trust = (subjects: readonly string[]) => trustPolicy(account.id, repository, subjects)
  return [
    ...samePolicy('policy of the deploy role', deploy.policy, withoutCode(deployPolicy(targets))),
    ...samePolicy('policy of the plan role', plan.policy, withoutCode(planPolicy(targets))),
    ...samePolicy('trust policy of the deploy role', deploy.trustPolicy, trust([`environment:${environment}`])),
    ...samePolicy('trust policy of the plan role', plan.trustPolicy, trust(['pull_request', 'ref:refs/heads/main'])),
  ]
}

/** Without the statements for code in S3. */
export function withoutCode({ Statement, ...document }: PolicyDocument): PolicyDocument {
  return { ...document, Statement: Statement.filter(({ Sid = '' }) => !Sid.startsWith('Code')) }
}

function samePolicy(what: string, seen: PolicyDocument, expected: PolicyDocument): string[] {
  return same(what, comparablePolicy(seen), comparablePolicy(expected))
}

/** moto keeps a null where CloudFormation leaves `AWS::NoValue` out. */
function withoutNothing<T>(value: T): T {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map((item: unknown) => withoutNothing(item)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, withoutNothing(item)])) as T
}
