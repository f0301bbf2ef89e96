/** The stacks, created in their order by CloudFormation's API with outputs as parameters, as the README of the example says. */
import { readFileSync } from 'node:fs'
import { account, environment, family, repository } from '../scene.ts'
import type { Call, Moto } from './moto.ts'
import type { Situation } from './resolve.ts'
import { readTemplate, templateNames, templatePath } from './template.ts'
import type { TemplateName } from './template.ts'

export type Values = Readonly<Record<string, string>>

export type Stack = {
  readonly template: TemplateName
  readonly name: string
  readonly status: string
  readonly parameters: Values
  readonly outputs: Values
  /** Physical ids by logical ids. */
  readonly resources: Values
}

export type Stacks = Readonly<Record<TemplateName, Stack>>

/** What only the account's owner knows. */
export type Given = { readonly prefectApiUrl: string; readonly apiKeySecretArn: string; readonly apiKey: string }

/** @throws Error when a stack is refused or does not get complete. */
export async function createStacks(moto: Moto, given: Given): Promise<Stacks> {
  await moto.call([createProvider])
  const stacks: Partial<Record<TemplateName, Stack>> = {}
  for (const template of templateNames) stacks[template] = await createStack(moto, template, parametersOf(template, stacks, given))
  return stacks as Stacks
}

/** moto's CloudFormation has no AWS::IAM::OIDCProvider: the account has one already, as many do. */
export const createProvider: Call = {
  service: 'iam', operation: 'create_open_id_connect_provider',
  parameters: { Url: 'https://token.actions.githubusercontent.com', ClientIDList: ['sts.amazonaws.com'] },
}

/** What a stack is told: outputs of those before it, and what only its owner knows. */
export function parametersOf(template: TemplateName, stacks: Partial<Record<TemplateName, Pick<Stack, 'outputs'>>>, given: Given): Values {
  const output = (of: TemplateName, name: string) => stacks[of]?.outputs[name] ?? missing(`${of}.yml has no output ${name}`)
  switch (template) {
    case 'network': return {}
    case 'registry': return { RepositoryName: 'shop/flows' }
    case 'worker': return {
      PrefectApiUrl: given.prefectApiUrl,
      ApiKeySecretArn: given.apiKeySecretArn,
      SubnetIds: output('network', 'PrivateSubnetIds'),
      SecurityGroupId: output('network', 'TaskSecurityGroupId'),
      RepositoryName: output('registry', 'RepositoryName'),
    }
    case 'github-oidc': return {
      GitHubOwner: repository.owner, GitHubOwnerId: repository.ownerId, GitHubRepository: repository.name, GitHubRepositoryId: repository.id,
      DeploySubject: `environment:${environment}`,
      CreateProvider: 'false',
      FlowFamily: family,
      RepositoryName: output('registry', 'RepositoryName'),
      TaskRoleArns: ['FlowRunRoleArn', 'ExecutionRoleArn', 'WorkerRoleArn'].map((name) => output('worker', name)).join(','),
      ClusterName: output('worker', 'ClusterName'),
      ServiceName: output('worker', 'ServiceName'),
      WorkerFamily: output('worker', 'ServiceName'),
      LogGroupName: output('worker', 'LogGroupName'),
    }
  }
}

/** How the template of a created stack is resolved. */
export function situationOf({ template, name, parameters, resources }: Pick<Stack, 'template' | 'name' | 'parameters' | 'resources'>): Situation {
  const reference = (resource: string) => resources[resource] ?? missing(`Stack ${name} has no resource ${resource}`)
  const { Resources } = readTemplate(template)
  return {
    parameters, stackName: name, region: account.region, accountId: account.id, reference,
    attribute: (resource, attribute) => attributeOf({ type: Resources[resource]?.Type ?? '', id: reference(resource), attribute }),
  }
}

type Asked = { readonly type: string; readonly id: string; readonly attribute: string }

/** The attributes that the templates ask for, by the physical id that AWS gives such a resource. */
function attributeOf({ type, id, attribute }: Asked): string {
  const { id: owner, region } = account
  switch (`${type}.${attribute}`) {
    case 'AWS::IAM::Role.Arn': return `arn:aws:iam::${owner}:role/${id}`
    case 'AWS::ECS::Cluster.Arn': return `arn:aws:ecs:${region}:${owner}:cluster/${id}`
    case 'AWS::Events::Rule.Arn': return `arn:aws:events:${region}:${owner}:rule/${id}`
    case 'AWS::SQS::Queue.QueueName': return lastOf(id)
    case 'AWS::SQS::Queue.Arn': return `arn:aws:sqs:${region}:${owner}:${lastOf(id)}`
    default: return missing(`No template has asked for ${attribute} of ${type} yet`)
  }
}

function lastOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}

type Described = {
  readonly Stacks: readonly { readonly StackStatus: string; readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[] }[]
}
type Listed = { readonly StackResourceSummaries: readonly { readonly LogicalResourceId: string; readonly PhysicalResourceId: string }[] }

async function createStack(moto: Moto, template: TemplateName, parameters: Values): Promise<Stack> {
  const name = `shop-${template}`
  const [, described, listed] = await moto.call<[unknown, Described, Listed]>([
    {
      service: 'cloudformation', operation: 'create_stack',
      parameters: {
        StackName: name, TemplateBody: readFileSync(templatePath(template), 'utf8'), Capabilities: ['CAPABILITY_IAM'],
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
      },
    },
    { service: 'cloudformation', operation: 'describe_stacks', parameters: { StackName: name } },
    { service: 'cloudformation', operation: 'list_stack_resources', parameters: { StackName: name } },
  ])
  const [stack] = described.Stacks
  const created = listed.StackResourceSummaries.filter(({ LogicalResourceId: id }) => id !== '') // moto lists what it has not made without a name
  return {
    template, name, status: stack?.StackStatus ?? 'missing', parameters,
    outputs: Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
    resources: Object.fromEntries(created.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId])),
  }
}

function missing(message: string): never {
  throw new Error(message)
}
