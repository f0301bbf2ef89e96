import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { ECSClient } from '@aws-sdk/client-ecs'
import fc from 'fast-check'
import { anyDefinition } from '../../__fixtures__/any-definition.ts'
import { loadModel } from '../../sandbox/aws/models.ts'
import { awsModels } from '../../sandbox/paths.ts'
import { createTaskDefinitions } from '../../src/adapters/ecs-task-definitions.ts'
import { isList, isObject } from '../../src/planned.ts'
import type { Json } from '../../src/planned.ts'
import type { Revision, TaskDefinition, TaskDefinitions } from '../../src/ecs-ports.ts'
import { definitionProblems } from '../../src/task-definition/definition-problems.ts'
import { planTaskDefinition } from '../../src/task-definition/plan.ts'
import { startAccount } from '../sandbox/aws-account.ts'
import type { TestAccount } from '../sandbox/aws-account.ts'

jest.setTimeout(60_000)

const model = loadModel(awsModels(), 'ecs')
/** The same definitions in every run, and no more of them than time allows. */
const RUNS = { seed: 6, numRuns: 150, interruptAfterTimeLimit: 25_000, endOnFailure: true } as const

let account: TestAccount
let taskDefinitions: TaskDefinitions

beforeAll(async () => {
  account = await startAccount()
  taskDefinitions = createTaskDefinitions(new ECSClient(await account.client()))
})

afterAll(() => account.stop())

/** Through the SDK and the simulator, which fills in what AWS does. */
async function registered(definition: TaskDefinition): Promise<Revision> {
  const revision = await taskDefinitions.describe(await taskDefinitions.register(definition))
  if (revision === undefined) throw new Error('It was registered just now')
  return revision
}

function planned(definition: TaskDefinition, live: Revision) {
  const [{ name: containerName, image } = { name: '', image: '' }] = definition.containerDefinitions
  return planTaskDefinition({ definition, live, containerName, image, results: {} })
}

describe('any task definition', () => {
  it('is unchanged once it is registered, whatever AWS fills in', async () => {
    await fc.assert(fc.asyncProperty(anyDefinition(model), async (definition) => {
      expect(planned(definition, await registered(definition))).toMatchObject({ action: 'unchanged', changes: [] })
    }), RUNS)
  })

  it('is found to differ by any single change', async () => {
    await fc.assert(fc.asyncProperty(anyDefinition(model), async (definition) => {
      const live = await registered(definition)
      const overlooked = singleChanges(definition).filter(({ changed }) => planned(changed as TaskDefinition, live).changes.length === 0)
      expect(overlooked.map(({ path }) => path.join('.'))).toEqual([])
    }), RUNS)
  })

  it('that AWS takes is not refused here', async () => {
    await fc.assert(fc.asyncProperty(anyDefinition(model), async (definition) => {
      await registered(definition)
      expect([...taskDefinitions.check(definition), ...definitionProblems(definition, { container: 'c0', isOfEcr: true })]).toEqual([])
    }), RUNS)
  })

  it('has every member that the API has', () => {
    const definitions = fc.sample(anyDefinition(model), RUNS)
    const seen = new Set(definitions.flatMap((definition) => leaves(definition)).flatMap((path) => path.filter((part) => typeof part === 'string')))
    const members = Object.keys(model.shapes.ContainerDefinition?.members ?? {}).concat(Object.keys(model.shapes.RegisterTaskDefinitionRequest?.members ?? {}))

    expect(members.filter((member) => !seen.has(member))).toEqual([])
  })
})

type Path = readonly (string | number)[]

/** Every leaf once with another value, and every list of words or of names once without each of its items. */
function singleChanges(definition: TaskDefinition): { readonly path: Path; readonly changed: Json }[] {
  const others = leaves(definition).map((path) => ({ path, changed: withChange(definition, path, otherValue) }))
  const shorter = lists(definition).flatMap((path) => {
    const items = valueAt(definition, path) as readonly Json[] // as lists() says
    return items.map((_, index) => ({ path: [...path, index], changed: withChange(definition, path, () => items.filter((_item, at) => at !== index)) }))
  })
  return [...others, ...shorter]
}

function otherValue(value: Json): Json {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  return typeof value === 'string' ? `${value}x` : 'x' // an empty list or object gets a value
}

function leaves(value: Json): Path[] {
  if (isList(value)) return value.flatMap((item, index) => leaves(item).map((path) => [index, ...path]))
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => leaves(item).map((path) => [key, ...path]))
  return [[]]
}

const LISTS = ['command', 'entryPoint', 'environment', 'secrets', 'tags', 'dnsServers', 'extraHosts', 'ulimits', 'environmentFiles']

function lists(value: Json, path: Path = []): Path[] {
  if (isList(value)) return [...(LISTS.includes(String(path.at(-1))) ? [path] : []), ...value.flatMap((item, index) => lists(item, [...path, index]))]
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => lists(item, [...path, key])) : []
}

function valueAt(value: Json, [key, ...rest]: Path): Json {
  if (key === undefined) return value
  const item = isList(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined
  return valueAt(item ?? null, rest)
}

function withChange(value: Json, [key, ...rest]: Path, change: (value: Json) => Json): Json {
  if (key === undefined) return change(value)
  if (isList(value)) return value.map((item, index) => (index === key ? withChange(item, rest, change) : item))
  return isObject(value) ? { ...value, [key]: withChange(value[key] ?? null, rest, change) } : value
}
