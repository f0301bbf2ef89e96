import { checkTaskDefinition } from '../src/adapters/ecs-model.ts'
import type { Revision, TaskDefinition, TaskDefinitions } from '../src/ecs-ports.ts'

export type FakeTaskDefinitions = TaskDefinitions & {
  /** All revisions, oldest first; add some, or make them INACTIVE. */
  readonly revisions: Revision[]
  /** Errors that the next registrations fail with, one each. */
  readonly failures: Error[]
}

const PREFIX = 'arn:aws:ecs:eu-central-1:123456789012:task-definition'

/** ARN of a revision in the fake's account and region. */
export function revisionArn(family: string, revision: number): string {
  return `${PREFIX}/${family}:${revision}`
}

/** A small task definition for Fargate, with one container. */
export function aTaskDefinition(overrides: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    family: 'flows',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [{ name: 'prefect', image: 'registry.example/flows@sha256:old' }],
    ...overrides,
  }
}

/** Task definitions in memory; each of `definitions` is registered and ACTIVE. */
export function createFakeTaskDefinitions(definitions: readonly TaskDefinition[] = []): FakeTaskDefinitions {
  const revisions: Revision[] = []
  const failures: Error[] = []
  const add = (definition: TaskDefinition): string => {
    const arn = revisionArn(definition.family, revisions.filter((each) => each.definition.family === definition.family).length + 1)
    revisions.push({ arn, active: true, definition })
    return arn
  }
  for (const definition of definitions) add(definition)
  return {
    revisions, failures,
    check: checkTaskDefinition,
    describe: (reference) => {
      const exact = revisions.find(({ arn }) => arn === reference || arn.endsWith(`/${reference}`))
      return Promise.resolve(exact ?? revisions.findLast(({ active, definition }) => active && definition.family === reference))
    },
    register: (definition) => {
      const failure = failures.shift()
      return failure === undefined ? Promise.resolve(add(definition)) : Promise.reject(failure)
    },
  } satisfies FakeTaskDefinitions
}
