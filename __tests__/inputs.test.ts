import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { readInputs } from '../src/inputs.ts'
import { BASE, HEAD, MERGE, onPullRequest, onPush } from '../__fixtures__/events.ts'
import { CREDENTIALS } from '../__fixtures__/project.ts'

const required = { 'INPUT_AWS-REGION': 'eu-central-1', 'INPUT_PREFECT-API-URL': 'http://127.0.0.1:4200/api/', 'INPUT_ECR-REPOSITORY': 'flows' }
const read = (env: Record<string, string> = {}) => readInputs({ ...required, ...env })
const refusal = (env: Record<string, string>) => {
  try {
    read(env)
  } catch (error) {
    return error
  }
  return undefined
}

describe('readInputs', () => {
  it('takes the defaults of the design when only what is required is given', () => {
    expect(read({ GITHUB_WORKSPACE: '/w', RUNNER_TEMP: '/t' })).toMatchObject({
      name: 'default',
      workspace: '/w',
      projectDirectory: '/w',
      temporaryDirectory: '/t',
      prefectFiles: ['prefect.yaml'],
      deployments: [],
      prefect: { apiUrl: 'http://127.0.0.1:4200/api', apiKey: undefined },
      image: { repository: 'flows', context: '.', dockerfile: 'Dockerfile', given: undefined },
      flows: { strict: false, always: false },
      service: undefined,
    })
  })

  it.each([
    ['push', false], ['workflow_dispatch', false], ['schedule', false], ['release', false], ['workflow_call', false],
    ['repository_dispatch', false], ['pull_request', true], ['merge_group', true], ['issue_comment', true], ['', true],
  ])('on the event "%s" plans only: %s', (event, dryRun) => {
    expect(read({ GITHUB_EVENT_NAME: event }).dryRun).toBe(dryRun)
  })

  it('lets dry-run overrule the event', () => {
    expect(read({ GITHUB_EVENT_NAME: 'push', 'INPUT_DRY-RUN': 'true' }).dryRun).toBe(true)
  })

  it('takes an empty input for an absent one, and then the variable of the same name', () => {
    expect(read({ 'INPUT_PREFECT-API-KEY': '', PREFECT_API_KEY: 'pnu_1' }).prefect.apiKey).toBe('pnu_1')
  })

  it('reports all problems at once, each with the name of its input', () => {
    expect(refusal({ 'INPUT_DRY-RUN': 'yes', INPUT_WAIT: 'on', 'INPUT_ROLE-TO-ASSUME': 'deploy', 'INPUT_TIMEOUT-MINUTES': '0' })).toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(/^4 problems: .*"dry-run".*"role-to-assume".*"wait".*"timeout-minutes"/),
    })
  })

  it('asks for a repository or an image', () => {
    expect(refusal({ 'INPUT_ECR-REPOSITORY': '' })).toMatchObject({ code: 'invalid-input', message: 'Input "ecr-repository" is missing, and so is "image"' })
  })

  it('refuses prune instead of ignoring it', () => {
    expect(refusal({ INPUT_PRUNE: 'true' })).toMatchObject({ code: 'unsupported-input', message: expect.stringContaining('"prune"') })
  })

  it('takes what an image is made with and named', () => {
    expect(read({}).image).toMatchObject({ createRepository: false, tags: [], salt: undefined, provenance: false })
    const { image, secrets } = read({
      'INPUT_CREATE-REPOSITORY': 'true', 'INPUT_IMAGE-TAGS': 'v1.2, production\nv1.2', 'INPUT_FINGERPRINT-SALT': '2026-11', INPUT_PROVENANCE: 'true',
    })
    expect(image).toMatchObject({ createRepository: true, tags: ['v1.2', 'production'], salt: '2026-11', provenance: true })
    expect(secrets).not.toContain('2026-11') // as a mask, such a word would take half of the log
  })

  it.each([
    ['-v1', 'is not a tag: at most 128 letters, digits, ".", "_" and "-", of which the first two not first'],
    ['a b', 'is not a tag: at most 128 letters, digits, ".", "_" and "-", of which the first two not first'],
    ['flows:v1', 'is not a tag: at most 128 letters, digits, ".", "_" and "-", of which the first two not first'],
    ['x'.repeat(129), 'is not a tag: at most 128 letters, digits, ".", "_" and "-", of which the first two not first'],
    ['tree-v1', 'begins like the tag of an image by its fingerprint ("tree-")'],
    ['release-1', 'begins like the tag of the record of a release ("release-")'],
    ['buildcache', 'is the tag of the build cache'],
  ])('refuses the image tag "%s"', (tag, what) => {
    expect(refusal({ 'INPUT_IMAGE-TAGS': tag })).toMatchObject({ code: 'invalid-input', message: `Input "image-tags" "${tag}" ${what}` })
  })

  it.each(['cache-main', 'flows:cache-main'])('refuses as an image tag that of the build cache %s', (cache) => {
    expect(refusal({ INPUT_CACHE: cache, 'INPUT_IMAGE-TAGS': 'cache-main' })).toMatchObject({
      message: 'Input "image-tags" "cache-main" is the tag of the build cache',
    })
  })

  it.each([['other:cache-main', 'cache-main'], ['off', 'buildcache']])('with the build cache %s takes the image tag %s', (cache, tag) => {
    expect(read({ INPUT_CACHE: cache, 'INPUT_IMAGE-TAGS': tag }).image.tags).toEqual([tag])
  })

  it.each(['Flows', 'f', 'flows_', 'team//flows', 'x'.repeat(257)])('creates no repository with the name "%s"', (name) => {
    expect(refusal({ 'INPUT_CREATE-REPOSITORY': 'true', 'INPUT_ECR-REPOSITORY': name })).toMatchObject({
      code: 'invalid-input', message: `Input "ecr-repository" "${name}" is not a name that ECR takes`,
    })
  })

  it.each([
    ['', 'auto'], ['auto', 'auto'], ['off', 'off'], ['buildcache-main', { host: undefined, path: undefined, tag: 'buildcache-main', digest: undefined }],
    ['ghcr.io/org/flows:cache', { host: 'ghcr.io', path: 'org/flows', tag: 'cache', digest: undefined }],
  ])('takes the build cache "%s"', (text, cache) => {
    expect(read({ INPUT_CACHE: text }).image.cache).toEqual(cache)
  })

  it.each(['ghcr.io/org/flows', `flows@sha256:${'a'.repeat(64)}`, 'type=gha', 'flows:a b'])('refuses the build cache "%s", which no tag finds again', (text) => {
    expect(refusal({ INPUT_CACHE: text })).toMatchObject({
      code: 'invalid-input', message: `Input "cache" "${text}" is neither "auto" nor "off" nor an image with a tag`,
    })
  })

  it('takes where records are kept, and what to go back to', () => {
    expect(read({})).toMatchObject({ records: { place: { kind: 'repository' }, rollbackTo: undefined, allowOlder: false } })
    expect(read({ INPUT_RECORD: 's3://acme-records/flows/eu/', 'INPUT_ALLOW-OLDER': 'true', 'INPUT_ROLLBACK-TO': 'release-x-1' })).toMatchObject({
      records: { place: { kind: 'bucket', bucket: 'acme-records', prefix: 'flows/eu' }, allowOlder: true, rollbackTo: { kind: 'record', tag: 'release-x-1' } },
    })
    expect(read({ INPUT_RECORD: 's3://acme-records', 'INPUT_ROLLBACK-TO': 'previous', 'INPUT_ECR-REPOSITORY': '' })).toMatchObject({
      records: { place: { kind: 'bucket', prefix: '' }, rollbackTo: { kind: 'previous' } },
    })
    expect(refusal({ INPUT_RECORD: 's3://A' })).toMatchObject({ code: 'invalid-input', message: 'Input "record" "s3://A" is neither auto nor off nor s3://bucket/prefix' })
  })

  it('takes the template of a work pool and where the image is pinned', () => {
    expect(read({})).toMatchObject({ workPoolTemplate: undefined, pin: 'deployment' })
    expect(read({ 'INPUT_WORK-POOL-TEMPLATE': 'pool.json', INPUT_PIN: 'pool' })).toMatchObject({ workPoolTemplate: 'pool.json', pin: 'pool' })
    expect(refusal({ INPUT_PIN: 'queue' })).toMatchObject({ code: 'invalid-input', message: 'Input "pin" "queue" is none of deployment, pool' })
  })

  it('splits name=value pairs at the first equals sign', () => {
    expect(read({ 'INPUT_BUILD-ARGS': 'A=1\nB=x=y\n' }).image.buildArgs).toEqual({ A: '1', B: 'x=y' })
  })

  it('takes lists one a line or comma-separated', () => {
    expect(read({ INPUT_DEPLOYMENTS: 'etl/*, nightly\nreport' }).deployments).toEqual(['etl/*', 'nightly', 'report'])
    expect(read({ 'INPUT_TASK-DEFINITION': 'small.json\nlarge, flows:3' }).taskDefinitions).toEqual(['small.json', 'large', 'flows:3'])
  })

  it('takes the fields that the UI owns, and refuses what is none, all at once', () => {
    expect(read({}).keep).toEqual([])
    expect(read({ INPUT_KEEP: 'parameters\n tags' }).keep).toEqual(['tags', 'parameters'])
    expect(refusal({ INPUT_KEEP: 'paused, image' })).toMatchObject({
      problems: [
        { code: 'invalid-input', message: 'Input "keep" names "paused", which is no field that can be kept', hint: expect.stringContaining('paused: false') },
        { code: 'invalid-input', message: 'Input "keep" names "image", which is no field that can be kept', hint: expect.stringContaining('concurrency_limit') },
      ],
    })
  })

  it('lists every secret for masking, the Basic header too', () => {
    const { secrets } = read({
      'INPUT_PREFECT-API-AUTH-STRING': 'admin:pass', 'INPUT_BUILD-SECRETS': 'pip=token1', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc',
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"CF-Access-Client-Secret": "cf"}', 'INPUT_GITHUB-TOKEN': 'ghs_1',
    })

    expect(secrets).toEqual(expect.arrayContaining(['admin:pass', 'pass', Buffer.from('admin:pass').toString('base64'), 'token1', 'oidc', 'cf', 'ghs_1']))
  })

  it.each([
    ['push', undefined, { pip: 'token1' }],
    ['pull_request', undefined, {}],
    ['pull_request', 'true', { pip: 'token1' }],
  ])('on %s gives the build its secrets, when asked for: %s', (event, asked, buildSecrets) => {
    const { image } = read({
      GITHUB_EVENT_NAME: event, 'INPUT_BUILD-SECRETS': 'pip=token1', ...(asked !== undefined && { 'INPUT_PULL-REQUEST-BUILD-SECRETS': asked }),
    })

    expect(image).toMatchObject({ buildSecrets, buildSecretNames: ['pip'] })
  })

  it('asks for the task definition that a container is named of', () => {
    expect(refusal({ 'INPUT_CONTAINER-NAME': 'prefect' })).toMatchObject({ message: 'Input "container-name" is set without "task-definition"' })
  })

  it('never lets templates read the runner\'s tokens or the inputs', () => {
    const { environment } = read({ ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc', STAGE: 'prod', GITHUB_TOKEN: 'ghs' })

    expect(environment).toEqual({ STAGE: 'prod' })
  })

  it.each([
    ['another repository', { from: 'fork/flows' }, 'unsafe-event'],
    ['this repository', {}, undefined],
    ['a deleted repository', { from: null }, 'unsafe-event'],
  ])('on pull_request_target with code from %s', (_, options, code) => {
    const error = refusal(onPullRequest({ ...options, event: 'pull_request_target' }))

    expect((error as { code?: string } | undefined)?.code).toBe(code)
  })

  it('refuses pull_request_target when nothing says whose code it is', () => {
    expect(refusal({ GITHUB_EVENT_NAME: 'pull_request_target' })).toMatchObject({ code: 'unsafe-event' })
  })

  it('makes a role session name that AWS takes', () => {
    expect(read({ GITHUB_RUN_ID: '7', GITHUB_REPOSITORY: 'some org/repo' }).aws.roleSessionName).toBe('7-some-org-repo')
  })

  it('reads no input that action.yml does not declare, and none is left unread', () => {
    const action = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8')) as { inputs: Record<string, unknown> }
    const source = ['inputs', 'inputs/aws', 'inputs/prefect', 'inputs/image', 'inputs/task-definition', 'inputs/records', 'inputs/refused-inputs'].map((name) => readFileSync(new URL(`../src/${name}.ts`, import.meta.url), 'utf8')).join('\n')
    const mentioned = (input: string) => new RegExp(`['"]?\\b${input}\\b['"]?`).test(source)

    expect(Object.keys(action.inputs).filter((input) => !mentioned(input))).toEqual([])
  })
})

describe('the run', () => {
  const runner = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '42', GITHUB_RUN_ATTEMPT: '2' }
  const runUrl = 'https://github.com/acme/flows/actions/runs/42/attempts/2'

  it('of a pull request is for its head, not for the test merge', () => {
    expect(read({ ...onPullRequest(), ...runner, ...CREDENTIALS }).run).toEqual({
      event: 'pull_request', commit: HEAD, base: BASE, pullRequest: { number: 7, isForeign: false }, runUrl, repository: 'acme/flows',
    })
  })

  it.each([
    ['another repository', 'fork/flows'], ['a deleted repository', null],
  ])('of a pull request from %s is foreign', (_, from) => {
    expect(read(onPullRequest({ from })).run.pullRequest).toEqual({ number: 7, isForeign: true })
  })

  it('of a push is for its commit, and knows the one before', () => {
    expect(read({ ...onPush(), GITHUB_REPOSITORY: 'acme/flows' }).run).toEqual({
      event: 'push', commit: HEAD, base: BASE, pullRequest: undefined, runUrl: undefined, repository: 'acme/flows',
    })
  })

  it('of a push that creates a branch has nothing before it', () => {
    expect(read(onPush({ before: '0'.repeat(40) })).run.base).toBeUndefined()
  })

  it('outside of GitHub is of nothing', () => {
    expect(read().run).toEqual({ event: '', commit: '', base: undefined, pullRequest: undefined, runUrl: undefined, repository: '' })
  })

  it('whose event has no file is still that event', () => {
    expect(read({ GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: '/nowhere/event.json', GITHUB_SHA: MERGE }).run).toMatchObject({ event: 'push', commit: MERGE })
  })
})

describe('the comment', () => {
  it.each([
    ['a pull request', true, onPullRequest()],
    ['a release', true, onPush()],
    ['a plan of a push', false, { ...onPush(), 'INPUT_DRY-RUN': 'true' }],
    ['a merge queue', false, { GITHUB_EVENT_NAME: 'merge_group' }],
    ['a pull request that wants none', false, { ...onPullRequest(), INPUT_COMMENT: 'false' }],
    ['a merge queue that wants one', true, { GITHUB_EVENT_NAME: 'merge_group', INPUT_COMMENT: 'true' }],
  ])('is kept on %s: %s', (_, comment, env) => {
    expect(read({ ...CREDENTIALS, ...env }).comment).toBe(comment)
  })

  it('is written with the token to the API of this GitHub', () => {
    expect(read({ 'INPUT_GITHUB-TOKEN': 'ghs_1', GITHUB_API_URL: 'https://github.acme.example/api/v3', GITHUB_REPOSITORY: 'acme/flows' }).github).toEqual({
      apiUrl: 'https://github.acme.example/api/v3', token: 'ghs_1', repository: 'acme/flows',
    })
    expect(read().github).toEqual({ apiUrl: 'https://api.github.com', token: undefined, repository: '' })
  })
})

describe('expect-plan-hash', () => {
  it('is the hash of a plan', () => {
    expect(read({ 'INPUT_EXPECT-PLAN-HASH': '0123456789abcdef'.repeat(4) }).expectPlanHash).toBe('0123456789abcdef'.repeat(4))
  })

  it.each(['0123456789abcdef', 'G'.repeat(64), 'a'.repeat(65)])('is not "%s"', (hash) => {
    expect(refusal({ 'INPUT_EXPECT-PLAN-HASH': hash })).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('"expect-plan-hash"') })
  })
})

describe('missing credentials', () => {
  const CLOUD = { 'INPUT_PREFECT-API-URL': 'https://api.prefect.cloud/api/accounts/a/workspaces/w' }
  const missing = (env: Record<string, string>) => read({ ...onPullRequest(), ...env }).missing
  const whats = (env: Record<string, string>) => missing(env).map(({ what }) => what)

  it('are none when there is a role with a token for it and a server without login', () => {
    expect(missing(CREDENTIALS)).toEqual([])
  })

  it.each([
    ['access keys', { AWS_ACCESS_KEY_ID: 'AKIA' }],
    ['a profile', { AWS_PROFILE: 'deploy' }],
    ['a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }],
    ['those of a container', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }],
    ['a machine of one\'s own, which may have a profile', { RUNNER_ENVIRONMENT: 'self-hosted' }],
  ])('are not those of AWS with %s in the environment', (_, env) => {
    expect(whats(env)).toEqual([])
  })

  it('are those of AWS when a role is there without a token, whatever else is there', () => {
    expect(missing({ 'INPUT_ROLE-TO-ASSUME': CREDENTIALS['INPUT_ROLE-TO-ASSUME'], AWS_ACCESS_KEY_ID: 'AKIA' })).toEqual([
      { what: 'AWS', reason: expect.stringContaining('no OIDC token'), hint: expect.stringContaining('id-token: write') },
    ])
  })

  it('are those of AWS on GitHub\'s own machine without anything', () => {
    expect(whats({ RUNNER_ENVIRONMENT: 'github-hosted', AWS_ACCESS_KEY_ID: '' })).toEqual(['AWS'])
  })

  it.each([
    ['no URL', { 'INPUT_PREFECT-API-URL': '' }, ['Prefect']],
    ['Prefect Cloud without a key', CLOUD, ['Prefect']],
    ['Prefect Cloud on a host of its own without a key', { 'INPUT_PREFECT-API-URL': 'https://prefect.acme.example/api/accounts/a/workspaces/w/' }, ['Prefect']],
    ['Prefect Cloud with a key', { ...CLOUD, 'INPUT_PREFECT-API-KEY': 'pnu_1' }, []],
    ['a server for a fork', onPullRequest({ from: 'fork/flows' }), ['Prefect']],
    ['a server for Dependabot', { GITHUB_ACTOR: 'dependabot[bot]' }, ['Prefect']],
    ['a server with a login for a fork', { ...onPullRequest({ from: 'fork/flows' }), PREFECT_API_AUTH_STRING: 'a:b' }, []],
  ])('are those of Prefect with %s', (_, env, expected) => {
    expect(whats({ ...CREDENTIALS, ...env })).toEqual(expected)
  })

  it.each([
    ['from a fork', onPullRequest({ from: 'fork/flows' }), 'forks'],
    ['by Dependabot', { GITHUB_ACTOR: 'dependabot[bot]' }, 'Dependabot'],
  ])('are nothing to mend on a pull request %s', (_, env, reason) => {
    expect(missing({ ...env, ...CLOUD })).toEqual(['AWS', 'Prefect'].map((what) => ({ what, reason: expect.stringContaining(reason), hint: undefined })))
  })

  it('let region, server and repository be missing too', () => {
    expect(missing({ 'INPUT_AWS-REGION': '', 'INPUT_PREFECT-API-URL': '', 'INPUT_ECR-REPOSITORY': '' })).toHaveLength(2)
  })

  it('let an input be missing, not wrong', () => {
    expect(refusal({ ...onPullRequest({ from: 'fork/flows' }), 'INPUT_AWS-REGION': 'Frankfurt' })).toMatchObject({ code: 'invalid-input' })
  })

  it.each([
    ['a release', onPush()],
    ['a plan of a push', { ...onPush(), 'INPUT_DRY-RUN': 'true' }],
    ['a pull request that is released', { ...onPullRequest(), 'INPUT_DRY-RUN': 'false' }],
  ])('are errors on %s', (_, env) => {
    expect(refusal({ ...env, 'INPUT_AWS-REGION': '', 'INPUT_PREFECT-API-URL': '' })).toMatchObject({
      code: 'invalid-input', message: expect.stringMatching(/"aws-region".*"prefect-api-url"/),
    })
  })
})
