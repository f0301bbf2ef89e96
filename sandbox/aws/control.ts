import type { ImageTagMutability } from '@aws-sdk/client-ecr'
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import type { LifecycleAction } from './ecr/lifecycle.ts'
import type { Fate } from './ecs/fate.ts'
import type { ServiceRequest } from './ecs/service-creation.ts'
import type { Fault } from './faults.ts'
import type { RoleRequest } from './identity.ts'
import type { JournalEntry } from './journal.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { BucketRequest } from './s3/bucket.ts'
import type { State } from './state.ts'
import type { Durations } from './world.ts'

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The simulator's own interface, beside the services it simulates. */
export interface Control {
  /** An empty account; containers that still run are removed. */
  reset(): Promise<void>
  /** Requests answered so far, oldest first; those to the registry too. */
  journal(): Promise<JournalEntry[]>
  clearJournal(): Promise<void>
  /** What the simulator itself did wrong, in words; a test must find none. */
  defects(): Promise<string[]>
  /** The next `times` requests of that kind go wrong. @throws Error for an error code that the operation cannot answer. */
  fault(fault: Fault): Promise<void>
  clearFaults(): Promise<void>
  /** How fast rollouts and simulated tasks go (0 stands still), and seconds that pass at once, for expiries too. */
  clock(change: { readonly speed?: number; readonly advance?: number }): Promise<void>
  /** Seconds that the steps of a rollout take. */
  durations(change: Partial<Durations>): Promise<void>
  /** What comes of the service's next deployment, or of the next ones in order. @param service name or ARN. */
  fate(service: string, fate: Fate | readonly Fate[]): Promise<void>
  /** All sessions, or all logins to the registry, are expired from now on. */
  expire(what: 'sessions' | 'registry-logins'): Promise<void>
  /** Another audience that the account's identity provider accepts. */
  allowAudience(audience: string): Promise<void>
  /** @returns the role's ARN. A role that exists is changed, for its running sessions too. */
  createRole(role: RoleRequest): Promise<string>
  createUser(user: { readonly name: string; readonly policy: PolicyDocument }): Promise<AccessKey>
  /** @returns the repository's URI. */
  createRepository(repository: { readonly name: string; readonly tagMutability?: ImageTagMutability; readonly exclusions?: readonly string[] }): Promise<string>
  /** What a lifecycle policy of a repository does to one image. */
  lifecycle(action: LifecycleAction): Promise<void>
  createCluster(name: string): Promise<void>
  createBucket(bucket: BucketRequest): Promise<void>
  /** @returns the ARN of a service whose tasks run. */
  createService(service: ServiceRequest): Promise<string>
  /** @returns the revision's ARN. */
  registerTaskDefinition(definition: RegisterTaskDefinitionRequest): Promise<string>
  createSecret(secret: { readonly arn: string; readonly value: string }): Promise<void>
  state(): Promise<State>
  /** What the containers of a task printed, line by line. */
  taskOutput(taskArn: string): Promise<string[]>
  /** Every secret access key, session token and registry password that was given out. */
  issued(): Promise<string[]>
}

/** @param url the simulator's. */
export function createControl(url: string): Control {
  const call = async <T>(command: keyof Control, argument: unknown = null): Promise<T> => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/_control/${command}`, { method: 'POST', headers, body: JSON.stringify(argument) })
    if (!response.ok) throw new Error(`${command} failed: ${await response.text()}`)
    return (await response.json()) as T // the simulator's own interface
  }
  return {
    reset: () => call('reset'),
    journal: () => call('journal'),
    clearJournal: () => call('clearJournal'),
    defects: () => call('defects'),
    fault: (fault) => call('fault', fault),
    clearFaults: () => call('clearFaults'),
    clock: (change) => call('clock', change),
    durations: (change) => call('durations', change),
    fate: (service, fate) => call('fate', { service, fates: [fate].flat() }),
    expire: (what) => call('expire', what),
    allowAudience: (audience) => call('allowAudience', audience),
    createRole: (role) => call('createRole', role),
    createUser: (user) => call('createUser', user),
    createRepository: (repository) => call('createRepository', repository),
    lifecycle: (action) => call('lifecycle', action),
    createCluster: (name) => call('createCluster', name),
    createBucket: (bucket) => call('createBucket', bucket),
    createService: (service) => call('createService', service),
    registerTaskDefinition: (definition) => call('registerTaskDefinition', definition),
    createSecret: (secret) => call('createSecret', secret),
    state: () => call('state'),
    taskOutput: (taskArn) => call('taskOutput', taskArn),
    issued: () => call('issued'),
  }
}
