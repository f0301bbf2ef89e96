import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

type Step = { readonly uses?: string; readonly run?: string }
type Job = {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> }
  readonly steps: readonly Step[]
}
type Workflow = { readonly permissions?: unknown; readonly concurrency?: unknown; readonly jobs: Readonly<Record<string, Job>> }

const root = join(import.meta.dirname, '..')
const files = ['.github/workflows', 'examples/workflows'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(root, file), 'utf8')
  const { permissions, jobs } = parse(text) as Workflow

  it('grants nothing to all jobs, and to each job what it says', () => {
    expect(permissions).toEqual({})
    expect(Object.values(jobs).filter((job) => job.permissions === undefined)).toEqual([])
  })

  it('ends in any case', () => {
    expect(Object.values(jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([])
  })

  it('uses actions by their commit, with the version in a comment, but for this one', () => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action)

    expect(uses.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action) && !action.startsWith('org/prefect-ecs-deploy@v1'))).toEqual([])
  })
})

describe('the workflows of this repository', () => {
  const workflows = files.filter((file) => file.startsWith('.github/')).map((file) => parse(readFileSync(join(root, file), 'utf8')) as Workflow)
  const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs))
  const steps = jobs.flatMap((job) => job.steps)
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

  it('use each action in one version', () => {
    const used = new Set(steps.flatMap(({ uses }) => uses ?? []))
    const names = [...used].map((action) => action.slice(0, action.indexOf('@')))

    expect(names.length).toBeGreaterThan(5)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('run scripts that there are', () => {
    const named = steps.flatMap(({ run = '' }) => [...run.matchAll(/(?:scripts|\.ci)\/[\w.-]+/g)].map(([path]) => path))
    const npm = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script))

    expect([named.length, npm.length].every((count) => count > 1)).toBe(true)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
    expect(npm.filter((script) => scripts[script] === undefined)).toEqual([])
  })

  it('run all of what the tests look at a share of', () => {
    const whole = jobs.flatMap(({ strategy }) => strategy?.matrix.check ?? []).map((check) => `check:${check}`)

    expect(Object.keys(scripts).filter((script) => script.startsWith('check:') && script !== 'check:pull-request').toSorted()).toEqual(whole.toSorted())
  })
})
