import { isFields, isItems } from '../planned.ts'
import type { Planned, PlannedObject } from '../planned.ts'

/** An object of a task definition; maps of a user's own keys (labels, log options) are such objects too. */
/** What DescribeTaskDefinition adds and RegisterTaskDefinition does not take. */
export const DESCRIBE_ONLY = [
  'compatibilities', 'deleteRequestedAt', 'deregisteredAt', 'registeredAt', 'registeredBy', 'requiresAttributes', 'revision', 'status',
  'taskDefinitionArn',
] as const

/** Lists whose order means nothing, by field: what names an item, and the field that is all the rest of it, if there is one. */
const NAMED_LISTS: Readonly<Record<string, { key: string; value?: string }>> = {
  containerDefinitions: { key: 'name' },
  volumes: { key: 'name' },
  environment: { key: 'name', value: 'value' },
  secrets: { key: 'name', value: 'valueFrom' },
  secretOptions: { key: 'name', value: 'valueFrom' },
  properties: { key: 'name', value: 'value' },
  tags: { key: 'key', value: 'value' },
  dependsOn: { key: 'containerName', value: 'condition' },
  mountPoints: { key: 'containerPath' },
  volumesFrom: { key: 'sourceContainer' },
  portMappings: { key: 'containerPort' },
  ulimits: { key: 'name' },
  systemControls: { key: 'namespace', value: 'value' },
  extraHosts: { key: 'hostname', value: 'ipAddress' },
  resourceRequirements: { key: 'type', value: 'value' },
}

/** What a field means when it is absent; AWS writes most of these into what it describes. */
const DEFAULTS: Readonly<Record<string, PlannedObject>> = {
  '': { networkMode: 'bridge', enableFaultInjection: false },
  containerDefinitions: { cpu: 0, essential: true, versionConsistency: 'enabled' },
  healthCheck: { interval: 30, timeout: 5, retries: 3, startPeriod: 0 },
  mountPoints: { readOnly: false },
  volumesFrom: { readOnly: false },
  portMappings: { protocol: 'tcp', hostPort: 0 },
  efsVolumeConfiguration: { rootDirectory: '/', transitEncryption: 'DISABLED' },
  runtimePlatform: { operatingSystemFamily: 'LINUX' },
}

/**
 * The form in which two task definitions are compared: equal forms run equal tasks. PlannedObject that only describe, empty
 * members and defaults are out, named lists are objects by name, sizes are in CPU units and MiB, keys are sorted.
 * @param like the other definition: a role that one of them names and the other gives the ARN of is the same role.
 */
export function canonicalForm(definition: PlannedObject, like: PlannedObject = {}): PlannedObject {
  const described: readonly string[] = DESCRIBE_ONLY
  const own = Object.fromEntries(Object.entries(definition).filter(([field]) => !described.includes(field)))
  const form = canonical({ ...own, ...sizes(own), ...roles(own, like), ...impliedByMode(own) }, '')
  return isFields(form) ? form : {}
}

/** Undefined for what means nothing: null, and what is empty when its own empty members are gone. */
function canonical(value: Planned, field: string): Planned | undefined {
  if (value === null) return undefined
  if (isFields(value)) return canonicalFields(value, field)
  if (!isItems(value)) return value
  const items = value.flatMap((item) => canonicalItem(item, field))
  if (items.length === 0) return undefined
  const list = NAMED_LISTS[field]
  if (list !== undefined) return byName(items, list)
  return field === 'requiresCompatibilities' ? [...items].sort() : items
}

function canonicalItem(item: Planned, field: string): Planned[] {
  const form = canonical(item, field)
  return form === undefined ? [] : [form]
}

function canonicalFields(fields: PlannedObject, field: string): PlannedObject | undefined {
  const defaults = DEFAULTS[field] ?? {}
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    const form = canonical(value, name)
    return form === undefined || form === defaults[name] ? [] : [[name, form] as const]
  })
  return entries.length === 0 ? undefined : sorted(entries)
}

/** Items of the same name all stay, the second as `name#2`; tags that AWS itself sets cannot be registered. */
function byName(items: readonly Planned[], list: { key: string; value?: string }): Planned | undefined {
  const entries = items.flatMap((item) => {
    const fields = isFields(item) ? item : {}
    const { [list.key]: key = '', ...rest } = fields
    const name = typeof key === 'string' ? key : JSON.stringify(key)
    return list.key === 'key' && name.startsWith('aws:') ? [] : [[name, valueOf(rest, list.value)] as const]
  })
  return entries.length === 0 ? undefined : sorted(numbered(sortedEntries(entries)))
}

function numbered(entries: readonly Entry[]): Entry[] {
  const counts = new Map<string, number>()
  return entries.map(([name, value]) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return [count === 1 ? name : `${name}#${count}`, value]
  })
}

function valueOf(rest: PlannedObject, value: string | undefined): Planned {
  if (value === undefined) return rest
  const names = Object.keys(rest)
  if (names.length === 0) return ''
  return names.length === 1 ? (rest[value] ?? rest) : rest
}

type Entry = readonly [name: string, value: Planned]

function sorted(entries: readonly Entry[]): PlannedObject {
  return Object.fromEntries(sortedEntries(entries))
}

/** By name, and entries of one name (port 53 of TCP and of UDP) by value; never by the machine's language. */
function sortedEntries(entries: readonly Entry[]): Entry[] {
  return entries
    .map((entry) => ({ entry, order: `${entry[0]}\n${JSON.stringify(entry[1])}` }))
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(({ entry }) => entry)
}

/** `"1 vCPU"` is 1024 CPU units, `"2 GB"` 2048 MiB (RegisterTaskDefinition). */
function sizes({ cpu, memory }: PlannedObject): PlannedObject {
  return { cpu: size(cpu), memory: size(memory) }
}

function size(value: Planned | undefined): Planned {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return value ?? null
  const [, amount] = /^\s*(\d*\.?\d+)\s*(?:vcpu|gb)\s*$/i.exec(value) ?? []
  return amount === undefined ? value.trim() : String(Math.round(Number(amount) * 1024))
}

/** RegisterTaskDefinition takes a role's name or its ARN; names are unique in an account, whatever their path. */
function roles(definition: PlannedObject, like: PlannedObject): PlannedObject {
  const same = (field: string): Planned => {
    const [role, other] = [definition[field], like[field]]
    if (typeof role !== 'string' || typeof other !== 'string') return role ?? null
    const oneIsName = !role.startsWith('arn:') || !other.startsWith('arn:')
    return oneIsName && role.split('/').at(-1) === other.split('/').at(-1) ? other : role
  }
  return { taskRoleArn: same('taskRoleArn'), executionRoleArn: same('executionRoleArn') }
}

/** What the launch type and the network mode imply: Fargate's architecture, the host port of a port that is not mapped. */
function impliedByMode(definition: PlannedObject): PlannedObject {
  const { networkMode, requiresCompatibilities, runtimePlatform = null, containerDefinitions = null } = definition
  const onFargate = isItems(requiresCompatibilities) && requiresCompatibilities.includes('FARGATE')
  const unmapped = networkMode === 'awsvpc' || networkMode === 'host'
  return {
    runtimePlatform: onFargate && isFields(runtimePlatform) ? without(runtimePlatform, 'cpuArchitecture', 'X86_64') : runtimePlatform,
    containerDefinitions: unmapped ? mapItems(containerDefinitions, withoutHostPorts) : containerDefinitions,
  }
}

function withoutHostPorts(container: PlannedObject): PlannedObject {
  return { ...container, portMappings: mapItems(container.portMappings ?? null, (port) => without(port, 'hostPort', port.containerPort)) }
}

function mapItems(list: Planned, map: (item: PlannedObject) => PlannedObject): Planned {
  return isItems(list) ? list.map((item) => (isFields(item) ? map(item) : item)) : list
}

function without(fields: PlannedObject, field: string, value: Planned | undefined): PlannedObject {
  return fields[field] === value ? { ...fields, [field]: null } : fields
}
