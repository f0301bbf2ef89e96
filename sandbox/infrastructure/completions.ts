/** What CloudFormation would make of the templates and moto's does not: made by calls of the services' own APIs. */
import type { Call } from './moto.ts'
import { resolveResource } from './resolve.ts'
import type { Value } from './resolve.ts'
import { situationOf } from './stacks.ts'
import type { Stack, Stacks } from './stacks.ts'
import { readTemplate } from './template.ts'

export type Completion = {
  readonly resource: string
  /** What moto 5.2.5 leaves out when its CloudFormation makes the resource. */
  readonly lacks: string
  readonly calls: readonly Call[]
}

type Properties = Readonly<Record<string, Value>>

export function completions({ network, registry, worker }: Stacks): Completion[] {
  return [
    { resource: 'github-oidc Provider', lacks: 'all of it', calls: [] }, // it has to be there before the stack is
    vpc(network),
    ...resourcesOf(network, 'AWS::EC2::Subnet').map((name) => subnet(network, name)),
    ...resourcesOf(network, 'AWS::EC2::SubnetRouteTableAssociation').map((name) => association(network, name)),
    securityGroup(network),
    repository(registry),
    eventsPolicy(worker),
    ...workerService(worker),
  ]
}

/** Members of the services' APIs begin with a small letter where CloudFormation's properties begin with a capital. */
export function inApiForm(value: Value): Value {
  if (Array.isArray(value)) return (value as readonly Value[]).map(inApiForm)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), inApiForm(item)]))
}

/** Properties of a resource of a stack that was created. */
export function propertiesOf(stack: Stack, resource: string): Properties {
  return resolveResource(readTemplate(stack.template), resource, situationOf(stack)) ?? {}
}

function resourcesOf({ template, resources }: Stack, type: string): string[] {
  return Object.entries(readTemplate(template).Resources).filter(([name, { Type }]) => Type === type && name in resources).map(([name]) => name)
}

function vpc(stack: Stack): Completion {
  const { EnableDnsHostnames, EnableDnsSupport } = propertiesOf(stack, 'Vpc')
  const modify = (attribute: object) => ({ service: 'ec2', operation: 'modify_vpc_attribute', parameters: { VpcId: stack.resources.Vpc, ...attribute } })
  return {
    resource: 'network Vpc', lacks: 'EnableDnsHostnames, EnableDnsSupport',
    calls: [modify({ EnableDnsHostnames: { Value: EnableDnsHostnames } }), modify({ EnableDnsSupport: { Value: EnableDnsSupport } })],
  }
}

function association(stack: Stack, resource: string): Completion {
  const parameters = propertiesOf(stack, resource)
  return { resource: `network ${resource}`, lacks: 'its effect', calls: [{ service: 'ec2', operation: 'associate_route_table', parameters }] }
}

function subnet(stack: Stack, resource: string): Completion {
  const { MapPublicIpOnLaunch } = propertiesOf(stack, resource)
  const parameters = { SubnetId: stack.resources[resource], MapPublicIpOnLaunch: { Value: MapPublicIpOnLaunch } }
  return { resource: `network ${resource}`, lacks: 'MapPublicIpOnLaunch', calls: [{ service: 'ec2', operation: 'modify_subnet_attribute', parameters }] }
}

function securityGroup(stack: Stack): Completion {
  const GroupId = stack.resources.TaskSecurityGroup
  const { SecurityGroupEgress = [] } = propertiesOf(stack, 'TaskSecurityGroup')
  const rules = SecurityGroupEgress as readonly { readonly [key: string]: Value }[]
  const permissions = rules.map(({ CidrIp, Description, ...rule }) => ({ ...rule, IpRanges: [{ CidrIp, Description }] }))
  const everything = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] // a new group's own rule, which CloudFormation replaces
  return {
    resource: 'network TaskSecurityGroup', lacks: 'SecurityGroupEgress',
    calls: [
      { service: 'ec2', operation: 'revoke_security_group_egress', parameters: { GroupId, IpPermissions: everything } },
      { service: 'ec2', operation: 'authorize_security_group_egress', parameters: { GroupId, IpPermissions: permissions } },
    ],
  }
}

function repository(stack: Stack): Completion {
  const { LifecyclePolicy, ...properties } = propertiesOf(stack, 'Repository')
  const { LifecyclePolicyText = '' } = LifecyclePolicy as Properties
  const repositoryName = stack.resources.Repository
  return {
    resource: 'registry Repository', lacks: 'ImageScanningConfiguration, EncryptionConfiguration, LifecyclePolicy',
    calls: [
      { service: 'ecr', operation: 'delete_repository', parameters: { repositoryName } },
      { service: 'ecr', operation: 'create_repository', parameters: inApiForm(properties) as Properties },
      { service: 'ecr', operation: 'put_lifecycle_policy', parameters: { repositoryName, lifecyclePolicyText: LifecyclePolicyText } },
    ],
  }
}

function eventsPolicy(stack: Stack): Completion {
  const { PolicyDocument = {} } = propertiesOf(stack, 'TaskEventsPolicy')
  const parameters = { QueueUrl: stack.resources.TaskEvents, Attributes: { Policy: JSON.stringify(PolicyDocument) } }
  return { resource: 'worker TaskEventsPolicy', lacks: 'all of it', calls: [{ service: 'sqs', operation: 'set_queue_attributes', parameters }] }
}

/** Cluster and service are made anew, the service with a revision that has all that the template says. */
function workerService(stack: Stack): Completion[] {
  const { DesiredCount = 0, Cluster: cluster = '', ...service } = propertiesOf(stack, 'WorkerService')
  const { ClusterSettings = [], CapacityProviders: capacityProviders = [] } = propertiesOf(stack, 'Cluster')
  const taskDefinition = `${stack.outputs.ServiceName ?? ''}:2`
  return [
    {
      resource: 'worker Cluster', lacks: 'ClusterSettings, CapacityProviders',
      calls: [
        { service: 'ecs', operation: 'delete_service', parameters: { cluster, service: service.ServiceName, force: true } },
        { service: 'ecs', operation: 'delete_cluster', parameters: { cluster } },
        { service: 'ecs', operation: 'create_cluster', parameters: { clusterName: cluster, settings: inApiForm(ClusterSettings), capacityProviders } },
      ],
    },
    {
      resource: 'worker WorkerTaskDefinition', lacks: 'all but Family, ContainerDefinitions and Memory',
      calls: [{ service: 'ecs', operation: 'register_task_definition', parameters: inApiForm(propertiesOf(stack, 'WorkerTaskDefinition')) as Properties }],
    },
    {
      resource: 'worker WorkerService', lacks: 'all but ServiceName, Cluster, TaskDefinition and DesiredCount',
      calls: [{
        service: 'ecs', operation: 'create_service',
        parameters: { ...(inApiForm(service) as Properties), cluster, desiredCount: Number(DesiredCount), taskDefinition },
      }],
    },
  ]
}
