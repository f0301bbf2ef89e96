import type { DeployError } from '../src/errors.ts'
import type { Ports } from '../src/ports.ts'
import type { PrefectWrite } from '../src/prefect-ports.ts'
import { createFakeClock } from './fake-clock.ts'
import type { FakeClock } from './fake-clock.ts'
import { createFakeDocker } from './fake-docker.ts'
import type { FakeDocker, FakeReading } from './fake-docker.ts'
import { createFakeObjects } from './fake-objects.ts'
import type { FakeObjects } from './fake-objects.ts'
import { createFakePullRequests } from './fake-pull-requests.ts'
import type { FakePullRequests } from './fake-pull-requests.ts'
import { createFakeRecords } from './fake-records.ts'
import type { FakeRecords } from './fake-records.ts'
import { createFakeRegistry } from './fake-registry.ts'
import type { FakeRegistry } from './fake-registry.ts'
import { createFakeServices } from './fake-services.ts'
import type { FakeServices } from './fake-services.ts'
import { aTaskDefinition, createFakeTaskDefinitions, revisionArn } from './fake-task-definitions.ts'
import type { FakeTaskDefinitions } from './fake-task-definitions.ts'
import { createFakeWorkspace } from './fake-workspace.ts'
import type { FakeWorkspace, FakeWorkspaceOptions } from './fake-workspace.ts'

export type FakePorts = Ports & {
  readonly clock: FakeClock
  readonly registry: FakeRegistry
  readonly docker: FakeDocker
  readonly taskDefinitions: FakeTaskDefinitions
  readonly services: FakeServices
  readonly workspace: FakeWorkspace
  readonly objects: FakeObjects
  readonly records: FakeRecords
  /** What is behind `pullRequests` and `comments`. */
  readonly github: FakePullRequests
  /** Every write to AWS and Prefect in the order they were asked for, refused ones too; one line each. */
  readonly writes: readonly string[]
  readonly disposals: () => number
  /** Thrown when the account is asked for. */
  accountFailure: DeployError | undefined
}

export type FakePortsOptions = Omit<FakeWorkspaceOptions, 'clock'> & {
  /** By entrypoint, see {@link createFakeDocker}. */
  readonly flows: Readonly<Record<string, FakeReading>>
  /** Revision that the worker service runs. */
  readonly workerRevision?: string
}

/**
 * All that a release meets outside, in memory: an empty ECR repository `flows`, one revision of the family `flows`, a
 * worker service that runs it, and a Prefect workspace.
 */
export function createFakePorts({ flows, workerRevision = revisionArn('flows', 1), ...workspaceOptions }: FakePortsOptions): FakePorts {
  const writes: string[] = []
  const clock = createFakeClock()
  const registry = createFakeRegistry()
  registry.addRepository('flows')
  const docker = createFakeDocker({ registry, flows })
  const taskDefinitions = createFakeTaskDefinitions([aTaskDefinition()])
  const services = createFakeServices(workerRevision, clock)
  const workspace = createFakeWorkspace({ ...workspaceOptions, clock })
  const github = createFakePullRequests()
  let disposals = 0
  const recorded = <T>(write: string, work: () => T): T => {
    writes.push(write)
    return work()
  }
  const push = docker.push.bind(docker)
  const register = taskDefinitions.register.bind(taskDefinitions)
  const update = services.update.bind(services)
  const write = workspace.write.bind(workspace)
  const ports: FakePorts = {
    writes,
    clock,
    registry,
    docker: Object.assign(docker, { push: (tag: string) => recorded('push image', () => push(tag)) }),
    taskDefinitions: Object.assign(taskDefinitions, {
      register: (definition: Parameters<typeof register>[0]) => recorded(`register ${definition.family}`, () => register(definition)),
    }),
    services: Object.assign(services, {
      update: (reference: Parameters<typeof update>[0], arn: string) =>
        recorded(`update service to ${arn.split('/').at(-1) ?? ''}`, () => update(reference, arn)),
    }),
    workspace: Object.assign(workspace, { write: (request: PrefectWrite) => recorded(wordsFor(request), () => write(request)) }),
    survey: workspace.survey,
    github,
    pullRequests: github.pullRequests,
    comments: github.comments,
    shell: { run: () => Promise.reject(new Error('No script is expected')) },
    objects: createFakeObjects(),
    records: createFakeRecords(),
    accountFailure: undefined,
    account: {
      identify: () => {
        const { accountFailure } = ports
        if (accountFailure !== undefined) return Promise.reject(accountFailure)
        return Promise.resolve({ accountId: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/deploy/1' })
      },
    },
    dispose: () => {
      disposals += 1
      return Promise.resolve()
    },
    disposals: () => disposals,
  }
  return ports satisfies Ports
}

function wordsFor(write: PrefectWrite): string {
  const isPause = write.kind === 'update-deployment' && ['paused', 'tags,paused'].includes(Object.keys(write.body).join()) // the tag that marks it as incomplete goes along
  return isPause ? `${write.body.paused === true ? 'pause' : 'unpause'} deployment` : write.kind.replace('-', ' ')
}
