import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const quickStart = readme.slice(readme.indexOf('## Quick start'), readme.indexOf('## How it compares'))
const commands = [...quickStart.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text).join('\n')

/** Of another name for each stack and output, as AWS would answer; GitHub's ids are numbers. */
const STANDINS = {
  aws: `case "$1 $2" in
    "cloudformation describe-stacks") printf '%s' "$*" | sed -E "s/.*--stack-name ([a-z-]+).*OutputKey=='([A-Za-z]+)'.*/\\1.\\2/" ;;
    "secretsmanager create-secret") echo "arn-of-$(cat)" ;;
  esac`,
  gh: `case "$1 $2" in "api "*) echo "id-of-$4" ;; "secret set") echo "secret $3=$(cat)" >> "$CALLS" ;; esac`,
  git: `for last; do :; done; case "$last" in http*) ;; *) mkdir -p "$last" ;; esac`,
}

let folder: string
let calls: readonly string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quick-start-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const [name, script] of Object.entries(STANDINS)) writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n${script}\n`, { mode: 0o755 })
  cpSync(join(root, 'examples/quick-start'), join(folder, 'prefect-ecs-deploy/examples/quick-start'), { recursive: true })
  const environment = { PATH: `${bin}:${process.env.PATH ?? ''}`, CALLS: join(folder, 'calls') }
  const { status, stderr } = spawnSync('bash', ['-eu', '-c', commands], { cwd: folder, env: environment, input: 'pnu_key\n', encoding: 'utf8' })
  if (status !== 0) throw new Error(`The commands of the quick start fail: ${stderr}`)
  calls = readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
})

afterAll(() => { rmSync(folder, { recursive: true }) })

describe('the quick start of the README', () => {
  it('creates the four stacks, each with what the earlier ones made', () => {
    const deploys = calls.filter((call) => call.startsWith('aws cloudformation deploy'))

    expect(deploys.map((call) => /--template-file (\S+)/.exec(call)?.[1])).toEqual(
      STACKS.map((stack) => `examples/infrastructure/${stack}.yml`),
    )
    expect(deploys[2]).toContain('ApiKeySecretArn=arn-of-pnu_key SubnetIds=flows-network.PrivateSubnetIds SecurityGroupId=flows-network.TaskSecurityGroupId')
    expect(deploys[3]).toContain('GitHubOwner=my-organization GitHubOwnerId=id-of-.owner.id GitHubRepository=my-flows GitHubRepositoryId=id-of-.id')
    expect(deploys[3]).toContain('TaskRoleArns=flows-worker.FlowRunRoleArn,flows-worker.ExecutionRoleArn')
  })

  it('gives the stacks parameters and asks for outputs that their templates have', () => {
    const asked = calls.flatMap((call) => /--stack-name flows-(\S+) .*OutputKey=='(\w+)'/.exec(call)?.slice(1).join('.') ?? [])
    const given = calls.flatMap((call) => {
      const [, stack = '', parameters = ''] = /cloudformation deploy --stack-name flows-(\S+) .*--parameter-overrides (.*)$/.exec(call) ?? []
      return [...parameters.matchAll(/(\w+)=/g)].map(([, name = '']) => `${stack}.${name}`)
    })

    expect([asked.length > 10, given.length > 8]).toEqual([true, true])
    expect(asked.filter((name) => !namesIn('Outputs').includes(name))).toEqual([])
    expect(given.filter((name) => !namesIn('Parameters').includes(name))).toEqual([])
    expect(required().filter((name) => !given.includes(name))).toEqual([])
  })

  it('sets every variable and secret that its workflow asks for', () => {
    const asked = [...new Set([...readme.matchAll(/\b(?:vars|secrets)\.(\w+)/g)].map(([, name = '']) => name))]
    const set = calls.flatMap((call) => /^gh (?:variable|secret) set (\w+) --repo my-organization\/my-flows/.exec(call)?.[1] ?? [])

    expect(set.toSorted()).toEqual(asked.toSorted())
    expect(calls).toContain('secret PREFECT_API_KEY=pnu_key')
  })

  it('gives no command the key, which others on the machine could see', () => {
    expect(calls.filter((call) => call.includes('pnu_') && !call.startsWith('secret ') && !call.includes('arn-of-pnu_'))).toEqual([])
  })

  it('fills in all that its project leaves open', () => {
    const [file, definition] = ['prefect.yaml', 'task-definition.json'].map((name) => readFileSync(join(folder, 'my-flows', name), 'utf8'))

    expect(`${file}${definition}`.match(/<\w+>/g)).toBeNull()
    expect(parse(file ?? '')).toMatchObject({ deployments: [{ work_pool: { name: 'flows-worker.WorkPool', job_variables: { vpc_id: 'flows-network.VpcId' } } }] })
    expect(JSON.parse(definition ?? '')).toMatchObject({ taskRoleArn: 'flows-worker.FlowRunRoleArn', executionRoleArn: 'flows-worker.ExecutionRoleArn', containerDefinitions: [{ secrets: [{ valueFrom: 'arn-of-pnu_key' }] }] })
  })
})

type Template = { readonly Parameters: Readonly<Record<string, { readonly Default?: unknown }>>; readonly Outputs: Readonly<Record<string, unknown>> }

const STACKS = ['registry', 'network', 'worker', 'github-oidc'] as const

function template(stack: string): Template {
  return parse(readFileSync(join(root, `examples/infrastructure/${stack}.yml`), 'utf8'), { logLevel: 'silent' }) as Template
}

/** `stack.name` of all parameters or outputs. */
function namesIn(section: 'Parameters' | 'Outputs'): string[] {
  return STACKS.flatMap((stack) => Object.keys(template(stack)[section]).map((name) => `${stack}.${name}`))
}

function required(): string[] {
  return STACKS.flatMap((stack) => Object.entries(template(stack).Parameters).flatMap(([name, { Default }]) => (Default === undefined ? [`${stack}.${name}`] : [])))
}
