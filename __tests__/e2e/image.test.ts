import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createRepositoryPolicy, deployPolicy, planPolicy, trustPolicy } from '../../sandbox/aws/policies.ts'
import type { PolicyDocument } from '../../sandbox/aws/policy-document.ts'
import { startBuilder } from '../../sandbox/builder.ts'
import type { Builder } from '../../sandbox/builder.ts'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'
import { account, environment, repository, roleArn } from '../../sandbox/scene.ts'
import { policyTargets } from '../../sandbox/seed-aws.ts'
import { edit } from '../../sandbox/workspace.ts'
import { LIFECYCLE_POLICY } from '../../src/image/new-repository.ts'

jest.setTimeout(600_000)

const NEW = 'team/made'
const TAGGED = 'tagged'
const ATTESTED = 'attested'

let sandbox: Sandbox
let workspace: string
let ecr: ECRClient
let builder: Builder | undefined

/** Its own repository and role: what one test leaves is nothing to another. */
const inputsFor = (name: string, more: Readonly<Record<string, string>> = {}) =>
  ({ service: '', 'task-definition': '', 'ecr-repository': name, 'role-to-assume': roleArn(roleOf(name)), ...more })
const release = (name: string, more: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) =>
  sandbox.run({ workspace, event: pushEvent(), inputs: inputsFor(name, more), env })
const succeeded = (step: StepResult) => {
  if (step.exitCode !== 0) throw new Error(step.log)
  return step
}
const roleOf = (name: string) => `flows-${name.replace('/', '-')}`
const errorsOf = ({ annotations }: StepResult) => annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
const repositoryNamed = async (name: string) => (await sandbox.aws.state()).repositories.find(({ repositoryName }) => repositoryName === name)
const tagsOf = async (name: string) => (await repositoryNamed(name))?.tags ?? {}
const writesTo = async (operation: string) => (await sandbox.aws.journal()).filter((entry) => entry.operation === operation).length

async function createRole(name: string, policy: PolicyDocument, subject = `environment:${environment}`) {
  await sandbox.aws.createRole({ name, trustPolicy: trustPolicy(account.id, repository, [subject]), policy })
}

beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  workspace = await sandbox.checkOut()
  for (const name of [NEW, TAGGED, ATTESTED]) await createRole(roleOf(name), deployPolicy({ ...policyTargets, repository: name }))
  await createRole('flows-new-plan', planPolicy({ ...policyTargets, repository: NEW }), 'pull_request')
  await sandbox.aws.createRepository({ name: TAGGED, tagMutability: 'IMMUTABLE_WITH_EXCLUSION', exclusions: ['production'] })
  await sandbox.aws.createRepository({ name: ATTESTED, tagMutability: 'IMMUTABLE' })
  const policy: PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] }
  const credentials = await sandbox.aws.createUser({ name: 'reader', policy })
  ecr = new ECRClient({ region: account.region, endpoint: sandbox.endpoints.aws.url, credentials })
})

afterEach(async () => {
  await builder?.stop()
  builder = undefined
})

afterAll(() => sandbox.reset())

describe('a repository that is missing', () => {
  const creating = { 'create-repository': 'true' }

  it('is an error without create-repository, and planned with it by a role that can only read', async () => {
    const planning = { 'role-to-assume': roleArn('flows-new-plan') }
    const event = pullRequestEvent({ number: 7 })
    const refused = await sandbox.run({ workspace, event, inputs: inputsFor(NEW, planning) })
    const planned = succeeded(await sandbox.run({ workspace, event, inputs: inputsFor(NEW, { ...planning, ...creating }) }))

    expect(errorsOf(refused)).toEqual([expect.stringContaining('[repository-missing] There is no ECR repository "team/made"')])
    expect(planned.summary).toContain('**creates the ECR repository** `made`')
    expect(await repositoryNamed(NEW)).toBeUndefined()
  })

  it('is not made without the permission, which the error names', async () => {
    const step = await release(NEW, creating)

    expect(errorsOf(step)).toEqual([expect.stringMatching(/^\[aws-access-denied\].*ecr:CreateRepository on .*repository\/team\/made/)])
    expect(await repositoryNamed(NEW)).toBeUndefined()
  })

  it('is made once by two jobs at the same time, which end with one digest', async () => {
    await createRole(roleOf(NEW), createRepositoryPolicy(deployPolicy({ ...policyTargets, repository: NEW }), { ...policyTargets, repository: NEW }))
    const [one, other] = await Promise.all([release(NEW, creating), release(NEW, creating)])

    expect([one.exitCode, other.exitCode]).toEqual([0, 0])
    expect(one.outputs.image).toMatch(/\/team\/made@sha256:/)
    expect(other.outputs.image).toBe(one.outputs.image)
    const made = await repositoryNamed(NEW)
    expect(made).toMatchObject({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'buildcache*' }],
      imageScanningConfiguration: { scanOnPush: true }, encryptionConfiguration: { encryptionType: 'AES256' },
    })
    expect(JSON.parse(made?.lifecyclePolicy ?? '{}')).toEqual(LIFECYCLE_POLICY)
    expect(await sandbox.aws.defects()).toEqual([])
  })
})

describe('further tags', () => {
  it('are put on the image by its manifest, move where they may, and are no write once they are there', async () => {
    const first = succeeded(await release(TAGGED, { 'image-tags': 'v1, production' }))
    const again = succeeded(await release(TAGGED, { 'image-tags': 'v1, production' }))
    edit(workspace, 'flows/report.py', '\n\n\n', '\n\n\nREVISION = "tagged"\n\n\n')
    const before = await writesTo('PutImage')
    const second = succeeded(await release(TAGGED, { 'image-tags': 'v2\nproduction' }))

    expect([first.outputs.changed, again.outputs.changed]).toEqual(['true', 'false'])
    expect(await tagsOf(TAGGED)).toMatchObject({
      v1: first.outputs['image-digest'], v2: second.outputs['image-digest'], production: second.outputs['image-digest'],
    })
    expect(await writesTo('PutImage') - before).toBe(3) // two tags and the record
    expect(second.log).toContain(`production, which was ${first.outputs['image-digest'] ?? ''}`)
  })

  it('go back with a rollback, those that may', async () => {
    const { v1: digest } = await tagsOf(TAGGED)
    succeeded(await release(TAGGED, { 'image-tags': 'v3, production', 'rollback-to': 'previous' }))
    const tags = await tagsOf(TAGGED)

    expect(tags.production).toBe(digest)
    expect(tags.v3).toBeUndefined()
  })

  it('that are on another image stop the plan where they must not move, before a build', async () => {
    edit(workspace, 'flows/report.py', 'REVISION = "tagged"', 'REVISION = "taken"')
    const step = await release(TAGGED, { 'image-tags': 'v1' })

    expect(errorsOf(step)).toEqual([expect.stringMatching(/^\[tag-taken\] Tag "v1" of ECR repository tagged is on another image \(sha256:/)])
    expect(step.log).not.toContain('Building ')
  })

  it('are put on an image that is given, in its own repository', async () => {
    succeeded(await release(TAGGED, { image: 'v2', 'image-tags': 'approved' }))
    const { approved, v2 } = await tagsOf(TAGGED)

    expect(approved).toBe(v2)
  })

  it('that cannot be written leave a released image and a red step', async () => {
    const kind = { code: 'InvalidParameterException', message: 'There are too many tags', status: 400 }
    await sandbox.aws.fault({ service: 'ecr', operation: 'PutImage', times: 1, kind })
    const step = await release(TAGGED, { 'image-tags': 'v4' })
    const again = succeeded(await release(TAGGED, { 'image-tags': 'v4' }))

    expect(errorsOf(step)).toEqual([expect.stringMatching(/^\[tag-not-written\] Everything is released, .*There are too many tags/)])
    expect(step.outputs.record).toMatch(/^release-/)
    expect(again.outputs).toMatchObject({ 'image-built': 'false', updated: '0', changed: 'true', record: '' })
    expect((await tagsOf(TAGGED)).v4).toBe(step.outputs['image-digest'])
  })
})

describe('provenance', () => {
  const attesting = { provenance: 'true', 'build-args': 'NOT_FOR_EVERYBODY=value-of-an-argument' }

  it('is refused before the build by the engine\'s own builder, which cannot attest', async () => {
    const step = await release(ATTESTED, attesting)

    expect(errorsOf(step)).toEqual([expect.stringMatching(/^\[builder-unable\] The builder's driver "docker" cannot attest/)])
    expect(step.log).not.toContain('Building ')
  })

  it('is in an index beside the very image whose flows were read, and says nothing of arguments', async () => {
    builder = await startBuilder(sandbox.endpoints)
    const step = succeeded(await release(ATTESTED, { ...attesting, 'image-tags': 'v1' }, builder.environment))
    const digest = step.outputs['image-digest'] ?? ''
    const index = await manifestOf(digest)
    const [image, attestation] = index.manifests ?? []

    expect(image?.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    expect(attestation).toMatchObject({ platform: { os: 'unknown', architecture: 'unknown' }, annotations: { 'vnd.docker.reference.digest': image?.digest } })
    const { layers = [] } = await manifestOf(attestation?.digest ?? '')
    const statement = JSON.stringify(await blobOf(layers[0]?.digest ?? ''))
    expect(statement).toContain('https://slsa.dev/provenance/v1')
    expect(statement).not.toContain('value-of-an-argument')
    expect((await manifestOf(image?.digest ?? '')).config?.digest).toBe(await localImageId(step))
    expect((await tagsOf(ATTESTED)).v1).toBe(digest)
    expect(step.outputs.record).toMatch(/^release-/)
  })

  it('is reused as it is, and its flows are read from it', async () => {
    const { v1: digest } = await tagsOf(ATTESTED)
    const step = succeeded(await release(ATTESTED, { ...attesting, 'read-flows': 'always' }))
    const given = succeeded(await release(ATTESTED, { image: 'v1', 'read-flows': 'always' }))

    expect([step.outputs['image-digest'], given.outputs['image-digest']]).toEqual([digest, digest])
    expect([step.outputs['image-built'], step.log.includes('Pulling ')]).toEqual(['false', true])
  })

  it('goes back in a rollback like any image', async () => {
    edit(workspace, 'flows/report.py', 'REVISION = "taken"', 'REVISION = "attested"')
    const { v1: digest } = await tagsOf(ATTESTED)
    const next = succeeded(await release(ATTESTED))
    const back = succeeded(await release(ATTESTED, { 'rollback-to': 'previous' }))

    expect(next.outputs['image-digest']).not.toBe(digest)
    expect(back.outputs['image-digest']).toBe(digest)
  })
})

type Manifest = {
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
  readonly manifests?: readonly { readonly digest: string; readonly platform?: object; readonly annotations?: object }[]
}

async function manifestOf(imageDigest: string): Promise<Manifest> {
  const { images: [image] = [] } = await ecr.send(new BatchGetImageCommand({ repositoryName: ATTESTED, imageIds: [{ imageDigest }] }))
  return JSON.parse(image?.imageManifest ?? '{}') as Manifest
}

async function blobOf(layerDigest: string): Promise<unknown> {
  const { downloadUrl = '' } = await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName: ATTESTED, layerDigest }))
  return (await fetch(downloadUrl)).json()
}

/** Of the image that was loaded to read the flows: the digest of its configuration, which is its id in the engine. */
async function localImageId({ outputs }: StepResult): Promise<string> {
  const { image = '', 'image-tag': tag = '' } = outputs
  const name = `${image.slice(0, image.indexOf('@'))}:${tag}`
  return (await run(['docker', '--host', sandbox.endpoints.docker.host, 'image', 'inspect', '--format', '{{.Id}}', name])).trim()
}
