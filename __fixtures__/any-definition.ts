import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { Reference, ServiceModel, Shape } from '../sandbox/aws/models.ts'
import { shapeOf } from '../sandbox/aws/models.ts'
import type { Json, JsonObject } from '../src/planned.ts'
import type { TaskDefinition } from '../src/ecs-ports.ts'

/** In place of what the model alone would give: members that ECS looks at more closely, by their dotted path. */
const OWN: Readonly<Record<string, Arbitrary<Json>>> = {
  family: fc.constant('flows'),
  taskRoleArn: fc.constantFrom('flows-task', 'arn:aws:iam::123456789012:role/team/flows-task'),
  executionRoleArn: fc.constantFrom('flows-execution', 'arn:aws:iam::123456789012:role/flows-execution'),
  'containerDefinitions.image': fc.constantFrom('flows:1', 'registry.example/flows@sha256:1'),
  'containerDefinitions.cpu': fc.integer({ min: 0, max: 64 }),
  'containerDefinitions.memory': fc.integer({ min: 4, max: 512 }),
  'containerDefinitions.memoryReservation': fc.integer({ min: 4, max: 512 }),
}
const SIZES = [
  ['256', '512'], ['.25 vCPU', '1 GB'], ['512', '1 GB'], ['1 vCPU', '8192'], ['4 vCPU', '8 GB'], ['16384', '120GB'],
] as const

/** Any task definition that RegisterTaskDefinition takes, made from botocore's model of its request. */
export function anyDefinition(model: ServiceModel): Arbitrary<TaskDefinition> {
  const request = model.operations.RegisterTaskDefinition?.input
  if (request === undefined) throw new Error('The model has no RegisterTaskDefinition')
  const any = anyOf(request, { model, path: '' }) as Arbitrary<JsonObject>
  return fc.tuple(any, fc.constantFrom(...SIZES)).map(([definition, sizes]) => admissible(definition, sizes))
}

type Place = { readonly model: ServiceModel; readonly path: string }

function anyOf(reference: Reference, { model, path }: Place): Arbitrary<Json> {
  const { [path]: own } = OWN
  if (own !== undefined) return own
  const shape = shapeOf(model, reference)
  if (shape.type === 'structure') return anyStructure(shape, { model, path })
  if (shape.member !== undefined) return fc.array(anyOf(shape.member, { model, path }), { maxLength: 3 })
  if (shape.key !== undefined && shape.value !== undefined) return fc.dictionary(anyText(shapeOf(model, shape.key)), anyOf(shape.value, { model, path: '*' }), { maxKeys: 2 })
  if (shape.type === 'boolean') return fc.boolean()
  return shape.type === 'integer' ? fc.integer({ min: 0, max: 100_000 }) : anyText(shape)
}

/** Every fourth of the members that may be absent is there: a container has sixty. */
function anyStructure({ members = {}, required = [] }: Shape, { model, path }: Place): Arbitrary<JsonObject> {
  const fields = Object.entries(members).map(([name, member]) => {
    const arbitrary = anyOf(member, { model, path: path === '' ? name : `${path}.${name}` })
    return [name, required.includes(name) ? arbitrary : fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })] as const
  })
  return fc.record(Object.fromEntries(fields)).map((record) => JSON.parse(JSON.stringify(record)) as JsonObject) // without undefined members
}

/** Tags alone have a pattern. */
function anyText({ enum: values, pattern, min = 0 }: Shape): Arbitrary<string> {
  if (values !== undefined) return fc.constantFrom(...values)
  return pattern === undefined ? fc.string({ unit: 'grapheme', maxLength: 6 }) : fc.string({ unit: fc.constantFrom('a', 'é', ' ', '_', '=', '@'), minLength: min, maxLength: 6 })
}

/** What the members have to be together, put right. */
function admissible(definition: JsonObject, [cpu, memory]: readonly [string, string]): TaskDefinition {
  const isForFargate = listOf(definition.requiresCompatibilities).includes('FARGATE')
  const networkMode = isForFargate ? 'awsvpc' : definition.networkMode
  const containers = objectsOf(definition.containerDefinitions)
  const volumes = objectsOf(definition.volumes).map((volume, index) => ({ ...volume, name: `v${index}` }))
  const rest = JSON.parse(JSON.stringify({ // without undefined members
    ...definition, networkMode,
    ...(definition.volumes !== undefined && { volumes }),
    ...(definition.tags !== undefined && { tags: unique(objectsOf(definition.tags).filter(({ key }) => key !== undefined), 'key') }),
    executionRoleArn: definition.executionRoleArn ?? 'flows-execution',
    cpu, memory,
  })) as TaskDefinition
  const names = (containers.length === 0 ? [{}] : containers).map((_, index) => `c${index}`)
  const containerDefinitions = names.map((name, index) =>
    ({ image: 'flows:2', ...admissibleContainer({ ...containers[index] }, { names, volumes, networkMode }), name, ...(index === 0 && { essential: true }) }))
  return { ...rest, containerDefinitions }
}

type Others = { readonly names: readonly string[]; readonly volumes: readonly JsonObject[]; readonly networkMode: Json | undefined }

function admissibleContainer(container: JsonObject, { names, volumes, networkMode }: Others): JsonObject {
  const { environment, secrets, mountPoints, volumesFrom, dependsOn, portMappings } = container
  const volumeNames = volumes.map(({ name }) => name ?? '')
  const samePort = networkMode === 'awsvpc' || networkMode === 'host'
  const variables = unique(objectsOf(environment).map((variable, index) => ({ ...variable, name: variable.name ?? `V${index}` })), 'name')
  const taken = variables.map(({ name }) => name)
  return {
    ...container,
    ...(environment !== undefined && { environment: variables }),
    ...(secrets !== undefined && { secrets: unique(objectsOf(secrets), 'name').filter(({ name }) => !taken.includes(name)) }),
    ...(mountPoints !== undefined && { mountPoints: objectsOf(mountPoints).flatMap((each, index) => volumeNames.length === 0 ? [] : [{ ...each, sourceVolume: volumeNames[index % volumeNames.length] ?? '' }]) }),
    ...(volumesFrom !== undefined && { volumesFrom: objectsOf(volumesFrom).map((each, index) => ({ ...each, sourceContainer: names[index % names.length] ?? '' })) }),
    ...(dependsOn !== undefined && { dependsOn: objectsOf(dependsOn).map((each, index) => ({ ...each, containerName: names[index % names.length] ?? '' })) }),
    ...(portMappings !== undefined && samePort && { portMappings: objectsOf(portMappings).map(({ hostPort, ...each }) => (hostPort === undefined ? each : { ...each, hostPort: each.containerPort ?? hostPort, containerPort: each.containerPort ?? hostPort })) }),
  }
}

function unique(items: readonly JsonObject[], key: string): JsonObject[] {
  const names = items.map(({ [key]: name }) => name)
  return items.filter((_, index) => names.indexOf(names[index]) === index)
}

function objectsOf(value: Json | undefined): JsonObject[] {
  return listOf(value) as JsonObject[] // the model says so
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
