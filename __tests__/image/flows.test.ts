import { describe, expect, it } from '@jest/globals'
import { createFakeDocker } from '../../__fixtures__/fake-docker.ts'
import type { FakeReading } from '../../__fixtures__/fake-docker.ts'
import { createFakeRegistry } from '../../__fixtures__/fake-registry.ts'
import { readFlows } from '../../src/image/flows.ts'
import type { FlowsRequest } from '../../src/image/flows.ts'
import type { ContainerResult, ContainerRun } from '../../src/docker-ports.ts'

const IMAGE = 'registry/flows:tree-1'
const TRACEBACK = 'Traceback (most recent call last):\n  File "/opt/app/etl.py", line 3, in <module>\nKeyError: \'TOKEN\''

function request(flows: Readonly<Record<string, FakeReading>>, overrides: Omit<Partial<FlowsRequest>, 'docker'> = {}) {
  const docker = createFakeDocker({ registry: createFakeRegistry(), flows })
  const entrypoints = Object.keys(flows).map((entrypoint, index) => ({ entrypoint, location: { file: 'prefect.yaml', line: index + 1 } }))
  return { docker, image: IMAGE, workingDirectory: '/opt/app', entrypoints, strict: false, ...overrides }
}

const READ_SAFELY = { loaded: 'safe', failure: { kind: 'import-error', traceback: TRACEBACK } } as const

/** A container that answers each command with the next of these results. */
function container(...results: Partial<ContainerResult>[]) {
  const runs: ContainerRun[] = []
  const run = (asked: ContainerRun) => {
    runs.push(asked)
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...results[runs.length - 1] })
  }
  return { docker: { run }, runs }
}

describe('reading flows', () => {
  it('reads all entrypoints in one container without Prefect\'s own server', async () => {
    const etl = { name: 'nightly etl', description: 'Loads', version: '1', parameterSchema: { type: 'object' } }
    const asked = request({ 'etl.py:etl': etl, 'pkg.other.run': {} })

    const { flows, warnings } = await readFlows(asked)

    expect([...flows.values()]).toEqual([
      { entrypoint: 'etl.py:etl', ...etl },
      {
        entrypoint: 'pkg.other.run', name: 'run', description: null, version: null,
        parameterSchema: { title: 'Parameters', type: 'object', properties: {} },
      },
    ])
    expect(warnings).toEqual([])
    expect(asked.docker.runs).toMatchObject([{
      image: IMAGE,
      environment: {
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: 'false', PREFECT_LOGGING_LEVEL: 'CRITICAL', PREFECT_HOME: '/tmp/prefect',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    }])
  })

  it('starts no container for nothing', async () => {
    const asked = request({})

    await expect(readFlows(asked)).resolves.toEqual({ flows: new Map(), warnings: [] })
    expect(asked.docker.runs).toEqual([])
  })

  it('asks once for an entrypoint that two deployments share', async () => {
    const entrypoints = [1, 2].map((line) => ({ entrypoint: 'etl.py:etl', location: { file: 'prefect.yaml', line } }))
    const asked = request({ 'etl.py:etl': {} }, { entrypoints })

    await readFlows(asked)

    expect(asked.docker.runs[0]?.stdin).toContain('\\"entrypoints\\":[\\"etl.py:etl\\"]')
  })

  it('mounts the checkout where pull steps take the code from, without what is hidden of it', async () => {
    const mount = { source: '/checkout', target: '/opt/app' }
    const hidden = ['/opt/app/.git']
    const asked = request({ 'etl.py:etl': {} }, { mount, hidden })

    await readFlows(asked)

    expect(asked.docker.runs).toMatchObject([{ mount, hidden }])
  })

  it('warns of a flow that was read without importing its file', async () => {
    const { flows, warnings } = await readFlows(request({ 'etl.py:etl': READ_SAFELY }))

    expect(flows.get('etl.py:etl')?.name).toBe('etl')
    expect(warnings).toEqual([{
      code: 'flow-loaded-safely', location: { file: 'prefect.yaml', line: 1 }, hint: expect.stringContaining('flow-import: strict'),
      message: 'Entrypoint "etl.py:etl" does not import in the image without network and secrets, ' +
        `so its parameters were read without running its file: ${TRACEBACK}`,
    }])
  })

  it('refuses such a flow when imports are strict', async () => {
    await expect(readFlows(request({ 'etl.py:etl': READ_SAFELY }, { strict: true }))).rejects.toMatchObject({
      code: 'flow-import-failed', location: { file: 'prefect.yaml', line: 1 },
      message: `Entrypoint "etl.py:etl": ${IMAGE} cannot import it: ${TRACEBACK}`,
    })
  })

  const failures: [string, string, string, string][] = [
    ['a file', 'missing-file', 'entrypoint-missing', 'has no such file'],
    ['a function', 'missing-function', 'entrypoint-missing', 'has no such flow'],
    ['what is imported', 'import-error', 'flow-import-failed', 'cannot import it'],
  ]
  it.each(failures)('refuses an entrypoint without %s, at its line', async (_, kind, code, words) => {
    await expect(readFlows(request({ 'ok.py:ok': {}, 'etl.py:etl': { kind, traceback: TRACEBACK } }))).rejects.toMatchObject({
      code, location: { file: 'prefect.yaml', line: 2 }, message: `Entrypoint "etl.py:etl": ${IMAGE} ${words}: ${TRACEBACK}`,
    })
  })

  const place = { file: 'etl.py', line: 3 }
  const sourceOf = (path: string) => (path === 'etl.py' ? 'project/etl.py' : undefined)

  it('says the line of the flow\'s own file where the checkout has that file', async () => {
    const safely = { loaded: 'safe', failure: { kind: 'import-error', traceback: TRACEBACK, place } } as const
    const { warnings } = await readFlows(request({ 'etl.py:etl': safely }, { sourceOf }))

    expect(warnings).toMatchObject([{ location: { file: 'project/etl.py', line: 3 } }])
    await expect(readFlows(request({ 'etl.py:etl': safely }, { sourceOf, strict: true }))).rejects.toMatchObject({
      location: { file: 'project/etl.py', line: 3 },
    })
  })

  it('stays at the deployment\'s line for a file that only the image has', async () => {
    const broken = { kind: 'import-error', traceback: TRACEBACK, place: { file: 'vendored/etl.py', line: 3 } }

    await expect(readFlows(request({ 'etl.py:etl': broken }, { sourceOf }))).rejects.toMatchObject({
      location: { file: 'prefect.yaml', line: 1 },
    })
  })

  it('reports all that is wrong at once', async () => {
    const flows = { 'a.py:a': { kind: 'missing-file', traceback: 'x' }, 'b.py:b': { kind: 'import-error', traceback: 'y' } }

    await expect(readFlows(request(flows))).rejects.toMatchObject({
      message: `2 problems: prefect.yaml:1: Entrypoint "a.py:a": ${IMAGE} has no such file: x; ` +
        `prefect.yaml:2: Entrypoint "b.py:b": ${IMAGE} cannot import it: y`,
    })
  })
})

describe('a container that does not do its work', () => {
  it('is an error that names the entrypoint at which it ended', async () => {
    const { docker } = container({ exitCode: 139, stderr: 'Segmentation fault' })

    await expect(readFlows({ ...request({ 'etl.py:etl': {} }), docker })).rejects.toMatchObject({
      code: 'flow-read-failed', message: `Reading flows in ${IMAGE} ended at "etl.py:etl" with exit code 139: Segmentation fault`,
    })
  })

  it('cannot be spoken for by flow code that prints', async () => {
    const { docker } = container({ stdout: `${'0'.repeat(32)} {"entrypoint":"etl.py:etl","name":"forged","parameterSchema":{}}\n` })

    await expect(readFlows({ ...request({ 'etl.py:etl': {} }), docker })).rejects.toMatchObject({ code: 'flow-read-failed' })
  })

  it('without a shell is asked for Python directly', async () => {
    const { docker, runs } = container({ exitCode: 127 }, { exitCode: 127 }, { exitCode: 1, stderr: 'ran' })

    await expect(readFlows({ ...request({ 'etl.py:etl': {} }), docker })).rejects.toThrow('exit code 1: ran')
    expect(runs.map(({ command: [program] }) => program)).toEqual(['sh', 'python', 'python3'])
  })

  it.each([[93], [127]])('has no Python with Prefect when it exits with %d', async (exitCode) => {
    const { docker } = container({ exitCode }, { exitCode }, { exitCode })

    await expect(readFlows({ ...request({ 'etl.py:etl': {} }), docker })).rejects.toMatchObject({
      code: 'flow-read-failed', message: `No Python with Prefect was found in ${IMAGE}`,
    })
  })

  it('of another platform is named as such', async () => {
    const { docker } = container({ exitCode: 255, stderr: 'exec /bin/sh: exec format error' })

    await expect(readFlows({ ...request({ 'etl.py:etl': {} }), docker })).rejects.toMatchObject({
      hint: expect.stringContaining('another platform'),
    })
  })
})
