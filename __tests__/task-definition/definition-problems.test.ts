import { describe, expect, it } from '@jest/globals'
import { aTaskDefinition } from '../../__fixtures__/fake-task-definitions.ts'
import type { JsonObject } from '../../src/planned.ts'
import { definitionProblems, foreignRoles } from '../../src/task-definition/definition-problems.ts'
import { duplicates } from '../../src/task-definition/duplicates.ts'

const FARGATE = aTaskDefinition({})
const EC2 = aTaskDefinition({ requiresCompatibilities: ['EC2'], networkMode: 'bridge', executionRoleArn: null })
const container = (fields: JsonObject = {}) => ({ name: 'prefect', image: 'flows', ...fields })
const withContainer = (fields: JsonObject, others: readonly JsonObject[] = []) =>
  ({ containerDefinitions: [container(fields), ...others.map((other) => ({ name: 'sidecar', image: 'proxy:1', ...other }))] })
const SECRETS = [{ name: 'KEY', valueFrom: '/key' }]
const FIRST = ['containerDefinitions', 0]

const found = (definition: ReturnType<typeof aTaskDefinition>, isOfEcr = false) => definitionProblems(definition, { container: 'prefect', isOfEcr })

describe('what AWS is sure to refuse', () => {
  it.each<[string, JsonObject, (string | number)[], string]>([
    ['a family with a slash', { family: 'a/b' }, ['family'], '"family" has letters'],
    ['a container with a dot', { containerDefinitions: [{ name: 'a.b', image: 'x' }] }, [...FIRST, 'name'], 'The container name "a.b"'],
    ['a role that is a user', { taskRoleArn: 'arn:aws:iam::123456789012:user/me' }, ['taskRoleArn'], 'neither the name nor the ARN'],
    ['a role with a placeholder', { executionRoleArn: 'arn:aws:iam::<account>:role/x' }, ['executionRoleArn'], 'neither the name nor the ARN'],
    ['no essential container', withContainer({ essential: false }), ['containerDefinitions'], 'No container is essential'],
    ['no memory', { ...withContainer({}), memory: null }, FIRST, 'has no memory'],
    ['secrets without an execution role', withContainer({ secrets: SECRETS }), [...FIRST, 'secrets'], 'has secrets'],
    ['secrets of a log driver', withContainer({ logConfiguration: { logDriver: 'splunk', secretOptions: SECRETS } }), [...FIRST, 'logConfiguration', 'secretOptions'], 'log driver'],
    ['a login of a registry', withContainer({ repositoryCredentials: { credentialsParameter: 'x' } }), [...FIRST, 'repositoryCredentials'], 'credentials of a registry'],
    ['an unknown volume', withContainer({ mountPoints: [{ sourceVolume: 'data' }] }), [...FIRST, 'mountPoints', 0, 'sourceVolume'], 'names "data"'],
    ['an unknown container', withContainer({ dependsOn: [{ containerName: 'init' }] }), [...FIRST, 'dependsOn', 0, 'containerName'], 'names "init"'],
    ['volumes of a stranger', withContainer({ volumesFrom: [{ sourceContainer: 'init' }] }), [...FIRST, 'volumesFrom', 0, 'sourceContainer'], 'names "init"'],
    ['another host port', { ...withContainer({ portMappings: [{ containerPort: 80, hostPort: 81 }] }), networkMode: 'host' }, [...FIRST, 'portMappings', 0, 'hostPort'], 'maps port 80 to 81'],
    ['65 KB', withContainer({ environment: [{ name: 'A', value: 'x'.repeat(65_536) }] }), [], 'AWS takes 65536'],
  ])('is %s', (_, fields, path, message) => {
    expect(found({ ...EC2, ...fields })).toEqual([expect.objectContaining({ path, message: expect.stringContaining(message) })])
  })

  it.each<[string, JsonObject, (string | number)[], string]>([
    ['a bridge', { networkMode: 'bridge' }, ['networkMode'], 'awsvpc only'],
    ['no network mode', { networkMode: null }, ['networkMode'], 'awsvpc only'],
    ['no cpu', { cpu: null }, ['cpu'], 'needs "cpu"'],
    ['no memory', { ...withContainer({ memory: 512 }), memory: '' }, ['memory'], 'needs "memory"'],
    ['more cpu than the task', withContainer({ cpu: 200 }, [{ cpu: 100 }]), ['cpu'], '300 CPU units together, and the task 256'],
    ['more memory than the task', withContainer({ memory: 1024 }), [...FIRST, 'memory'], '1024 MiB of memory, and the task 512'],
    ['more reserved memory than the task', withContainer({ memoryReservation: 1024 }), [...FIRST, 'memoryReservation'], '1024 MiB of memoryReservation'],
    ['logs without an execution role', { ...withContainer({ logConfiguration: { logDriver: 'awslogs' } }), executionRoleArn: null }, [...FIRST, 'logConfiguration', 'logDriver'], 'awslogs'],
    [
      'an image of ECR without an execution role', { ...withContainer({}, [{ image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/proxy:1' }]), executionRoleArn: null },
      ['containerDefinitions', 1, 'image'], 'Container "sidecar" has an image of ECR',
    ],
  ])('is, on Fargate, %s', (_, fields, path, message) => {
    expect(found({ ...FARGATE, ...fields })).toEqual([expect.objectContaining({ path, message: expect.stringContaining(message) })])
  })

  it('is the image of this release without an execution role, when it comes from ECR', () => {
    const definition = { ...FARGATE, executionRoleArn: null }

    expect(found(definition, true)).toEqual([expect.objectContaining({ path: [...FIRST, 'image'] })])
    expect(found(definition, false)).toEqual([])
  })

  it('is nothing of what AWS takes', () => {
    const EXECUTION = { executionRoleArn: 'execution', taskRoleArn: 'arn:aws-us-gov:iam::123456789012:role/team/task' }
    const data = { volumes: [{ name: 'data' }], ...withContainer({
      secrets: SECRETS, mountPoints: [{ sourceVolume: 'data' }], logConfiguration: { logDriver: 'awslogs' }, portMappings: [{ containerPort: 80, hostPort: 80 }],
      dependsOn: [{ containerName: 'sidecar' }],
    }, [{ essential: false }]) }

    expect(found({ ...FARGATE, ...EXECUTION, ...data }, true)).toEqual([])
    expect(found({ ...EC2, ...withContainer({ logConfiguration: { logDriver: 'awslogs' }, portMappings: [{ containerPort: 80, hostPort: 81 }] }) }, true)).toEqual([])
  })

  it.each([
    ['another account', 'arn:aws:iam::210987654321:role/flows', ['taskRoleArn']],
    ['this account', 'arn:aws:iam::123456789012:role/flows', []],
    ['a name only', 'flows', []],
  ])('is a role of %s: %s', (_, taskRoleArn, fields) => {
    expect(foreignRoles(aTaskDefinition({ taskRoleArn }), '123456789012').map(({ path }) => path)).toEqual(fields.map((field) => [field]))
  })
})

describe('names that are there twice', () => {
  it('are told at their second place', () => {
    const variables = { environment: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }], secrets: [{ name: 'A', valueFrom: 'x' }] }
    const definition = {
      ...withContainer(variables, [{ name: 'prefect' }]), volumes: [{ name: 'v' }, { name: 'v' }], tags: [{ key: 'k' }, { key: 'K' }, { key: 'k' }],
    }

    expect(duplicates(definition)).toEqual([
      { path: ['containerDefinitions', 1, 'name'], message: 'There are two containers "prefect"' },
      { path: ['volumes', 1, 'name'], message: 'There are two volumes "v"' },
      { path: ['tags', 2, 'key'], message: 'There are two tags "k"' },
      { path: [...FIRST, 'environment', 1, 'name'], message: 'There are two variables "A"' },
      { path: [...FIRST, 'secrets', 0, 'name'], message: 'There are two variables "A"' },
    ])
  })
})
