import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { readInputs } from '../src/inputs.ts'
import { createScratch } from '../__fixtures__/scratch.ts'

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
      prefectFile: 'prefect.yaml',
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

  it.each(['image-tags', 'keep', 'environment', 'secrets', 'tags', 'fingerprint-salt', 'work-pool-template', 'expect-plan-hash', 'rollback-to', 'record', 'prune'])(
    'refuses %s instead of ignoring it',
    (input) => {
      expect(refusal({ [`INPUT_${input.toUpperCase()}`]: 'x' })).toMatchObject({ code: 'unsupported-input', message: expect.stringContaining(`"${input}"`) })
    },
  )

  it.each([['create-repository', 'true'], ['pin', 'pool'], ['provenance', 'true'], ['allow-older', 'true'], ['dry-run-build', 'false'], ['comment', 'true'], ['cache', 'flows:cache']])(
    'refuses %s: %s',
    (input, value) => {
      expect(refusal({ [`INPUT_${input.toUpperCase()}`]: value })).toMatchObject({ code: 'unsupported-input' })
    },
  )

  it('splits name=value pairs at the first equals sign', () => {
    expect(read({ 'INPUT_BUILD-ARGS': 'A=1\nB=x=y\n' }).image.buildArgs).toEqual({ A: '1', B: 'x=y' })
  })

  it('takes lists one a line or comma-separated', () => {
    expect(read({ INPUT_DEPLOYMENTS: 'etl/*, nightly\nreport' }).deployments).toEqual(['etl/*', 'nightly', 'report'])
  })

  it('lists every secret for masking, the Basic header too', () => {
    const { secrets } = read({
      'INPUT_PREFECT-API-AUTH-STRING': 'admin:pass', 'INPUT_BUILD-SECRETS': 'pip=token1', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc',
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"CF-Access-Client-Secret": "cf"}',
    })

    expect(secrets).toEqual(expect.arrayContaining(['admin:pass', 'pass', Buffer.from('admin:pass').toString('base64'), 'token1', 'oidc', 'cf']))
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
    ['another repository', 'fork/repo', 'unsafe-event'],
    ['this repository', 'org/repo', undefined],
    ['a deleted repository', undefined, 'unsafe-event'],
  ])('on pull_request_target with code from %s', (_, head, code) => {
    const path = join(createScratch('event'), 'event.json')
    writeFileSync(path, JSON.stringify({ pull_request: { head: { repo: head === undefined ? null : { full_name: head } }, base: { repo: { full_name: 'org/repo' } } } }))
    const error = refusal({ GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_EVENT_PATH: path })

    expect((error as { code?: string } | undefined)?.code).toBe(code)
  })

  it('makes a role session name that AWS takes', () => {
    expect(read({ GITHUB_RUN_ID: '7', GITHUB_REPOSITORY: 'some org/repo' }).aws.roleSessionName).toBe('7-some-org-repo')
  })

  it('reads no input that action.yml does not declare, and none is left unread', () => {
    const action = parse(readFileSync(new URL('../action.yml', import.meta.url), 'utf8')) as { inputs: Record<string, unknown> }
    const source = ['inputs', 'refused-inputs'].map((name) => readFileSync(new URL(`../src/${name}.ts`, import.meta.url), 'utf8')).join('\n')
    const mentioned = (input: string) => new RegExp(`['"]?\\b${input}\\b['"]?`).test(source)

    expect(Object.keys(action.inputs).filter((input) => !mentioned(input))).toEqual(['github-token'])
  })
})
