import { describe, expect, it } from '@jest/globals'
import { aConfig, aLiveDeployment } from '../../__fixtures__/prefect-files/deployments.ts'
import { locateCode, workingDirectoryOf } from '../../src/deployment/code-location.ts'
import type { CodeLocation } from '../../src/deployment/code-location.ts'
import type { Json } from '../../src/planned.ts'

const IMAGE_DIRECTORY = '/srv/flows'
type Surroundings = { readonly repository?: string; readonly environment?: Readonly<Record<string, string>> }
const locate = (pull: string, { repository = 'acme/flows', environment = {} }: Surroundings = {}) =>
  locateCode(aConfig(pull), { image: { workingDirectory: IMAGE_DIRECTORY }, repository, sources: { environment, lookups: new Map() } })

const inImage = (directory: string): CodeLocation => ({ kind: 'image', directory })
const inCheckout = (directory: string): CodeLocation => ({ kind: 'checkout', directory })
const elsewhere = (line: number) => ({ kind: 'elsewhere', location: { file: 'prefect.yaml', line } })
const clone = (repository: string) => `- prefect.deployments.steps.git_clone: {repository: "${repository}"}`
const move = (directory: string) => `- prefect.deployments.steps.set_working_directory: {directory: "${directory}"}`
const pull = (...steps: string[]) => `pull:\n  ${steps.join('\n  ')}`

const SCRIPT = '- prefect.deployments.steps.run_shell_script: {script: make}'
const OWN = clone('https://github.com/acme/flows.git')
const OTHER = clone('https://github.com/acme/other.git')

describe('where a run finds the code of its flow', () => {
  it.each<[string, string, CodeLocation]>([
    ['there are no pull steps', '', inImage(IMAGE_DIRECTORY)],
    ['the list of pull steps is empty', 'pull: []', inImage(IMAGE_DIRECTORY)],
    ['a step names a folder of the image', pull(move('/opt/app')), inImage('/opt/app')],
    ['a step names a folder below the image\'s own', pull(move('jobs')), inImage('/srv/flows/jobs')],
    ['a step goes up', pull(move('../jobs')), inImage('/srv/jobs')],
    ['steps follow each other', pull(move('/opt'), move('app'), move('./flows')), inImage('/opt/app/flows')],
    ['a folder is known only in the run', pull(move('{{ prefect.variables.folder }}')), inImage(IMAGE_DIRECTORY)],
    ['a shell script runs before', pull(SCRIPT, move('/opt/app')), inImage('/opt/app')],
    ['requirements are installed before', pull('- prefect.deployments.steps.pip_install_requirements: {}'), inImage(IMAGE_DIRECTORY)],
    ['a step clones this repository', pull(OWN), inCheckout('.')],
    ['a step goes into a folder of the clone', pull(OWN, move('jobs/daily')), inCheckout('jobs/daily')],
    ['a step goes into the clone by the id of its step', pull(OWN, move('{{ clone.directory }}')), inCheckout('.')],
    ['a script runs after the clone', pull(OWN, SCRIPT), inCheckout('.')],
    ['a step leaves the clone for the image', pull(OWN, move('/opt/app')), inImage('/opt/app')],
    ['a step leaves the clone of another repository for the image', pull(OTHER, move('/opt/app')), inImage('/opt/app')],
    ['this repository is cloned after another', pull(OTHER, OWN), inCheckout('.')],
    ['a block fetches code', pull('- prefect.deployments.steps.pull_with_block: {block_type_slug: b, block_document_name: n}'), inCheckout('.')],
  ])('when %s', (_, lines, expected) => {
    expect(locate(lines)).toEqual(expected)
  })
})

describe('a clone of this repository', () => {
  it.each([
    'https://github.com/acme/flows',
    'https://github.com/acme/flows.git',
    'https://github.com/Acme/Flows.git',
    'https://x-access-token:token@github.com/acme/flows.git',
    'https://github.example.com/acme/flows.git',
    'ssh://git@github.com/acme/flows.git',
    'git@github.com:acme/flows.git',
  ])('is known by %s', (url) => {
    expect(locate(pull(clone(url)))).toEqual(inCheckout('.'))
  })

  it.each([
    ['another name', 'https://github.com/acme/other.git'],
    ['another owner', 'https://github.com/other/flows.git'],
    ['an owner that only ends so', 'https://github.com/not-acme/flows.git'],
    ['a name that only starts so', 'https://github.com/acme/flows-of-others.git'],
    ['an SSH address of another owner', 'git@github.com:other/flows.git'],
    ['an SSH address of an owner that only ends so', 'git@github.com:not-acme/flows.git'],
  ])('is not one of %s: its flows cannot be read here', (_, url) => {
    expect(locate(pull(move('/opt'), clone(url)))).toMatchObject(elsewhere(8))
  })

  it('is none outside of GitHub, where nobody says which repository this is', () => {
    expect(locate(pull(OWN), { repository: '' })).toMatchObject(elsewhere(7))
  })

  it('stays another one in its folders', () => {
    expect(locate(pull(OTHER, move('jobs'), SCRIPT))).toMatchObject(elsewhere(7))
  })
})

describe('placeholders of pull steps', () => {
  const environment = {
    REPO_URL: 'https://github.com/acme/flows.git', OTHER_URL: 'https://github.com/acme/other.git', TOKEN: 't', FOLDER: '/opt/app',
    GITHUB_WORKSPACE: '/home/runner/work/flows/flows',
  }

  it.each([
    ['the address of this repository', pull(clone('{{ $REPO_URL }}')), inCheckout('.')],
    ['a token in it', pull(clone('https://{{ $TOKEN }}@github.com/acme/flows.git')), inCheckout('.')],
    ['a folder', pull(move('{{ $FOLDER }}/jobs')), inImage('/opt/app/jobs')],
    ['a folder that only the runner has', pull(move('{{ $GITHUB_WORKSPACE }}')), inImage(IMAGE_DIRECTORY)],
  ])('are looked at with their values: %s', (_, lines, expected) => {
    expect(locate(lines, { environment })).toEqual(expected)
  })

  it.each(['{{ $OTHER_URL }}', '{{ $UNKNOWN }}', '{{ prefect.variables.url }}'])('make %s another repository', (url) => {
    expect(locate(pull(clone(url)), { environment })).toMatchObject(elsewhere(7))
  })
})

describe('where a deployment was told that its image has the code', () => {
  const step = (directory: Json) => [{ 'prefect.deployments.steps.set_working_directory': { directory } }]

  it.each<[string, Json, string]>([
    ['the folder of its only step', step('/opt/app'), '/opt/app'],
    ['the root without steps', [], '/'],
    ['the root when there never were any', null, '/'],
    ['the root when another step comes first', [{ 'prefect.deployments.steps.git_clone': { repository: 'x' } }], '/'],
    ['the root when the folder is no text', step(7), '/'],
  ])('is %s', (_, pullSteps, directory) => {
    expect(workingDirectoryOf(aLiveDeployment({ fields: { pull_steps: pullSteps } }))).toBe(directory)
  })
})
