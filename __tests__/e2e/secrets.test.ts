import { readFileSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { run } from '../../sandbox/command.ts'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { pushEvent } from '../../sandbox/runner/event.ts'
import { edit } from '../../sandbox/workspace.ts'

jest.setTimeout(300_000)

const BUILD_SECRET = 'planted-build-secret-2f9d'
const AUTH_STRING = 'planted-user:planted-password-77c1'
const SECRET_STEP = 'RUN --mount=type=secret,id=pip_token test "$(wc -c </run/secrets/pip_token)" -gt 8'

let sandbox: Sandbox
let workspace: string
/** What the machine's folder for temporary files held before. */
let before: ReadonlySet<string>
let steps: readonly StepResult[]
let secrets: Readonly<Record<string, readonly string[]>>

/** A release with every kind of secret, one that fails late, and one through the shape of Prefect Cloud. */
beforeAll(async () => {
  sandbox = connectSandbox()
  await sandbox.reset()
  const { cloud, oidc } = sandbox.endpoints
  before = new Set(readdirSync(tmpdir()))
  workspace = await sandbox.checkOut()
  edit(workspace, 'Dockerfile', 'COPY flows flows', `${SECRET_STEP}\nCOPY flows flows`)
  await sandbox.aws.clearJournal()
  const inputs = { 'build-secrets': `pip_token=${BUILD_SECRET}`, 'prefect-api-auth-string': AUTH_STRING }
  const released = await sandbox.run({ workspace, event: pushEvent(), inputs })
  edit(workspace, 'Dockerfile', 'COPY flows flows', 'COPY flows flows\nRUN --mount=type=secret,id=pip_token cat /run/secrets/pip_token && exit 1')
  const failed = await sandbox.run({ workspace, event: pushEvent(), inputs })
  edit(workspace, 'Dockerfile', '\nRUN --mount=type=secret,id=pip_token cat /run/secrets/pip_token && exit 1', '')
  const throughCloud = await sandbox.run({
    workspace, event: pushEvent(), inputs: { ...inputs, 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': cloud.apiKey, 'prefect-api-auth-string': '' },
  })
  steps = [released, failed, throughCloud]
  const idTokens = (await sandbox.aws.journal())
    .filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity')
    .map(({ request }) => String((request as Record<string, unknown>).WebIdentityToken))
  secrets = {
    'the API key': [cloud.apiKey],
    'the auth string': [AUTH_STRING, 'planted-password-77c1', Buffer.from(AUTH_STRING).toString('base64')],
    'the token of the token route': [oidc.secret],
    'the OIDC tokens': idTokens,
    'the secrets of AWS': await sandbox.aws.issued(),
    'the build secret': [BUILD_SECRET],
  }
})

const KINDS = ['the API key', 'the auth string', 'the token of the token route', 'the OIDC tokens', 'the secrets of AWS', 'the build secret']

describe('secrets', () => {
  it('are planted: the releases used every kind of them', () => {
    expect(steps.map(({ conclusion }) => conclusion)).toEqual(['success', 'failure', 'success'])
    for (const kind of KINDS) expect(secrets[kind]?.length).toBeGreaterThan(0)
    expect(secrets['the OIDC tokens']?.[0]).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(steps[0]?.annotations.filter(({ level }) => level === 'error')).toEqual([])
  })

  it.each(KINDS)('%s is not in the log that people see', (kind) => {
    for (const { log } of steps) expect(leaks(log, kind)).toEqual([])
  })

  // What the user's own Dockerfile prints, the build secret here, only the runner's mask can hide.
  it.each(KINDS.filter((kind) => kind !== 'the build secret'))('%s is never printed, except to tell the runner to mask it', (kind) => {
    for (const { rawLog } of steps) expect(leaks(rawLog.replace(/^::add-mask::.*$/gm, ''), kind)).toEqual([])
  })

  it.each(KINDS)('%s is not in the summary, the outputs, the annotations or plan.json', (kind) => {
    for (const step of steps) {
      const { summary, outputs, annotations, state, exported } = step
      const plan = outputs.plan === undefined ? '' : readFileSync(outputs.plan, 'utf8')
      expect(leaks(JSON.stringify([summary, outputs, annotations, state, exported, plan]), kind)).toEqual([])
    }
  })

  it.each(KINDS)('%s is in no command line', (kind) => {
    for (const { children } of steps) expect(leaks(JSON.stringify(children.map(({ argv }) => argv)), kind)).toEqual([])
  })

  it.each(KINDS.filter((kind) => kind !== 'the build secret'))('%s is in no variable of a child process', (kind) => {
    for (const { children } of steps) expect(leaks(JSON.stringify(children.map(({ env }) => env)), kind)).toEqual([])
  })

  it('the build secret is a variable of the builds and of no other child process', () => {
    const holders = steps.flatMap(({ children }) => children).filter(({ env }) => leaks(JSON.stringify(env), 'the build secret').length > 0)

    expect(holders.length).toBeGreaterThan(0)
    for (const { argv } of holders) expect(argv).toContain('build')
  })

  it.each(KINDS)('%s is not in the history of the image', async (kind) => {
    const image = steps[0]?.outputs.image ?? ''
    const env = { ...process.env, DOCKER_HOST: sandbox.endpoints.docker.host }
    const tag = `${image.slice(0, image.indexOf('@'))}:${steps[0]?.outputs['image-tag'] ?? ''}`

    const history = await run(['docker', 'history', '--no-trunc', '--format', 'json', tag], { env })

    expect(leaks(history + (await run(['docker', 'image', 'inspect', tag], { env })), kind)).toEqual([])
  })

  it.each(KINDS)('%s is in no file left behind', (kind) => {
    const left = readdirSync(tmpdir()).filter((name) => !before.has(name)).map((name) => join(tmpdir(), name))
    const folders = steps.flatMap(({ runnerTemp }) => [runnerTemp, join(dirname(runnerTemp), 'home')])
    const files = [...folders, workspace, ...left].flatMap(filesIn)

    expect(files.filter((file) => leaks(readFileSync(file, 'latin1'), kind).length > 0)).toEqual([])
  })

  it('no credentials are handed to later steps', () => {
    for (const { exported, state, addedPaths } of steps) expect([exported, state, addedPaths]).toEqual([{}, {}, []])
  })
})

/** Which of the secrets of a kind a text holds. */
function leaks(text: string, kind: string): string[] {
  return (secrets[kind] ?? []).filter((secret) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))
}

function filesIn(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (stat.isDirectory()) return readdirSync(path).flatMap((name) => filesIn(join(path, name)))
  return stat.isFile() ? [path] : []
}
