import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { aTaskDefinition, createFakeTaskDefinitions, revisionArn } from '../../__fixtures__/fake-task-definitions.ts'
import type { DefinitionEdits } from '../../src/task-definition/edits.ts'
import { readTaskDefinition } from '../../src/task-definition/source.ts'

let workspace: string

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'task-definition-'))
})

afterEach(() => rm(workspace, { recursive: true }))

const NO_EDITS: DefinitionEdits = { environment: [], secrets: [], tags: [] }

async function read(input: string, files: Record<string, string> = {}, projectDirectory = workspace, edits = NO_EDITS) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(workspace, name), text)
  const old = aTaskDefinition({ cpu: '512' })
  const taskDefinitions = createFakeTaskDefinitions([old, aTaskDefinition()])
  return readTaskDefinition({ input, workspace, projectDirectory, taskDefinitions, preparation: { edits, containerName: undefined, isOfEcr: true } })
}

const invalid = (message: string, location: object) =>
  expect.objectContaining({ code: 'task-definition-invalid', message: expect.stringContaining(message), location })

describe('a task definition in a file', () => {
  it('is read as JSON, beside the newest revision of its family', async () => {
    const { definition, origin, live } = await read('td.json', { 'td.json': JSON.stringify(aTaskDefinition({ cpu: '1024' })) })

    expect(definition).toEqual(aTaskDefinition({ cpu: '1024' }))
    expect({ origin, arn: live?.arn }).toEqual({ origin: 'file', arn: revisionArn('flows', 2) })
  })

  it('has no live revision when the family is new', async () => {
    const { live } = await read('td.json', { 'td.json': JSON.stringify(aTaskDefinition({ family: 'other' })) })

    expect(live).toBeUndefined()
  })

  it('is read as YAML, with anchors and merge keys', async () => {
    const yaml = `family: flows
containerDefinitions:
  - &container
    name: prefect
    image: flows:1
    essential: true
    memory: 512
  - <<: *container
    name: sidecar
`
    const { definition } = await read('td.yaml', { 'td.yaml': yaml })

    expect(definition.containerDefinitions).toEqual([
      { name: 'prefect', image: 'flows:1', essential: true, memory: 512 },
      { name: 'sidecar', image: 'flows:1', essential: true, memory: 512 },
    ])
  })

  it('may be what "aws ecs describe-task-definition" says: what only describes is left out', async () => {
    const described = { ...aTaskDefinition(), revision: 3, status: 'ACTIVE', registeredAt: '2026-01-01', compatibilities: ['EC2'] }

    await expect(read('td.json', { 'td.json': JSON.stringify(described) })).resolves.toMatchObject({ definition: aTaskDefinition() })
  })

  it('is looked for in the project directory, and named relative to the workspace', async () => {
    await mkdir(join(workspace, 'project'))

    await expect(read('td.json', { 'project/td.json': '{}' }, join(workspace, 'project'))).rejects.toThrow(
      expect.objectContaining({ location: expect.objectContaining({ file: join('project', 'td.json') }) }),
    )
  })

  it.each([
    ['a missing comma', '{\n  "family": "flows"\n  "cpu": "256"\n}', { file: 'td.json', line: 3, column: 3 }],
    ['a trailing comma', '{\n  "family": "flows",\n}', { file: 'td.json', line: 3, column: 1 }],
    ['a word without quotes', '{\n  "family": flows\n}', { file: 'td.json', line: 2, column: 13 }],
  ])('is an error at its line when its JSON has %s', async (_, text, location) => {
    await expect(read('td.json', { 'td.json': text })).rejects.toThrow(invalid('td.json is not JSON', location))
  })

  it.each([
    ['td.json', '{"value": hunter2}'],
    ['td.json', '{"family": "flows", "value": hunter2hunter2, "cpu": "256"}'],
    ['td.yml', 'value: *hunter2'],
    ['td.yml', 'value: |hunter2'],
  ])('is an error that does not quote the file, which may hold secrets: %s, %s', async (file, text) => {
    await expect(read(file, { [file]: text })).rejects.toThrow(
      expect.objectContaining({ code: 'task-definition-invalid', message: expect.not.stringContaining('hunt'), cause: undefined }),
    )
  })

  it('is an error at its line when its YAML is broken', async () => {
    await expect(read('td.yml', { 'td.yml': 'family: flows\n  cpu: 256\n' })).rejects.toThrow(
      invalid('td.yml is not YAML', expect.objectContaining({ file: 'td.yml', line: 1 })),
    )
  })

  it('is an error when an alias grows without end', async () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...['b', 'c', 'd', 'e'].map(
        (name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcd'[index] ?? ''}`).join(', ')}]`,
      ),
    ].join('\n')

    await expect(read('td.yml', { 'td.yml': bomb })).rejects.toThrow(invalid('Excessive alias count', { file: 'td.yml' }))
  })

  it.each([
    [
      'an unknown field',
      '{\n  "family": "f",\n  "taskRole": "x",\n  "containerDefinitions": []\n}',
      'did you mean "taskRoleArn"?',
      { line: 3, column: 3 },
    ],
    [
      'a misspelt field of a container',
      '{\n  "family": "f",\n  "containerDefinitions": [\n    {"name": "a", "image": "b",\n     "enviroment": []}\n  ]\n}',
      '"containerDefinitions.0.enviroment" is not a field of a task definition; did you mean "environment"?',
      { line: 5, column: 6 },
    ],
    [
      'a number for a text',
      '{"family": "f", "cpu": 256, "containerDefinitions": []}',
      '"cpu" must be text, put it in quotes',
      { line: 1, column: 17 },
    ],
    [
      'a text for a number',
      '{"family": "f", "containerDefinitions": [{"name": "a", "image": "b", "cpu": "256"}]}',
      '"containerDefinitions.0.cpu" must be a number',
      { line: 1, column: 70 },
    ],
    ['no family', '{"containerDefinitions": [{"name": "a", "image": "b"}]}', '"family" is missing', { line: 1, column: 1 }],
    ['no container', '{"family": "f", "containerDefinitions": []}', '"containerDefinitions" has no container', { line: 1, column: 17 }],
    [
      'a container without an image',
      '{"family": "f", "containerDefinitions": [\n{"name": "a"}]}',
      '"containerDefinitions.0.image" is missing',
      { line: 2, column: 1 },
    ],
    [
      'two containers of one name',
      '{"family": "f", "containerDefinitions": [{"name": "a", "image": "b"},\n{"name": "a", "image": "b"}]}',
      'two containers "a"',
      { line: 2, column: 2 },
    ],
    [
      'two variables of one name',
      '{"family": "f", "containerDefinitions": [{"name": "a", "image": "b", "secrets": [\n{"name": "A", "valueFrom": "a"}],\n"environment": [{"name": "A"}]}]}',
      'two variables "A"',
      { line: 2, column: 2 },
    ],
    ['a list', '[]', 'must be an object', { line: 1, column: 1 }],
  ])('is an error at its line when it has %s', async (_, text, message, place) => {
    await expect(read('td.json', { 'td.json': text })).rejects.toThrow(invalid(message, { file: 'td.json', ...place }))
  })

  it('tells of all that AWS would refuse, each at its line', async () => {
    const text = `family: flows
requiresCompatibilities: [FARGATE]
networkMode: bridge
cpu: "256"
memory: "512"
containerDefinitions:
  - name: prefect
    image: flows
    memory: 1024
    secrets: [{name: KEY, valueFrom: key}]
`
    await expect(read('td.yml', { 'td.yml': text })).rejects.toMatchObject({
      problems: [
        { message: 'Container "prefect" has secrets; that needs "executionRoleArn" of the task definition', location: { line: 10 } },
        { message: 'Container "prefect" has an image of ECR; that needs "executionRoleArn" of the task definition', location: { line: 8 } },
        { message: 'Fargate knows "networkMode" awsvpc only', location: { line: 3 } },
        { message: 'Container "prefect" has 1024 MiB of memory, and the task 512', location: { line: 9 } },
      ],
    })
  })

  it('has the edits of the inputs, and is checked with them', async () => {
    const written = aTaskDefinition({ executionRoleArn: '' })
    const edits = { environment: [{ name: 'A', value: '1' }], secrets: [{ name: 'B', value: 'b' }], tags: [] }
    const edited = (definition: object) => read('td.json', { 'td.json': JSON.stringify(definition) }, workspace, edits)

    expect((await edited({ ...written, executionRoleArn: 'role' })).definition.containerDefinitions[0]).toMatchObject({
      environment: [{ name: 'A', value: '1' }], secrets: [{ name: 'B', valueFrom: 'b' }],
    })
    await expect(edited({ ...written, requiresCompatibilities: ['EC2'] })).rejects.toThrow(invalid('has secrets; that needs "executionRoleArn"', expect.anything()))
  })

  it('tells everything that is wrong at once', async () => {
    const text = 'family: flows\nCPU: "256"\ncontainerDefinitions:\n  - name: prefect\n    image: x\n    log_configuration: {}\n'

    await expect(read('td.yml', { 'td.yml': text })).rejects.toThrow(
      invalid(
        '2 problems: td.yml:2:1: "CPU" is not a field of a task definition; did you mean "cpu"?; ' +
          'td.yml:6:5: "containerDefinitions.0.log_configuration"',
        expect.anything(),
      ),
    )
  })
})

describe('a task definition in AWS', () => {
  it.each([
    ['flows', 'family', revisionArn('flows', 2), '256'],
    ['flows:1', 'family', revisionArn('flows', 2), '512'],
    [revisionArn('flows', 1), 'arn', revisionArn('flows', 2), '512'],
  ])('is found by %s, beside the newest revision', async (input, origin, liveArn, cpu) => {
    const source = await read(input)

    expect({ origin: source.origin, live: source.live?.arn, cpu: source.definition.cpu }).toEqual({ origin, live: liveArn, cpu })
  })

  it('has the edits of the inputs, while the live revision stays as it is', async () => {
    const { definition, live } = await read('flows', {}, workspace, { ...NO_EDITS, environment: [{ name: 'A', value: '1' }] })

    expect(definition.containerDefinitions[0]).toMatchObject({ environment: [{ name: 'A', value: '1' }] })
    expect(live?.definition).toEqual(aTaskDefinition())
  })

  it('is found by a family that a folder of the checkout is named like', async () => {
    await mkdir(join(workspace, 'flows'))

    await expect(read('flows')).resolves.toMatchObject({ origin: 'family' })
  })

  it.each([
    ['a file that is not there', 'missing.json', 'There is no task definition file missing.json'],
    ['a path that is not there', 'config/task', 'There is no task definition file'],
    ['a family that is not there', 'nobody', 'There is no task definition nobody in this account and region'],
    ['a revision that is not there', revisionArn('flows', 9), 'There is no task definition arn:aws:ecs'],
  ])('is an error for %s', async (_, input, message) => {
    await expect(read(input)).rejects.toThrow(
      expect.objectContaining({
        code: 'task-definition-missing',
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    )
  })
})
