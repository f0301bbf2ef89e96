import { describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createFolder } from '../../__fixtures__/build-folder.ts'
import { createDockerProgram } from '../../__fixtures__/docker-program.ts'
import type { DockerAnswer } from '../../__fixtures__/docker-program.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeRegistry } from '../../__fixtures__/fake-registry.ts'
import { createDocker } from '../../src/adapters/docker.ts'
import type { DockerOptions } from '../../src/adapters/docker.ts'
import { DeployError } from '../../src/errors.ts'
import type { BuildRequest, ContainerRun } from '../../src/docker-ports.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

const TAG = 'host/flows:tree-1'
const IMAGE = { os: 'linux', architecture: 'arm64', workingDirectory: '/opt/app' }
const INSPECTED: DockerAnswer = { command: 'image inspect', stdout: JSON.stringify(IMAGE) }
const SECRETS = {
  INPUT_PREFECT_API_KEY: 'input', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc', AWS_SECRET_ACCESS_KEY: 'aws',
  'INPUT_GITHUB-TOKEN': 'github', AWS_SESSION_TOKEN: 'session', PREFECT_API_KEY: 'prefect', GITHUB_TOKEN: 'github', GH_TOKEN: 'github', DOCKER_PASSWORD: 'docker', ANYTHING: 'else', NODE_OPTIONS: '--require x',
}

function arrange(answers: readonly DockerAnswer[] = [INSPECTED], overrides: Partial<DockerOptions> = {}) {
  const program = createDockerProgram(answers)
  const temporaryDirectory = join(createScratch('docker-test'), 'runner-temp')
  const [registry, log] = [createFakeRegistry(), createFakeLog()]
  const { environment, ...rest } = overrides
  const docker = createDocker({
    environment: { PATH: program.path, HOME: createFolder({}), ...environment }, temporaryDirectory, registry, log, ...rest,
  })
  return { program, docker, log, registry, temporaryDirectory }
}

function aBuild(overrides: Partial<BuildRequest> = {}): BuildRequest {
  return { tag: TAG, context: Readable.from([Buffer.from('a tar')]), dockerfile: 'Dockerfile', buildArgs: {}, secrets: {}, ...overrides }
}

function aRun(overrides: Partial<ContainerRun> = {}): ContainerRun {
  return { image: TAG, command: ['python', '-'], stdin: 'print(1)', environment: {}, ...overrides }
}

describe('a build', () => {
  it('gets the tar on its input and everything else on its command line', async () => {
    const { docker, program } = arrange()

    const buildArgs = { A: '1', B: 'x y=z' }
    await docker.build(aBuild({ target: 'app', platform: 'linux/arm64', buildArgs, dockerfile: 'docker/Dockerfile' }))

    expect(program.call('buildx build')).toMatchObject({
      stdin: 'a tar',
      args: [
        'buildx', 'build', '--progress', 'plain', '--load', '--provenance=false', '--tag', TAG,
        '--file', 'docker/Dockerfile', '--target', 'app', '--platform', 'linux/arm64', '--build-arg', 'A=1', '--build-arg', 'B=x y=z', '-',
      ],
    })
  })

  it('answers with the working directory and the platform of the image', async () => {
    await expect(arrange().docker.build(aBuild())).resolves.toEqual({ workingDirectory: '/opt/app', platform: 'linux/arm64' })
  })

  it('works in the root where the image says nothing', async () => {
    const { docker } = arrange([{ command: 'image inspect', stdout: JSON.stringify({ ...IMAGE, workingDirectory: '' }) }])

    await expect(docker.build(aBuild())).resolves.toMatchObject({ workingDirectory: '/' })
  })

  it('gets secrets by variables of its own, never on its command line', async () => {
    const { docker, program } = arrange()

    await docker.build(aBuild({ secrets: { TOKEN: 's3cret', 'npm.rc': 'line 1\nline 2' } }))

    const { args, environment } = program.call('buildx build')
    expect(args.join(' ')).toContain('--secret id=TOKEN,env=BUILD_SECRET_0 --secret id=npm.rc,env=BUILD_SECRET_1')
    expect(environment).toMatchObject({ BUILD_SECRET_0: 's3cret', BUILD_SECRET_1: 'line 1\nline 2' })
    expect(program.calls().map((call) => call.args.join(' ')).join('\n')).not.toMatch(/s3cret|line 1/)
    expect(program.call('image inspect').environment).not.toHaveProperty('BUILD_SECRET_0')
  })

  it('refuses a secret whose name would be read as more than a name', async () => {
    await expect(arrange().docker.build(aBuild({ secrets: { 'a,src=/etc/shadow': '' } }))).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('is printed line by line', async () => {
    const stderr = '#1 one\n  two\rthree\n'
    const { docker, log } = arrange([{ command: 'buildx build', stderr }, INSPECTED])

    await docker.build(aBuild())

    expect(log.lines.filter((line) => line.startsWith('info')))
      .toEqual(['info: #1 one', 'info:   two', 'info: three'])
  })

  it('asks the engine for three fields of the image, not for its variables', async () => {
    const { docker, program } = arrange()

    await docker.build(aBuild())

    const format = '{"os":{{json .Os}},"architecture":{{json .Architecture}},"workingDirectory":{{with .Config}}{{json .WorkingDir}}{{else}}""{{end}}}'
    expect(program.call('image inspect').args).toEqual(['image', 'inspect', '--format', format, TAG])
  })

  it('that fails names the step, the reason and the last lines', async () => {
    const stderr = `#9 [app 4/6] RUN pip install -r requirements.txt
#9 1.204 ERROR: Could not find a version
------
 > [app 4/6] RUN pip install -r requirements.txt:
0.912 Looking in links: /opt/wheels
1.204 ERROR: Could not find a version
------
Dockerfile:4
--------------------
   4 | >>> RUN pip install -r requirements.txt
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c pip install -r requirements.txt" did not complete successfully: exit code: 1
`
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr }])

    await expect(docker.build(aBuild())).rejects.toMatchObject({
      code: 'build-failed',
      message: `The build failed at [app 4/6] RUN pip install -r requirements.txt (Dockerfile:4): process "/bin/sh -c pip install -r requirements.txt" did not complete successfully: exit code: 1
Looking in links: /opt/wheels
ERROR: Could not find a version`,
    })
  })

  it('that fails before any step gives the reason', async () => {
    const stderr = 'Dockerfile:1\nERROR: failed to solve: unknown instruction: FORM\n'
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr }])

    await expect(docker.build(aBuild())).rejects.toMatchObject({
      code: 'build-failed', message: 'The build failed: unknown instruction: FORM',
    })
  })

  it('that cannot run the image\'s programs says that the platform is another', async () => {
    const stderr = ' > [2/2] RUN true:\n0.1 exec /bin/sh: exec format error\n------\nERROR: failed to solve: exit code: 255\n'
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr }])

    await expect(docker.build(aBuild())).rejects.toMatchObject({
      code: 'platform-mismatch', hint: expect.stringContaining('setup-qemu-action'),
    })
  })

  it('fails with the error of its context', async () => {
    const changed = new DeployError('build-context-invalid', '"a" changed')
    const context = new Readable({ read() { this.destroy(changed) } })

    await expect(arrange().docker.build(aBuild({ context }))).rejects.toBe(changed)
  })

  it('that ends without reading its context fails for its own reason', async () => {
    const { docker } = arrange([{ command: 'buildx build', deaf: true, exitCode: 1, stderr: 'ERROR: no builder "x" found\n' }])
    const context = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)))

    await expect(docker.build(aBuild({ context }))).rejects.toMatchObject({ message: 'The build failed: no builder "x" found' })
  })
})

describe('the build cache', () => {
  it('is looked for where the build is told, and is written into the image when that is asked for', async () => {
    const { docker, program } = arrange()

    await docker.build(aBuild({ cacheFrom: ['host/flows:buildcache', 'host/flows@sha256:1'], inlineCache: true }))

    const command = program.call('buildx build').args.join(' ')
    expect(command).toContain('--load --cache-to type=inline ')
    expect(command).toContain('--cache-from type=registry,ref=host/flows:buildcache --cache-from type=registry,ref=host/flows@sha256:1')
  })

  it('is written by the same build again, without an image, as ECR takes it', async () => {
    const { docker, program } = arrange()

    await docker.exportCache(aBuild({ target: 'app', buildArgs: { A: '1' }, secrets: { TOKEN: 's3cret' }, cacheFrom: ['host/flows:buildcache'] }), 'host/flows:buildcache')

    const { args, environment, stdin, config } = program.call('buildx build')
    expect({ args, stdin }).toEqual({
      stdin: 'a tar',
      args: [
        'buildx', 'build', '--progress', 'plain', '--output', 'type=cacheonly',
        '--cache-to', 'type=registry,ref=host/flows:buildcache,mode=max,image-manifest=true,oci-mediatypes=true',
        '--provenance=false', '--tag', TAG, '--file', 'Dockerfile', '--cache-from', 'type=registry,ref=host/flows:buildcache',
        '--target', 'app', '--build-arg', 'A=1', '--secret', 'id=TOKEN,env=BUILD_SECRET_0', '-',
      ],
    })
    expect(environment).toMatchObject({ BUILD_SECRET_0: 's3cret' })
    expect(config.file.auths).toBeDefined()
  })

  it('that cannot be written fails with the builder\'s reason', async () => {
    const stderr = '#11 ERROR: x\n------\n > exporting cache to registry:\n------\nERROR: failed to build: failed to solve: unexpected status: 403 Forbidden\n'
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr }])

    await expect(docker.exportCache(aBuild(), 'host/flows:buildcache')).rejects.toMatchObject({
      code: 'push-failed', message: 'Writing the build cache to host/flows:buildcache failed: unexpected status: 403 Forbidden',
    })
  })

  it.each([
    ['the engine\'s own', 'docker', 'Labels:\n org.mobyproject.buildkit.worker.moby.host-gateway-ip: 172.17.0.1\n', false],
    ['the engine\'s own with the containerd image store', 'docker', 'Labels:\n org.mobyproject.buildkit.worker.snapshotter: overlayfs\n', true],
    ['one that was not started yet', 'docker-container', 'Status: inactive\n', true],
    ['one elsewhere', 'remote', 'Status: running\n', true],
    ['one in a cluster', 'kubernetes', 'Status: running\n', true],
  ])('can be exported by %s builder: %s', async (_, driver, node, exportsCache) => {
    const { docker } = arrange([{ command: 'buildx inspect', stdout: `Name:   x\nDriver: ${driver}\n\nNodes:\nName: x0\n${node}` }])

    await expect(docker.builder()).resolves.toEqual({ driver, exportsCache, attests: exportsCache })
  })

  it.each([
    ['v0.10.6', false], ['v0.8+unknown', false], ['v0.11.0', true], ['v0.32.2', true], ['v0.0.0+unknown', true], ['v1.0.0', true],
  ])('of BuildKit %s can attest where an image comes from: %s', async (version, attests) => {
    const { docker } = arrange([{ command: 'buildx inspect', stdout: `Name:   x\nDriver: remote\n\nNodes:\nName: x0\nBuildKit version: ${version}\n` }])

    await expect(docker.builder()).resolves.toMatchObject({ attests })
  })

  it('is not exported by a builder that buildx says nothing of', async () => {
    const { docker } = arrange([{ command: 'buildx inspect', exitCode: 1, stderr: 'ERROR: no builder "x" found\n' }])

    await expect(docker.builder()).resolves.toEqual({ driver: 'unknown', exportsCache: false, attests: false })
  })
})

describe('an image with its provenance', () => {
  it('is pushed by the builder from the same build, with an attestation that publishes no argument', async () => {
    const { docker, program } = arrange()

    await docker.pushAttested(aBuild({ target: 'app', buildArgs: { A: '1' }, secrets: { TOKEN: 's3cret' }, inlineCache: true }))

    const { args, environment, stdin, config } = program.call('buildx build')
    expect({ args, stdin }).toEqual({
      stdin: 'a tar',
      args: [
        'buildx', 'build', '--progress', 'plain', '--push', '--cache-to', 'type=inline', '--provenance=mode=min', '--tag', TAG, '--file', 'Dockerfile',
        '--target', 'app', '--build-arg', 'A=1', '--secret', 'id=TOKEN,env=BUILD_SECRET_0', '-',
      ],
    })
    expect(environment).toMatchObject({ BUILD_SECRET_0: 's3cret' })
    expect(config.file.auths).toBeDefined()
  })

  it('that cannot be pushed fails with the builder\'s reason', async () => {
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr: '#9 ERROR: denied\nERROR: failed to build: failed to solve: failed to push host/flows:tree-1: denied\n' }])

    await expect(docker.pushAttested(aBuild())).rejects.toMatchObject({
      code: 'push-failed', message: `Pushing ${TAG} with its provenance failed: failed to push host/flows:tree-1: denied`, hint: expect.stringContaining('credentials'),
    })
  })
})

describe('the environment of Docker', () => {
  it('has no secret of the job', async () => {
    const harmless = { HTTPS_PROXY: 'http://proxy', no_proxy: 'host', DOCKER_HOST: 'unix:///x', BUILDX_BUILDER: 'b', LANG: 'C' }
    const { docker, program } = arrange([INSPECTED], { environment: { ...SECRETS, ...harmless } })

    await docker.build(aBuild())
    await docker.run(aRun())

    for (const { environment } of program.calls()) {
      expect(Object.keys(environment).filter((name) => name in SECRETS)).toEqual([])
      expect(environment).toMatchObject(harmless)
    }
  })

  it('does not let variables change what is built', async () => {
    const { docker, program } = arrange([INSPECTED], { environment: { SOURCE_DATE_EPOCH: '1', DOCKER_DEFAULT_PLATFORM: 'linux/arm64' } })

    await docker.build(aBuild())

    expect(Object.keys(program.call('buildx build').environment).filter((name) => /EPOCH|PLATFORM/.test(name))).toEqual([])
  })
})

describe('the private configuration', () => {
  const USER = {
    'config.json': JSON.stringify({
      credsStore: 'desktop', credHelpers: { 'gcr.io': 'gcloud' }, auths: { 'ghcr.io': { auth: 'dXNlcg==' } }, currentContext: 'remote',
    }),
    'contexts/meta/x': '', 'cli-plugins/docker-buildx': '', 'buildx/current': '',
  }

  it('adds the registry\'s login to what the user has, for its host alone', async () => {
    const { docker, program, registry } = arrange([INSPECTED], { environment: { DOCKER_CONFIG: createFolder(USER) } })

    await docker.build(aBuild())

    expect(program.call('buildx build').config).toEqual({
      mode: 0o600, folderMode: 0o700, entries: ['cli-plugins', 'config.json', 'contexts'],
      file: {
        credsStore: 'desktop', currentContext: 'remote', credHelpers: { 'gcr.io': 'gcloud', [registry.host]: '' },
        auths: { 'ghcr.io': { auth: 'dXNlcg==' }, [registry.host]: { auth: Buffer.from('AWS:fake-registry-password').toString('base64') } },
      },
    })
  })

  it('leaves the user\'s own as it is, and its builders in use', async () => {
    const folder = createFolder(USER)
    const { docker, program } = arrange([INSPECTED], { environment: { DOCKER_CONFIG: folder } })

    await docker.build(aBuild())

    expect(program.call('buildx build').environment.BUILDX_CONFIG).toBe(join(folder, 'buildx'))
    expect(program.call('buildx build').environment.DOCKER_CONFIG).not.toBe(folder)
    expect(readdirSync(folder).sort()).toEqual(['buildx', 'cli-plugins', 'config.json', 'contexts'])
  })

  it('finds the user\'s in the home folder, with its certificates', async () => {
    const HOME = createFolder({ '.docker/config.json': '{"auths":{"ghcr.io":{}}}' })
    const { docker, program } = arrange([INSPECTED], { environment: { HOME, DOCKER_TLS_VERIFY: '1' } })

    await docker.build(aBuild())

    expect(program.call('buildx build').config.file.auths).toHaveProperty(['ghcr.io'])
    expect(program.call('buildx build').environment.DOCKER_CERT_PATH).toBe(join(HOME, '.docker'))
  })

  it('does without the user\'s where that is broken', async () => {
    const { docker, program } = arrange([INSPECTED], { environment: { DOCKER_CONFIG: createFolder({ 'config.json': '{' }) } })

    await docker.build(aBuild())

    expect(Object.keys(program.call('buildx build').config.file)).toEqual(['auths', 'credHelpers'])
  })

  it('has the user\'s logins alone when there are no AWS credentials to log in with', async () => {
    const { docker, program } = arrange([INSPECTED], { environment: { DOCKER_CONFIG: createFolder(USER) }, registry: undefined })

    await docker.build(aBuild())

    expect(program.call('buildx build').config.file).toEqual(JSON.parse(USER['config.json']))
  })

  it('holds no login for a container, and never a password on a command line', async () => {
    const { docker, program } = arrange()

    await docker.run(aRun())
    await docker.push(TAG)

    expect(program.call('run').config.file).toEqual({})
    expect(JSON.stringify(program.calls().map(({ args, environment }) => ({ args, environment })))).not.toContain('fake-registry-password')
  })

  it('is gone at the end', async () => {
    const { docker, temporaryDirectory } = arrange()
    await docker.push(TAG)
    expect(readdirSync(temporaryDirectory)).toHaveLength(1)

    await docker.dispose()
    await docker.dispose()

    expect(readdirSync(temporaryDirectory)).toEqual([])
  })

  it('is never made when Docker is not needed', async () => {
    const { docker, temporaryDirectory } = arrange()

    await docker.dispose()

    expect(existsSync(temporaryDirectory)).toBe(false)
  })
})

describe('pushing, pulling and looking up', () => {
  it('fails to push with Docker\'s words', async () => {
    const { docker } = arrange([{ command: 'push', exitCode: 1, stdout: 'The push refers to…\n', stderr: 'denied: not allowed\n' }])

    await expect(docker.push(TAG)).rejects.toMatchObject({
      code: 'push-failed', message: `Pushing ${TAG} failed: denied: not allowed`, hint: expect.any(String),
    })
  })

  it('names the statement that a role lacks when ECR refuses the push', async () => {
    const stderr = 'denied: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:x because no identity-based policy allows the ecr:InitiateLayerUpload action\n'
    const { docker } = arrange([{ command: 'push', exitCode: 1, stderr }])

    await expect(docker.push(TAG)).rejects.toMatchObject({ code: 'push-failed', hint: expect.stringContaining('statement EcrPushAndLookup of docs/permissions.md') })
  })

  it('pulls, and answers with what the image is', async () => {
    const { docker, program } = arrange()

    await expect(docker.pull('host/flows@sha256:1')).resolves.toEqual({ workingDirectory: '/opt/app', platform: 'linux/arm64' })
    expect(program.call('pull').args).toEqual(['pull', '--quiet', 'host/flows@sha256:1'])
  })

  it('pulls the image of a platform', async () => {
    const { docker, program } = arrange()

    await docker.pull(TAG, 'linux/arm64/v8')

    expect(program.call('pull').args).toEqual(['pull', '--quiet', '--platform', 'linux/arm64/v8', TAG])
  })

  it('refuses the image of another platform, which Docker takes when it is the only one', async () => {
    await expect(arrange().docker.pull(TAG, 'linux/arm')).rejects.toMatchObject({
      code: 'platform-mismatch', message: `Image ${TAG} is for linux/arm64, but linux/arm is needed`,
    })
  })

  it.each([
    ['image-missing', 'Error response from daemon: manifest for x not found: manifest unknown: manifest unknown'],
    ['platform-mismatch', 'Error response from daemon: no matching manifest for linux/s390x in the manifest list entries: not found'],
    ['platform-mismatch', 'Error response from daemon: no match for platform in manifest: not found'],
    ['platform-mismatch', 'image with reference x was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64'],
    ['pull-failed', 'Error response from daemon: Get "https://x/v2/": dial tcp: i/o timeout'],
    ['docker-unavailable', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'],
  ])('fails to pull with %s when Docker says so', async (code, stderr) => {
    await expect(arrange([{ command: 'pull', exitCode: 1, stderr }]).docker.pull(TAG)).rejects.toMatchObject({ code })
  })

  it('resolves the digest of an image of any registry', async () => {
    const { docker, program } = arrange([{ command: 'buildx imagetools', stdout: '{"mediaType":"x","digest":"sha256:1","size":2}\n' }])

    await expect(docker.resolveDigest('ghcr.io/org/flows:v1')).resolves.toBe('sha256:1')
    expect(program.call('buildx').args)
      .toEqual(['buildx', 'imagetools', 'inspect', '--format', '{{json .Manifest}}', 'ghcr.io/org/flows:v1'])
  })

  it('tells an image that is missing from a registry that refuses', async () => {
    const missing = arrange([{ command: 'buildx', exitCode: 1, stderr: 'ERROR: ghcr.io/org/flows:v9: not found\n' }])
    const refused = arrange([{ command: 'buildx imagetools', exitCode: 1, stderr: 'ERROR: failed to authorize: 403 Forbidden\n' }])

    await expect(missing.docker.resolveDigest('ghcr.io/org/flows:v9')).resolves.toBeUndefined()
    await expect(refused.docker.resolveDigest('ghcr.io/org/flows:v9')).rejects.toMatchObject({ code: 'pull-failed' })
  })
})

describe('a container', () => {
  it('has no network, no capabilities, no writable root and no credentials', async () => {
    const { docker, program } = arrange([{ command: 'run', stdout: 'out\n', stderr: 'err\n', exitCode: 3 }], { environment: SECRETS })

    const asked = aRun({ command: ['sh', '-c', 'x'], environment: { A: '1' }, mount: { source: '/check,out', target: '/opt/app' } })
    await expect(docker.run(asked)).resolves.toEqual({ exitCode: 3, stdout: 'out', stderr: 'err' })

    const { args, stdin } = program.call('run')
    expect(stdin).toBe('print(1)')
    expect(args.map((arg) => arg.replace(/^prefect-ecs-deploy-[\w-]{36}$/, '<name>'))).toEqual([
      'run', '--rm', '--interactive', '--name', '<name>', '--pull', 'never', '--network', 'none', '--read-only', '--tmpfs', '/tmp',
      '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '512', '--log-driver', 'none', '--mount',
      'type=bind,"source=/check,out",target=/opt/app,readonly',
      '--env', 'A=1', '--entrypoint', 'sh', TAG, '-c', 'x',
    ])
  })

  it('sees folders of the mount that are hidden as empty ones, and does without those that are not there', async () => {
    const { docker, program } = arrange()
    const source = createFolder({ '.git': 'a file', 'app/.git/config': 'token' })

    await docker.run(aRun({ mount: { source, target: '/c,o' }, hidden: ['/c,o/.git', '/c,o/app/.git', '/c,o/absent'] }))

    const { args } = program.call('run')
    expect(args.slice(args.indexOf('--mount'), args.indexOf('--entrypoint'))).toEqual([
      '--mount', `type=bind,source=${source},"target=/c,o",readonly`,
      '--mount', 'type=tmpfs,"target=/c,o/app/.git",readonly,tmpfs-size=4096',
    ])
  })

  it('prints nothing of what its code says, not even for debugging', async () => {
    const { docker, log } = arrange([{ command: 'run', stdout: 'API_KEY=1\n', stderr: 'API_KEY=2\n' }])

    await expect(docker.run(aRun())).resolves.toMatchObject({ stdout: 'API_KEY=1', stderr: 'API_KEY=2' })
    expect(log.lines).toEqual([])
  })

  it('that the engine refuses is an error of its own', async () => {
    const { docker } = arrange([{ command: 'run', exitCode: 125, stderr: 'docker: Error response from daemon: No such image\n' }])

    await expect(docker.run(aRun())).rejects.toMatchObject({ code: 'flow-read-failed', message: expect.stringContaining('No such image') })
  })

  it('that does not end is removed', async () => {
    const { docker, program } = arrange([{ command: 'run', hangs: true }], { runTimeout: 1500 })

    await expect(docker.run(aRun())).rejects.toMatchObject({
      code: 'flow-read-failed', message: `Reading flows in ${TAG} did not end within 1.5 s`,
    })
    expect(program.call('rm').args).toEqual(['rm', '--force', program.call('run').args[4]])
  })
})

describe('cancelling', () => {
  async function started(program: { calls(): unknown[] }): Promise<void> {
    while (program.calls().length === 0) await new Promise(setImmediate)
  }

  it('ends what is under way, and removes container and logins', async () => {
    const cancelled = new AbortController()
    const { docker, program, temporaryDirectory } = arrange([{ command: 'run', hangs: true }], { signal: cancelled.signal })
    const running = docker.run(aRun())
    await started(program)

    cancelled.abort()

    await expect(running).rejects.toMatchObject({ code: 'cancelled' })
    expect(program.call('rm').args).toEqual(['rm', '--force', program.call('run').args[4]])
    expect(readdirSync(temporaryDirectory)).toEqual([])
  })

  it('ends a build', async () => {
    const cancelled = new AbortController()
    const { docker, program } = arrange([{ command: 'buildx build', hangs: true }], { signal: cancelled.signal })
    const building = docker.build(aBuild())
    await started(program)

    cancelled.abort()

    await expect(building).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('starts nothing any more', async () => {
    const cancelled = new AbortController()
    const { docker, program } = arrange([INSPECTED], { signal: cancelled.signal })
    cancelled.abort()

    await expect(docker.push(TAG)).rejects.toMatchObject({ code: 'cancelled' })
    expect(program.calls()).toEqual([])
  })
})

describe('a runner without Docker', () => {
  it('is told so', async () => {
    const { docker } = arrange([], { environment: { PATH: '/nowhere' } })

    await expect(docker.build(aBuild())).rejects.toMatchObject({
      code: 'docker-unavailable', message: 'There is no program "docker" on this runner',
    })
  })

  it('is told that buildx is missing', async () => {
    const { docker } = arrange([{ command: 'buildx', exitCode: 1, stderr: 'docker: unknown command: docker buildx\n' }])

    const told = { code: 'docker-unavailable', message: 'Docker has no buildx on this runner: docker: unknown command: docker buildx' }
    await expect(docker.build(aBuild())).rejects.toMatchObject(told)
    await expect(docker.resolveDigest('ghcr.io/org/flows:v1')).rejects.toMatchObject(told)
  })

  it('is told that the engine does not answer', async () => {
    const stderr = 'ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n'
    const { docker } = arrange([{ command: 'buildx build', exitCode: 1, stderr }])

    await expect(docker.build(aBuild())).rejects.toMatchObject({ code: 'docker-unavailable', hint: expect.stringContaining('DOCKER_HOST') })
  })
})
