/** The variables that a step on GitHub's runner sees: nothing of this machine's, everything of GitHub's. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../paths.ts'
import { repository } from '../scene.ts'
import type { WorkflowEvent } from './event.ts'

export type CommandFiles = Readonly<Record<'OUTPUT' | 'STATE' | 'ENV' | 'PATH' | 'STEP_SUMMARY', string>>

/** @param folder has a `HOME` and `RUNNER_TEMP` made in it. */
export function stepEnvironment({ folder, workspace, event, githubApiUrl }: {
  readonly folder: string
  readonly workspace: string
  readonly event: WorkflowEvent
  readonly githubApiUrl: string
}): { readonly env: Record<string, string> & { readonly PATH: string; readonly RUNNER_TEMP: string }; readonly files: CommandFiles } {
  const [home, temp] = [join(folder, 'home'), join(folder, 'temp')]
  for (const directory of [home, temp]) mkdirSync(directory)
  const eventPath = join(temp, 'event.json')
  writeFileSync(eventPath, JSON.stringify(event.payload))
  const files = createCommandFiles(temp)
  const env = {
    ...Object.fromEntries(Object.entries(files).map(([name, path]) => [`GITHUB_${name}`, path])),
    ...githubVariables(event, githubApiUrl),
    HOME: home,
    RUNNER_TEMP: temp,
    GITHUB_WORKSPACE: workspace,
    GITHUB_EVENT_PATH: eventPath,
  }
  return { env, files }
}

/** The inputs as the runner passes them, with the defaults of action.yml, and its warning about unknown ones. */
export function inputVariables(given: Readonly<Record<string, string>>, token: string): { readonly env: Record<string, string>; readonly unexpected: string | undefined } {
  const { inputs } = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as { inputs: Record<string, { default?: string }> }
  const defaults = Object.entries(inputs).flatMap(([name, entry]) => (entry.default === undefined ? [] : [[name, evaluate(entry.default, token)] as const]))
  const values = { ...Object.fromEntries(defaults), ...given }
  const env = Object.entries(values).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value])
  const unknown = Object.keys(given).filter((name) => !(name in inputs)).map((name) => `'${name}'`).join(', ')
  const valid = Object.keys(inputs).map((name) => `'${name}'`).join(', ')
  return { env: Object.fromEntries(env) as Record<string, string>, unexpected: unknown === '' ? undefined : `Unexpected input(s) ${unknown}, valid inputs are [${valid}]` }
}

function evaluate(text: string, token: string): string {
  return text.replaceAll(/\$\{\{\s*github\.token\s*\}\}/g, token)
}

function createCommandFiles(temp: string): CommandFiles {
  const folder = join(temp, '_runner_file_commands')
  mkdirSync(folder)
  const create = (name: string) => {
    const path = join(folder, name)
    writeFileSync(path, '')
    return path
  }
  return { OUTPUT: create('set_output'), STATE: create('save_state'), ENV: create('set_env'), PATH: create('add_path'), STEP_SUMMARY: create('step_summary') }
}

function githubVariables(event: WorkflowEvent, apiUrl: string) {
  const slug = `${repository.owner}/${repository.name}`
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTION_PATH: root,
    GITHUB_ACTOR: repository.owner,
    GITHUB_API_URL: apiUrl,
    GITHUB_BASE_REF: event.baseRef ?? '',
    GITHUB_EVENT_NAME: event.name,
    GITHUB_HEAD_REF: event.headRef ?? '',
    GITHUB_JOB: 'deploy',
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: slug,
    GITHUB_REPOSITORY_ID: repository.id,
    GITHUB_REPOSITORY_OWNER: repository.owner,
    GITHUB_REPOSITORY_OWNER_ID: repository.ownerId,
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '7007',
    GITHUB_RUN_NUMBER: '7',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: event.sha,
    GITHUB_TRIGGERING_ACTOR: repository.owner,
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_WORKFLOW_REF: `${slug}/.github/workflows/deploy.yml@${event.ref}`,
    LANG: 'C.UTF-8',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'sandbox',
    RUNNER_OS: 'Linux',
  }
}
