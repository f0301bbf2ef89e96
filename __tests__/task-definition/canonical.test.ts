import { describe, expect, it } from '@jest/globals'
import { NormalizedSchema } from '@smithy/core/schema'
import { RegisterTaskDefinitionRequest$, TaskDefinition$ } from '@aws-sdk/client-ecs'
import { canonicalForm, DESCRIBE_ONLY } from '../../src/task-definition/canonical.ts'
import type { PlannedObject } from '../../src/planned.ts'

const container = (fields: PlannedObject): PlannedObject => ({ containerDefinitions: [{ name: 'prefect', ...fields }] })

const DEFINITION: PlannedObject = {
  family: 'flows',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE', 'EC2'],
  cpu: '1024',
  memory: '2048',
  runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
  volumes: [{ name: 'scratch' }, { name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }],
  tags: [
    { key: 'team', value: 'data' },
    { key: 'app', value: 'flows' },
  ],
  containerDefinitions: [
    {
      name: 'prefect',
      image: 'flows:1',
      command: ['sh', '-c', ''],
      environment: [
        { name: 'B', value: '2' },
        { name: 'A', value: '' },
      ],
      secrets: [{ name: 'KEY', valueFrom: 'arn:aws:ssm:x' }],
      portMappings: [{ containerPort: 53, protocol: 'udp' }, { containerPort: 53 }, { containerPort: 8080, hostPort: 8080 }],
      dockerLabels: { 'org.label': 'x' },
      healthCheck: { command: ['CMD', 'true'] },
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }],
    },
    { name: 'sidecar', image: 'sidecar:1', essential: false },
  ],
}

describe('the canonical form', () => {
  it.each<[string, PlannedObject, PlannedObject]>([
    ['fields that only describe', { revision: 3, status: 'ACTIVE', compatibilities: ['EC2'], registeredBy: 'me' }, {}],
    ['null, [] and {}', { volumes: [], pidMode: null, proxyConfiguration: {}, placementConstraints: [null] }, {}],
    ['members that are empty inside', container({ linuxParameters: { capabilities: { add: [], drop: [] } } }), container({})],
    ["a container's defaults", container({ cpu: 0, essential: true, environment: [], volumesFrom: [] }), container({})],
    ["a volume's empty host", { volumes: [{ name: 'scratch', host: {} }] }, { volumes: [{ name: 'scratch' }] }],
    ['virtual CPUs in words', { cpu: '.25 vCPU' }, { cpu: '256' }],
    ['whole virtual CPUs in words', { cpu: '1 vCPU' }, { cpu: '1024' }],
    ['memory in words', { memory: '2 GB' }, { memory: '2048' }],
    ['half a gigabyte in words', { memory: '0.5GB' }, { memory: '512' }],
    ['order of compatibilities', { requiresCompatibilities: ['EC2', 'FARGATE'] }, { requiresCompatibilities: ['FARGATE', 'EC2'] }],
    ['bridge as the network mode', { networkMode: 'bridge' }, {}],
    ['fault injection that is off', { enableFaultInjection: false }, {}],
    [
      'the dynamic host port of a bridge',
      container({ portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }] }),
      container({ portMappings: [{ containerPort: 80 }] }),
    ],
    [
      "a health check's defaults",
      container({ healthCheck: { command: ['x'], interval: 30, timeout: 5, retries: 3 } }),
      container({ healthCheck: { command: ['x'] } }),
    ],
    [
      'a mount that may be written',
      container({ mountPoints: [{ containerPath: '/a', readOnly: false }] }),
      container({ mountPoints: [{ containerPath: '/a' }] }),
    ],
    ['tags that AWS itself sets', { tags: [{ key: 'aws:cloudformation:stack-id', value: 'x' }] }, {}],
  ])('leaves out or brings into one form: %s', (_, one, other) => {
    expect(canonicalForm(one)).toEqual(canonicalForm(other))
  })

  it.each(['awsvpc', 'host'])("knows that with %s the host port is the container's", (networkMode) => {
    const ports = (hostPort: number | null) => ({ networkMode, ...container({ portMappings: [{ containerPort: 80, hostPort }] }) })

    expect(canonicalForm(ports(80))).toEqual(canonicalForm(ports(null)))
  })

  it('knows that Fargate runs on X86_64 unless told otherwise, and EC2 on anything', () => {
    const runtimePlatform = { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' }

    expect(canonicalForm({ requiresCompatibilities: ['FARGATE'], runtimePlatform })).toEqual(
      canonicalForm({ requiresCompatibilities: ['FARGATE'] }),
    )
    expect(canonicalForm({ runtimePlatform })).not.toEqual(canonicalForm({}))
  })

  it.each<[string, PlannedObject, PlannedObject]>([
    ['an empty text in a command', container({ command: ['sh', '-c', ''] }), container({ command: ['sh', '-c'] })],
    ['the order of a command', container({ command: ['a', 'b'] }), container({ command: ['b', 'a'] })],
    ['a variable without a value and no variable', container({ environment: [{ name: 'A', value: '' }] }), container({})],
    ['a container that is not essential', container({ essential: false }), container({})],
    [
      'ports that a bridge maps',
      container({ portMappings: [{ containerPort: 80, hostPort: 80 }] }),
      container({ portMappings: [{ containerPort: 80 }] }),
    ],
    [
      'two variables of one name and one',
      container({
        environment: [
          { name: 'A', value: '1' },
          { name: 'A', value: '1' },
        ],
      }),
      container({ environment: [{ name: 'A', value: '1' }] }),
    ],
    ['a further volume that only has a name', { volumes: [{ name: 'a' }, { name: 'b' }] }, { volumes: [{ name: 'a' }] }],
  ])('keeps apart: %s', (_, one, other) => {
    expect(canonicalForm(one)).not.toEqual(canonicalForm(other))
  })

  it("takes a role's name and its ARN for the same, when the other definition has the other", () => {
    const [byName, byArn] = [{ taskRoleArn: 'flows' }, { taskRoleArn: 'arn:aws:iam::123456789012:role/team/flows' }]

    expect(canonicalForm(byName, byArn)).toEqual(canonicalForm(byArn))
    expect(canonicalForm(byArn, byName)).toEqual(canonicalForm(byName))
  })

  it('never takes the same role name in two accounts for the same', () => {
    const [one, other] = [{ taskRoleArn: 'arn:aws:iam::1:role/flows' }, { taskRoleArn: 'arn:aws:iam::2:role/flows' }]

    expect(canonicalForm(one, other)).not.toEqual(canonicalForm(other))
  })

  it.each(Array.from({ length: 50 }, (_, seed) => seed))('is the same however named lists and keys are ordered (shuffle %i)', (seed) => {
    const shuffled = shuffle(DEFINITION, createRandom(seed)) as PlannedObject

    expect(JSON.stringify(canonicalForm(shuffled))).toBe(JSON.stringify(canonicalForm(DEFINITION)))
  })

  it('leaves the definition itself as it is', () => {
    const before = structuredClone(DEFINITION)

    canonicalForm(DEFINITION)

    expect(DEFINITION).toEqual(before)
  })
})

describe('the fields that only describe', () => {
  it('are exactly those that the API describes and does not register', () => {
    const members = (schema: Parameters<typeof NormalizedSchema.of>[0]) =>
      Array.from(NormalizedSchema.of(schema).structIterator(), ([name]) => name)
    const registered = members(RegisterTaskDefinitionRequest$)

    expect([...DESCRIBE_ONLY].sort()).toEqual(
      members(TaskDefinition$)
        .filter((name) => !registered.includes(name))
        .sort(),
    )
  })
})

/** Park and Miller's generator: the same shuffles in every run. */
function createRandom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** The same content with keys, and items of lists that are objects, in another order. */
function shuffle(value: unknown, random: () => number): unknown {
  const mixed = <T>(items: T[]): T[] =>
    items
      .map((item) => ({ item, order: random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item)
  if (Array.isArray(value)) {
    const items = value.map((item) => shuffle(item, random))
    return items.some((item) => typeof item === 'string') ? items : mixed(items)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(mixed(Object.entries(value).map(([key, item]) => [key, shuffle(item, random)] as const)))
}
