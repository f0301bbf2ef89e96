import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { withPart } from '../bench/benchmarks-page.ts'
import { workflowBlocks } from '../sandbox/examples/pages.ts'
import { migrationTable } from '../scripts/migration-lines.ts'

type Workflow = { readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly with?: Readonly<Record<string, string>> }[] }>> }

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/migration.md')
const [before, after] = ['__fixtures__/template/before', '__fixtures__/template/after'] as const
const oldWorkflows = readdirSync(join(root, before, '.github/workflows')).map((name) => `${before}/.github/workflows/${name}`)

/** Of `prefect_aws.ecs.ECSTask`, with those of every infrastructure block. */
const ECS_TASK = [
  'aws_credentials', 'task_definition_arn', 'task_definition', 'family', 'image', 'auto_deregister_task_definition', 'cpu', 'memory', 'execution_role_arn',
  'configure_cloudwatch_logs', 'cloudwatch_logs_options', 'stream_output', 'launch_type', 'vpc_id', 'cluster', 'env', 'task_role_arn', 'task_customizations',
  'task_start_timeout_seconds', 'task_watch_poll_interval', 'labels', 'name', 'command',
]

describe('docs/migration.md', () => {
  it('has the line counts of the sample repositories (npm run migration)', () => {
    expect(withPart(page, 'lines', migrationTable())).toBe(page)
  })

  it('names every job of the old workflows, and so what replaces it', () => {
    const jobs = oldWorkflows.flatMap((path) => Object.keys((parse(read(path)) as Workflow).jobs))

    expect(jobs.length).toBeGreaterThan(10)
    expect(jobs.filter((job) => !page.includes(`\`${job}\``))).toEqual([])
  })

  it('links to what is there', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)(?:#[\w-]*)?\)/g)].map(([, path = '']) => path)

    expect(links.filter((path) => !existsSync(join(root, dirname('docs/migration.md'), path)))).toEqual([])
  })
})

describe('the sample repository', () => {
  it('has workflows of the size of the templates', () => {
    const lines = oldWorkflows.reduce((sum, path) => sum + read(path).split('\n').length - 1, 0)

    expect(oldWorkflows).toHaveLength(6)
    expect(lines).toBeGreaterThanOrEqual(749)
    expect(lines).toBeLessThanOrEqual(887)
  })

  it('is converted to the workflow of the README, but for its cluster and service', () => {
    const { cluster, service, ...inputs } = inputsOf(read(`${after}/.github/workflows/prefect.yml`))

    expect([cluster, service]).toEqual(['production', 'prefect-worker'])
    expect(inputs).toEqual(inputsOf(workflowBlocks(read('README.md'))[0] ?? ''))
  })

  it('keeps its flows, without what Prefect 3 does not have', () => {
    const [old, converted] = [before, after].map((repository) =>
      new Map(['flows/exchange_rates.py', 'flows/healthcheck.py', 'flows/stock_levels.py', 'warehouse/database.py'].map((path) => [path, read(`${repository}/${path}`)])))

    expect([...(old ?? [])].filter(([path, text]) => converted?.get(path) !== text).map(([path]) => path)).toEqual(['flows/healthcheck.py'])
    expect([...(converted?.values() ?? [])].filter((text) => text.includes('prefect.orion'))).toEqual([])
  })
})

describe('examples/work-pool/README.md', () => {
  const rows = read('examples/work-pool/README.md').split('\n').filter((line) => line.startsWith('| '))
  const inColumn = (column: number) => [...rows.map((line) => line.split(' | ')[column] ?? '').join(' ').matchAll(/`(\w+)/g)].map(([, name]) => name)

  it('has a row for every field of the ECSTask block', () => {
    expect(ECS_TASK.filter((field) => !inColumn(0).includes(field))).toEqual([])
  })

  it.each(['ecs.json', 'ecs-push.json'])('says where each variable of %s comes from', (name) => {
    const pool = JSON.parse(read(`examples/work-pool/${name}`)) as { readonly base_job_template: { readonly variables: { readonly properties: object } } }
    const explained = [...rows.join(' ').matchAll(/`(\w+)/g)].map(([, variable]) => variable)

    expect(Object.keys(pool.base_job_template.variables.properties).filter((variable) => !explained.includes(variable))).toEqual([])
  })
})

/** Of the step that is this action. */
function inputsOf(workflow: string): Readonly<Record<string, string>> {
  return Object.values((parse(workflow) as Workflow).jobs)[0]?.steps.find(({ with: inputs }) => inputs?.['ecr-repository'] !== undefined)?.with ?? {}
}
