import { describe, expect, it } from '@jest/globals'
import { createFolder } from '../../__fixtures__/build-folder.ts'
import type { FileContent } from '../../__fixtures__/build-folder.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeObjects } from '../../__fixtures__/fake-objects.ts'
import { aConfig, errorOf } from '../../__fixtures__/prefect-files/deployments.ts'
import { createShell } from '../../src/adapters/shell.ts'
import { locateCode } from '../../src/deployment/code-location.ts'
import type { DeploymentConfig } from '../../src/deployment/deployment-config.ts'
import { referencesOf } from '../../src/deployment/references.ts'
import { Rendering } from '../../src/deployment/rendering.ts'
import { applySteps } from '../../src/deployment/step-apply.ts'
import { readSteps } from '../../src/deployment/step-read.ts'
import { collectSteps } from '../../src/deployment/step-runs.ts'
import { PlannedText, resultOf } from '../../src/planned.ts'
import type { Json, Planned } from '../../src/planned.ts'
import type { DeployError } from '../../src/errors.ts'

const DOCKER = '- prefect_docker.deployments.steps.build_docker_image: {id: img, image_name: x}'
const script = (settings: string) => `- prefect.deployments.steps.run_shell_script: {${settings}}`
const copy = (settings = 'bucket: code, folder: flows/main') => `- prefect_aws.deployments.steps.push_to_s3: {${settings}}`
const steps = (...list: string[]) => `build:\n${list.map((step) => `  ${step}\n`).join('')}`

const ENVIRONMENT = { STAGE: 'test', API_TOKEN: 'token-value', FULL: 'all of it' }
const SOURCES = { environment: ENVIRONMENT, lookups: new Map<string, Json>([['block secret/token', { value: 'hunter2' }], ['variable bucket', 'code']]) }
const IMAGE = { name: 'repo', tag: 't1' }

const collect = (...configs: DeploymentConfig[]) => collectSteps(configs, { sources: SOURCES, image: IMAGE })
const named = (name: string, lines: string): DeploymentConfig => ({ ...aConfig(lines), name })

type World = { readonly files?: Readonly<Record<string, FileContent>>; readonly objects?: ReturnType<typeof createFakeObjects>; readonly job?: Record<string, string> }

/** Plans and does the steps of deployments in a project with these files, with the runner's own programs. */
async function release(configs: readonly DeploymentConfig[], { files = {}, objects = createFakeObjects(), job = {} }: World = {}) {
  const projectDirectory = createFolder(files)
  const log = createFakeLog()
  const plan = await readSteps(configs, { sources: SOURCES, image: IMAGE, projectDirectory, objects })
  const shell = createShell({ environment: { PATH: process.env.PATH, ...job }, log, signal: new AbortController().signal })
  const apply = () => applySteps(plan, { shell, objects, log, results: { image: 'repo@sha256:1' }, environment: ENVIRONMENT, projectDirectory })
  return { plan, apply, objects, log, projectDirectory }
}

async function results(lines: string, world: World = {}) {
  return (await release([aConfig(lines)], world)).apply()
}

async function failure(lines: string): Promise<DeployError> {
  const { apply } = await release([aConfig(lines)])
  return apply().then(() => { throw new Error('Nothing failed') }, (error: unknown) => error as DeployError)
}

describe('steps of deployments', () => {
  it('are done once when they and all before them are equal', () => {
    const shared = [script('script: make'), script('script: "echo {{ $STAGE }}"')]
    const runs = collect(named('a', steps(...shared)), named('b', steps(DOCKER, ...shared)), named('c', steps(script('script: other'), ...shared))).runs

    expect(runs.map(({ number, settings, deployments }) => [number, settings.script, deployments])).toEqual([
      [1, 'make', ['a', 'b']],
      [2, 'echo test', ['a', 'b']],
      [3, 'other', ['c']],
      [4, 'make', ['c']],
      [5, 'echo test', ['c']],
    ])
  })

  it('give what they return, flat and under their id, the later ones over the earlier', () => {
    const config = aConfig(steps(DOCKER, script('id: one, script: a'), script('script: b'), copy('id: code, bucket: b, folder: "f/{{ one.stdout }}"')))
    const rendering = new Rendering(config, SOURCES, { image: IMAGE, stepOutputs: collect(config).outputsOf(config) })
    const render = (value: Json) => rendering.render(value, 'here', ['parameters'])

    expect(render(['{{ one.stdout }}', '{{ stdout }}', '{{ stderr }}', '{{ img.tag }}', '{{ code.bucket }}', '{{ folder }}', '{{ one }}'])).toEqual([
      resultOf('step 1 stdout'), resultOf('step 2 stdout'), resultOf('step 2 stderr'), 't1', 'b',
      new PlannedText(['f/', { result: 'step 1 stdout' }, '']), { stdout: resultOf('step 1 stdout'), stderr: resultOf('step 1 stderr') },
    ] satisfies Planned[])
  })

  it('hide what a script prints that was given a secret', () => {
    const config = aConfig(steps(script('script: "login {{ prefect.blocks.secret.token }}"')))

    expect(collect(config).outputsOf(config).get('stdout')).toEqual(new PlannedText([{ result: 'step 1 stdout' }], true))
  })

  it('refer to what the workspace has', () => {
    const config = aConfig(steps(script('script: "{{ prefect.blocks.secret.token }}"'), copy('bucket: "{{ prefect.variables.bucket }}", folder: f')))

    expect(referencesOf([config])).toEqual([{ blockType: 'secret', block: 'token' }, { variable: 'bucket' }])
  })

  it.each([
    [script('directory: x'), 'needs "script"'],
    [script('script: ""'), 'needs "script"'],
    [script('script: "{{ nothing }}"'), 'needs "script"'],
    [script('script: [a, b]'), 'cannot use its "script"'],
    [script('script: a, shel: true'), 'does not take "shel"'],
    [script('script: a, env: [A=b]'), 'cannot use its "env"'],
    [copy('bucket: b'), 'needs "folder"'],
    [copy('bucket: b, folder: f, credentials: key'), 'cannot use its "credentials"'],
    [script('script: "run {{ task_definition_arn }}"'), 'registered after the steps'],
  ])('are an error where Python would refuse them: %s', (step, message) => {
    expect(errorOf(() => collect(aConfig(steps(step))))).toMatchObject({ code: 'prefect-file-invalid', message: expect.stringContaining(message), location: { line: 7 } })
  })

  it.each([
    ['- prefect.deployments.steps.run_shell_script: {id: x, requires: prefect>=3, script: a}', 'run'],
    ['- prefect.deployments.steps.utility.run_shell_script: {script: a}', 'run'],
    ['- prefect_aws.deployments.steps.push_to_s3: {requires: "prefect-aws>=0.5", bucket: code, folder: f}', 'skip'],
    ['- prefect_aws.projects.steps.push_to_s3: {bucket: code, folder: f}', 'skip'],
  ])('go by all their names, with the keys that Prefect reserves: %s', async (step, action) => {
    expect((await release([aConfig(steps(step))])).plan.planned).toMatchObject([{ action }])
  })

  it.each([
    ['- prefect_gcp.deployments.steps.push_to_gcs: {}', 'step-unsupported', 'prefect_gcp.deployments.steps.push_to_gcs', 'push_to_s3'],
    ['- prefect.deployments.steps.git_clone: {repository: x}', 'step-unsupported', 'git_clone', 'actions/checkout'],
    ['- my.own.step: {}', 'step-unsupported', 'my.own.step', '{{ $NAME }}'],
    ['- {a.b: {}, c.d: {}}', 'prefect-file-invalid', 'a.b, c.d', 'dash'],
  ])('say what to do instead when they cannot be done here: %s', (step, code, message, hint) => {
    expect(aConfig(steps(step)).unsupported[0]).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) })
  })
})

describe('a script', () => {
  it('runs line by line without a shell, and all that it prints is its result', async () => {
    const lines = steps('- prefect.deployments.steps.run_shell_script:', '    script: |', "      printf a", '', '      printf "b  c\\n"', '      echo $STAGE | cat', '      sh -c "echo oops >&2"')

    expect(await results(lines)).toEqual({ image: 'repo@sha256:1', 'step 1 stdout': 'ab  c\n$STAGE | cat', 'step 1 stderr': 'oops' })
  })

  it.each([
    [script('script: "echo $STAGE ${FULL} $$ $NONE", expand_env_vars: true'), 'test all of it $ $NONE'],
    [script('script: "echo $STAGE", expand_env_vars: true, env: {STAGE: own}'), 'own'],
    [script('script: "echo a b | tr a-z A-Z && echo $X", shell: true, env: {X: 5}'), 'A B\n5'],
    [script('script: "pwd -P", directory: sub'), expect.stringMatching(/\/sub$/)],
    [script('script: "cat file"'), 'content'],
    [script('script: "echo {{ image }} {{ img.tag }}"'), 'repo@sha256:1 t1'],
  ])('takes its arguments as in Prefect: %s', async (step, stdout) => {
    const output = await results(steps(DOCKER, step), { files: { file: 'content', 'sub/x': '' } })

    expect(output['step 1 stdout']).toEqual(stdout)
  })

  it('gets what the one before it printed', async () => {
    const output = await results(steps(script('id: version, script: "echo 1.2"'), script('script: "echo v{{ version.stdout }}"')))

    expect(output['step 2 stdout']).toBe('v1.2')
  })

  it('sees neither inputs nor credentials nor files of commands of the job, but the run and its own variables', async () => {
    const secret = {
      'INPUT_PREFECT-API-KEY': 'x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x', GITHUB_TOKEN: 'x', GITHUB_ENV: 'x', GITHUB_OUTPUT: 'x', AWS_SECRET_ACCESS_KEY: 'x',
      AWS_SESSION_TOKEN: 'x', AWS_ACCESS_KEY_ID: 'x', PREFECT_API_KEY: 'x', STAGE: 'x', DOCKER_PASSWORD: 'x', NPM_TOKEN: 'x',
    }
    const output = await results(steps(script('script: env, env: {OWN: "{{ $STAGE }}"}, stream_output: false')), { job: { ...secret, GITHUB_SHA: 'abc', CI: 'true', AWS_REGION: 'r' } })

    const names = (output['step 1 stdout'] ?? '').split('\n').map((line) => line.split('=')[0])
    expect(names.sort()).toEqual(['AWS_REGION', 'CI', 'GITHUB_SHA', 'OWN', 'PATH'])
  })

  it('is shown while it runs, unless it asks for quiet', async () => {
    const { apply, log } = await release([aConfig(steps(script('script: echo loud'), script('script: echo quiet, stream_output: false')))])
    await apply()

    expect(log.lines).toContain('info: loud')
    expect(log.lines).not.toContain('info: quiet')
  })

  it('has its secrets masked, and what it prints with them', async () => {
    const { apply, log } = await release([aConfig(steps(script('script: "echo got {{ prefect.blocks.secret.token }}", env: {DB_PASSWORD: "{{ $FULL }}"}')))])
    await apply()

    expect(log.masked).toEqual(['echo got hunter2', 'all of it', 'got hunter2'])
  })

  it('has the secrets masked that it expands from the environment', async () => {
    const { apply, log } = await release([aConfig(steps(script('script: "echo $API_TOKEN $STAGE", expand_env_vars: true')))])
    await apply()

    expect(log.masked).toEqual(['token-value'])
  })

  it.each([
    [script('script: "sh -c \\"echo first >&2; echo last >&2; exit 3\\""'), /at "sh -c .*": exit code 3: last$/],
    [script('script: "false"'), /at "false": exit code 1$/],
    [script('script: no-such-program x'), /at "no-such-program x": no-such-program could not be started: there is no such program/],
    [script('script: "echo \'open"'), /No closing quotation/],
    [script('script: "true", directory: missing'), /no such directory/],
    [script('script: "false {{ prefect.blocks.secret.token }}"'), /failed at a line: exit code 1$/],
  ])('that fails says where and why: %s', async (step, message) => {
    expect(await failure(steps(step))).toMatchObject({ code: 'step-failed', message: expect.stringMatching(message), location: { line: 7 } })
  })

  it('that fails ends the steps', async () => {
    const { apply, objects } = await release([aConfig(steps(script('script: "false"'), copy()))], { files: { a: '' } })

    await expect(apply()).rejects.toMatchObject({ code: 'step-failed' })
    expect(objects.written).toEqual([])
  })

  it('never runs for a plan', async () => {
    const { plan, log } = await release([aConfig(steps(script('script: "touch {{ $STAGE }}"')))])

    expect(plan.planned).toEqual([
      { action: 'run', step: 'prefect.deployments.steps.run_shell_script', script: 'touch {{ $STAGE }}', target: null, files: null, deployments: ['nightly'] },
    ])
    expect(log.lines).toEqual([])
  })
})

describe('a copy to S3', () => {
  const FILES = { 'flows/etl.py': 'etl', 'README.md': 'read', '.prefectignore': '*.md' }

  it('writes what is new or differs, and deletes nothing', async () => {
    const objects = createFakeObjects()
    objects.texts.set('s3://code/flows/main/flows/etl.py', 'etl').set('s3://code/flows/main/.prefectignore', '*.me').set('s3://code/flows/main/gone.py', 'gone')
    const { plan, apply, log } = await release([aConfig(steps(copy()))], { files: FILES, objects })
    const target = 's3://code/flows/main'

    expect(plan.planned).toMatchObject([{ action: 'push', target, files: { changed: 1, unchanged: 1 } }])
    await apply()
    expect(objects.written).toEqual(['flows/main/.prefectignore'])
    expect(log.lines).toContain(`info: Copied 1 of 2 files to ${target}`)
    expect(objects.texts.get('s3://code/flows/main/gone.py')).toBe('gone')
  })

  it.each([false, true])('does nothing a second time (encrypted: %s)', async (isEncrypted) => {
    const objects = createFakeObjects({ isEncrypted })
    const config = aConfig(steps(copy()))
    const first = await release([config], { files: FILES, objects })
    await first.apply()
    const { plan, apply } = await release([config], { files: FILES, objects })
    await apply()

    expect(plan.planned).toMatchObject([{ action: 'skip', files: { changed: 0, unchanged: 2 } }])
    expect(objects.written).toHaveLength(2)
    expect([first.plan.copiesCode(config), plan.copiesCode(config), first.plan.copiesCode(aConfig())]).toEqual([true, false, false])
  })

  it('sees a change of the same size where ETags say nothing', async () => {
    const objects = createFakeObjects({ isEncrypted: true })
    objects.texts.set('s3://code/flows/main/a', 'one')
    const { plan } = await release([aConfig(steps(copy()))], { files: { a: 'two' }, objects })

    expect(plan.planned).toMatchObject([{ files: { changed: 1, unchanged: 0 } }])
  })

  it.each([
    ['flows', 'flows/a'], ['/flows//main/', '/flows/main/a'], ['./x/.', 'x/a'], ['""', 'a'], ['.', 'a'], ['//x', '//x/a'], ['///x', '/x/a'], ['../x', '../x/a'],
  ])('to the folder %s has keys as Python\'s paths make them: %s', async (folder, key) => {
    const { apply, objects } = await release([aConfig(steps(copy(`bucket: code, folder: ${folder}`)))], { files: { a: 'x' } })
    await apply()

    expect(objects.written).toEqual([key])
  })

  it('may take another ignore file, or none', async () => {
    const written = async (settings: string) => {
      const { apply, objects } = await release([aConfig(steps(copy(`bucket: code, folder: f, ${settings}`)))], { files: { ...FILES, other: '*.py' } })
      await apply()
      return [...objects.written].sort()
    }

    expect(await written('ignore_file: other')).toEqual(['f/.prefectignore', 'f/README.md', 'f/other'])
    expect(await written('ignore_file: null')).toEqual(['f/.prefectignore', 'f/README.md', 'f/flows/etl.py', 'f/other'])
  })

  it('to a folder that a script prints is compared in the release', async () => {
    const lines = steps(script('id: sha, script: echo abc'), copy('bucket: code, folder: "flows/{{ sha.stdout }}"'))
    const { plan, apply, objects } = await release([aConfig(lines)], { files: { a: 'x' } })

    expect(plan.planned[1]).toMatchObject({ action: 'push', target: 's3://code/flows/{step 1 stdout}', files: null })
    await apply()
    expect(objects.written).toEqual(['flows/abc/a'])
  })

  it('copies what a script has made before it', async () => {
    const { apply, objects } = await release([aConfig(steps(script('script: touch made'), copy()))], { files: {} })
    await apply()

    expect(objects.written).toEqual(['flows/main/made'])
  })

  it('uses the credentials that it is given', async () => {
    const credentials = 'credentials: {minio_root_user: me, minio_root_password: hunter22, aws_client_parameters: {endpoint_url: "http://minio:9000", use_ssl: true, config: null}}'
    const { apply, objects, log } = await release([aConfig(steps(copy(`bucket: b, folder: f, ${credentials}`)))])
    await apply()

    const access = { credentials: { accessKeyId: 'me', secretAccessKey: 'hunter22' }, endpoint: 'http://minio:9000' }
    expect(objects.accesses).toEqual([access, access, access])
    expect(log.masked).toContain('hunter22')
  })

  it.each(['credentials: {profile_name: p}', 'client_parameters: {verify: false}', 'client_parameters: {config: {}}'])('refuses what its client has not: %s', async (settings) => {
    await expect(release([aConfig(steps(copy(`bucket: b, folder: f, ${settings}`)))])).rejects.toMatchObject({ code: 'step-unsupported', location: { line: 7 } })
  })

  it('has no numbers in a plan that cannot ask S3', async () => {
    const plan = await readSteps([aConfig(steps(copy()))], { sources: { environment: {}, lookups: undefined }, image: IMAGE, projectDirectory: '/nowhere', objects: undefined })

    expect(plan.planned).toMatchObject([{ action: 'push', target: 's3://code/flows/main', files: null }])
  })
})

describe('code that runs fetch from S3', () => {
  const locate = (push: string, pull: string) => {
    const config = aConfig(`${steps(push)}\npull:\n- prefect_aws.deployments.steps.pull_from_s3: {${pull}}`)
    const collected = collect(config)
    return locateCode(config, {
      image: { workingDirectory: '/srv' }, repository: 'acme/flows', sources: SOURCES, projectDirectory: 'project',
      steps: { runs: collected.runsOf(config), outputs: collected.outputsOf(config) },
    })
  }

  it.each([
    [copy(), 'bucket: code, folder: flows/main'],
    [copy('bucket: code, folder: flows/main/'), 'bucket: code, folder: flows/main'],
    [copy('id: push-code, bucket: code, folder: f'), 'bucket: "{{ push-code.bucket }}", folder: "{{ push-code.folder }}"'],
    [copy('bucket: "{{ prefect.variables.bucket }}", folder: f'), 'bucket: "{{ prefect.variables.bucket }}", folder: f'],
    [copy('bucket: "{{ $STAGE }}", folder: f'), 'bucket: "{{ $STAGE }}", folder: f'],
  ])('is this checkout where a step of the deployment fills it: %s', (push, pull) => {
    expect(locate(push, pull)).toEqual({ kind: 'checkout', directory: 'project' })
  })

  it.each([
    [script('script: make'), 'bucket: code, folder: flows/main'],
    [copy(), 'bucket: code, folder: flows'],
    [copy(), 'bucket: other, folder: flows/main'],
  ])('is elsewhere otherwise: %s', (push, pull) => {
    expect(locate(push, pull)).toMatchObject({ kind: 'elsewhere', location: { line: 10 } })
  })
})
