import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { aBuildSpec, createFolder } from '../../__fixtures__/build-folder.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeRegistry } from '../../__fixtures__/fake-registry.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'
import { run } from '../../sandbox/command.ts'
import { startEngine } from '../../sandbox/engine.ts'
import type { Engine } from '../../sandbox/engine.ts'
import { startRegistry } from '../../sandbox/registry.ts'
import type { OciRegistry } from '../../sandbox/registry.ts'
import { createDocker } from '../../src/adapters/docker.ts'
import type { DisposableDocker } from '../../src/adapters/docker.ts'
import { readBuildInputs } from '../../src/image/fingerprint.ts'
import { packContext } from '../../src/image/pack.ts'

/** What only a real engine can say; its words for everything else are in docker.test.ts. */

jest.setTimeout(120_000)

const log = createFakeLog()
let engine: Engine
let registry: OciRegistry
let docker: DisposableDocker
let tag: string

beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine(), startRegistry({ folder: createScratch('registry') })])
  const temporaryDirectory = createScratch('runner-temp')
  const environment = { PATH: process.env.PATH, HOME: temporaryDirectory, DOCKER_HOST: engine.host }
  docker = createDocker({ environment, temporaryDirectory, registry: createFakeRegistry(), log })
  tag = `${registry.host}/flows:tree-1`
})

afterAll(async () => {
  await docker.dispose()
  await Promise.all([registry.stop(), engine.stop()])
})

it('says where an image works and what it runs on, and nothing of its variables', async () => {
  const inputs = await readBuildInputs(aBuildSpec(createFolder({
    Dockerfile: 'FROM python:3.11-slim-bookworm\nENV TOKEN=s3cret\nWORKDIR /opt/app\nCOPY . .\n',
  })))

  const { workingDirectory, platform } = await docker.build({ tag, context: packContext(inputs), dockerfile: 'Dockerfile', buildArgs: {}, secrets: {} })

  expect({ workingDirectory, platform }).toEqual({ workingDirectory: '/opt/app', platform: expect.stringMatching(/^linux\/\w+$/) })
  expect(log.lines.filter((line) => line.startsWith('debug')).join('\n')).not.toContain('s3cret')
})

it('pulls an image for its own platform only', async () => {
  await docker.push(tag)
  const index = `${tag}-index`
  await run(['docker', 'buildx', 'imagetools', 'create', '--tag', index, tag], { env: { ...process.env, DOCKER_HOST: engine.host } })

  await expect(docker.pull(index, 'linux/s390x')).rejects.toMatchObject({ code: 'platform-mismatch' })
  await expect(docker.pull(tag, 'linux/s390x')).rejects.toMatchObject({ code: 'platform-mismatch' })
  await expect(docker.pull(`${tag}-missing`, 'linux/s390x')).rejects.toMatchObject({ code: 'image-missing' })
  await expect(docker.pull(tag)).resolves.toMatchObject({ workingDirectory: '/opt/app' })
})

it('runs code that sees a mounted folder, but not what is hidden of it', async () => {
  const source = createFolder({ 'flow.py': 'code', '.git/config': 'token', 'app/.git/config': 'token' })
  const look = 'cat flow.py; find . -name config; touch .git/new flow.py'

  const { stdout, stderr } = await docker.run({
    image: tag, command: ['sh', '-c', `cd /check,out && ${look}`], stdin: '', environment: {},
    mount: { source, target: '/check,out' }, hidden: ['/check,out/.git', '/check,out/absent'],
  })

  expect(stdout).toBe('code./app/.git/config')
  expect(stderr.match(/Read-only file system/g)).toHaveLength(2)
})
