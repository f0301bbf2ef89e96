import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { mayAnswer } from './api.ts'
import type { AccessKey, Control } from './control.ts'
import { applyLifecycle } from './ecr/lifecycle.ts'
import { createRepository } from './ecr/repositories.ts'
import { createCluster } from './ecs/clusters.ts'
import type { Fate } from './ecs/fate.ts'
import type { ServiceRequest } from './ecs/service-creation.ts'
import { createService } from './ecs/service-creation.ts'
import { registerTaskDefinition } from './ecs/task-definitions.ts'
import type { Fault } from './faults.ts'
import type { RoleRequest } from './identity.ts'
import { createUser, putRole } from './identity.ts'
import type { Models } from './protocol.ts'
import type { PolicyDocument } from './policy-document.ts'
import { createBucket } from './s3/bucket.ts'
import type { BucketRequest } from './s3/bucket.ts'
import { S3_CODES } from './s3/error.ts'
import { stateOf } from './state.ts'
import type { Durations, World } from './world.ts'

type Command = (world: World, argument: never) => unknown

/** Answers `POST /_control/<command>`; `reset` is the caller's, who owns the world. */
export async function serveControl(
  { world, models, reset }: { readonly world: World; readonly models: Models; readonly reset: () => Promise<void> },
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const name = (request.url ?? '').replace('/_control/', '')
  const commands: Readonly<Record<string, Command>> = {
    ...COMMANDS,
    reset,
    fault: (world, fault: Fault) => {
      addFault(world, models, fault)
    },
  }
  try {
    const argument = await json(request)
    world.timeline.settle()
    const command = commands[name]
    if (command === undefined) throw new Error(`There is no command ${name}`)
    const result = await command(world, argument as never) // the typed client's
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null))
  } catch (error) {
    response.writeHead(400).end(error instanceof Error ? error.message : String(error))
  }
}

const COMMANDS = {
  journal: ({ journal }) => journal,
  clearJournal: ({ journal }) => {
    journal.splice(0)
  },
  defects: ({ defects }) => defects,
  clearFaults: ({ faults }) => {
    faults.splice(0)
  },
  clock: ({ timeline }, { speed, advance }: { speed?: number; advance?: number }) => {
    if (speed !== undefined) timeline.setSpeed(speed)
    if (advance !== undefined) timeline.advance(advance)
  },
  durations: ({ durations }, change: Partial<Durations>) => {
    Object.assign(durations, change)
  },
  fate: ({ services }, { service, fates }: { service: string; fates: Fate[] }) => {
    const found = [...services.values()].find(({ name, serviceArn }) => name === service || serviceArn === service)
    if (found === undefined) throw new Error(`There is no service ${service}`)
    found.fates.splice(0, found.fates.length, ...fates)
  },
  expire: ({ credentials, registryLogins, timeline }, what: 'sessions' | 'registry-logins') => {
    const sessions = [...credentials.values()].flatMap(({ session }) => session ?? [])
    for (const credential of what === 'sessions' ? sessions : registryLogins.values()) credential.expiration = timeline.now()
  },
  allowAudience: ({ audiences }, audience: string) => {
    audiences.add(audience)
  },
  createRole: (world, role: RoleRequest) => putRole(world, role).arn,
  createUser: (world, user: { name: string; policy: PolicyDocument }): AccessKey => {
    const { accessKeyId, secretAccessKey } = createUser(world, user)
    return { accessKeyId, secretAccessKey }
  },
  createRepository: (world, { name, tagMutability, exclusions }: Parameters<Control['createRepository']>[0]) => {
    const filters = exclusions?.map((filter) => ({ filterType: 'WILDCARD' as const, filter }))
    const request = { repositoryName: name, imageTagMutability: tagMutability, imageTagMutabilityExclusionFilters: filters }
    return createRepository(world, request).description.repositoryUri
  },
  lifecycle: applyLifecycle,
  createCluster: (world, name: string) => {
    createCluster(world, name)
  },
  createBucket: (world, bucket: BucketRequest) => {
    createBucket(world, bucket)
  },
  createService: async (world, service: ServiceRequest) => (await createService(world, service)).serviceArn,
  registerTaskDefinition: (world, definition: RegisterTaskDefinitionRequest) =>
    registerTaskDefinition(world, definition, `arn:aws:iam::${world.account.id}:root`).definition.taskDefinitionArn,
  createSecret: ({ secrets }, { arn, value }: { arn: string; value: string }) => {
    secrets.set(arn, value)
  },
  state: stateOf,
  taskOutput: ({ output }, taskArn: string) => output.get(taskArn) ?? [],
  issued: ({ issued }) => [...issued],
} satisfies Record<Exclude<keyof Control, 'reset' | 'fault'>, Command>

/** A fault must be one that AWS could show: codes that the operation does not declare are refused. */
function addFault(world: World, models: Models, fault: Fault): void {
  const model = models[fault.service]
  if (model === undefined && fault.service !== 'registry') throw new Error(`There is no service ${fault.service}`)
  if (model !== undefined && fault.operation !== '*' && !(fault.operation in model.operations)) {
    throw new Error(`${fault.service} has no operation ${fault.operation}`)
  }
  const code = typeof fault.kind === 'string' ? undefined : fault.kind.code
  if (fault.service === 's3' && code !== undefined && !S3_CODES.includes(code)) throw new Error(`S3 never answers ${code}`)
  const family = model?.metadata.protocol === 'query' ? 'query' : 'json'
  if (model !== undefined && fault.service !== 's3' && code !== undefined && !mayAnswer({ model, operationName: fault.operation, family }, code)) {
    throw new Error(`${fault.service}:${fault.operation} never answers ${code}`)
  }
  world.faults.push({ ...fault })
}
