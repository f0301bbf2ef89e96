/** The network as EC2 describes it: where each subnet's traffic goes, and from which address it comes. */
import type { Call } from './moto.ts'
import type { Moto } from './moto.ts'
import { same } from './same.ts'
import type { Stack } from './stacks.ts'

type Route = { readonly DestinationCidrBlock?: string; readonly NatGatewayId?: string; readonly GatewayId?: string }
type RouteTable = { readonly RouteTableId: string; readonly Associations: readonly { readonly SubnetId?: string }[]; readonly Routes: readonly Route[] }
type Subnet = { readonly SubnetId: string; readonly VpcId: string; readonly AvailabilityZone: string; readonly MapPublicIpOnLaunch: boolean }
type NatGateway = {
  readonly NatGatewayId: string
  readonly SubnetId: string
  readonly State: string
  readonly NatGatewayAddresses: readonly { readonly AllocationId: string; readonly PublicIp: string }[]
}
type Rule = { readonly IpProtocol: string; readonly FromPort?: number; readonly ToPort?: number; readonly IpRanges: readonly { readonly CidrIp: string }[] }

type Answers = [
  { readonly Vpcs: readonly { readonly CidrBlock: string; readonly State: string }[] },
  { readonly EnableDnsHostnames: { readonly Value: boolean } },
  { readonly EnableDnsSupport: { readonly Value: boolean } },
  { readonly Subnets: readonly Subnet[] },
  { readonly NatGateways: readonly NatGateway[] },
  { readonly Addresses: readonly { readonly AllocationId: string; readonly Domain: string; readonly PublicIp: string }[] },
  { readonly RouteTables: readonly RouteTable[] },
  { readonly InternetGateways: readonly { readonly InternetGatewayId: string }[] },
  { readonly VpcEndpoints: readonly { readonly VpcEndpointType: string; readonly ServiceName: string; readonly RouteTableIds: readonly string[] }[] },
  { readonly SecurityGroups: readonly { readonly VpcId: string; readonly IpPermissions: readonly Rule[]; readonly IpPermissionsEgress: readonly Rule[] }[] },
]

/** @returns what is not as network.yml says, in words. */
export async function examineNetwork(moto: Moto, { outputs }: Stack): Promise<string[]> {
  const [publicSubnets, privateSubnets] = [outputs.PublicSubnetIds, outputs.PrivateSubnetIds].map((ids = '') => ids.split(','))
  const seen = await moto.call<Answers>(questions(outputs))
  const [{ Vpcs: vpcs }, hostnames, support, { Subnets: subnets }, , , tables, , endpoints, groups] = seen
  const zones = (ids: readonly string[] = []) => subnets.filter(({ SubnetId }) => ids.includes(SubnetId)).map(({ AvailabilityZone }) => AvailabilityZone.at(-1))
  const privateTables = (privateSubnets ?? []).map((id) => tableOf(tables.RouteTables, id)?.RouteTableId)
  return [
    ...same('VPC', vpcs.map(({ CidrBlock, State }) => [CidrBlock, State]), [['10.64.0.0/16', 'available']]),
    ...same('DNS of the VPC', [hostnames.EnableDnsHostnames.Value, support.EnableDnsSupport.Value], [true, true]),
    ...same('subnets', subnets.length, 4),
    ...same('zones', [zones(publicSubnets), zones(privateSubnets)], [['a', 'b'], ['a', 'b']]),
    ...same('subnets that give out public addresses', subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch), []),
    ...routing(seen, { publicSubnets, privateSubnets, NatAddresses: outputs.NatAddresses }),
    ...same('endpoints', endpoints.VpcEndpoints.map(({ VpcEndpointType, ServiceName, RouteTableIds }) => [VpcEndpointType, ServiceName, RouteTableIds]), [
      ['Gateway', 'com.amazonaws.eu-central-1.s3', privateTables],
    ]),
    ...same('security group', groups.SecurityGroups.map(({ VpcId, IpPermissions, IpPermissionsEgress }) => [VpcId, IpPermissions, IpPermissionsEgress.map(ruleOf)]), [
      [outputs.VpcId, [], ['tcp 0-65535 0.0.0.0/0']],
    ]),
  ]
}

function questions({ VpcId = '', TaskSecurityGroupId = '' }: Stack['outputs']): Call[] {
  const ask = (operation: string, parameters: Record<string, unknown> = {}) => ({ service: 'ec2', operation, parameters })
  const inVpc = { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }
  return [
    ask('describe_vpcs', { VpcIds: [VpcId] }),
    ask('describe_vpc_attribute', { VpcId, Attribute: 'enableDnsHostnames' }),
    ask('describe_vpc_attribute', { VpcId, Attribute: 'enableDnsSupport' }),
    ask('describe_subnets', inVpc),
    ask('describe_nat_gateways', inVpc),
    ask('describe_addresses'),
    ask('describe_route_tables', inVpc),
    ask('describe_internet_gateways', { Filters: [{ Name: 'attachment.vpc-id', Values: [VpcId] }] }),
    ask('describe_vpc_endpoints'),
    ask('describe_security_groups', { GroupIds: [TaskSecurityGroupId] }),
  ]
}

type Wanted = { readonly publicSubnets: readonly string[] | undefined; readonly privateSubnets: readonly string[] | undefined; readonly NatAddresses: string | undefined }

/** Public subnets go through the internet gateway, private ones through the NAT gateway that has the Elastic IP of the output. */
function routing([, , , , { NatGateways: nats }, { Addresses: addresses }, { RouteTables: tables }, { InternetGateways: gateways }]: Answers, wanted: Wanted): string[] {
  const { publicSubnets = [], privateSubnets = [], NatAddresses = '' } = wanted
  const routeOf = (subnet: string) => tableOf(tables, subnet)?.Routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0')
  const [nat] = nats
  const [own] = nat?.NatGatewayAddresses ?? []
  const address = addresses.find(({ AllocationId }) => AllocationId === own?.AllocationId)
  return [
    ...same('NAT gateways', nats.map(({ State, SubnetId }) => [State, SubnetId]), [['available', publicSubnets[0]]]),
    ...same('Elastic IP of the NAT gateway', [address?.Domain, address?.PublicIp], ['vpc', NatAddresses]),
    ...same('way out of public subnets', publicSubnets.map((id) => routeOf(id)?.GatewayId), publicSubnets.map(() => gateways[0]?.InternetGatewayId)),
    ...same('way out of private subnets', privateSubnets.map((id) => routeOf(id)?.NatGatewayId), privateSubnets.map(() => nat?.NatGatewayId)),
  ]
}

function tableOf(tables: readonly RouteTable[], subnet: string): RouteTable | undefined {
  return tables.find(({ Associations }) => Associations.some(({ SubnetId }) => SubnetId === subnet))
}

function ruleOf({ IpProtocol, FromPort, ToPort, IpRanges }: Rule): string {
  return `${IpProtocol} ${FromPort ?? ''}-${ToPort ?? ''} ${IpRanges.map(({ CidrIp }) => CidrIp).join(' ')}`
}
