import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { scenes } from '../sandbox/examples/scenes.ts'
import { pages, readPage, workflowBlocks } from '../sandbox/examples/pages.ts'
import { blockName, sceneNameOf } from '../sandbox/examples/workflow-files.ts'

type Action = { readonly inputs: Readonly<Record<string, { readonly description: string }>> }
type Step = { readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> }
type Workflow = { readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>> }

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const names = readdirSync(join(root, 'examples/workflows'))
const { inputs } = parse(read('action.yml')) as Action
const blocks = pages().flatMap((page) => workflowBlocks(readPage(page)).map((text, index) => ({ name: blockName(page, index + 1), text })))
const used = [...names.map((name) => read(`examples/workflows/${name}`)), ...blocks.map(({ text }) => text)].flatMap(inputsOf)

describe('the examples', () => {
  it('are each run, and nothing is run that is not there', () => {
    const files = [...names, ...blocks.map(({ name }) => name).filter((name) => scenes[name] !== undefined)]
    expect(Object.keys(scenes).toSorted()).toEqual(files.toSorted())
    expect(Object.values(scenes).filter(({ runs }) => runs.length === 0)).toEqual([])
  })

  it('have the workflow of the README among them, in the 25 lines that it says', () => {
    const [workflow = '', ...others] = workflowBlocks(read('README.md'))

    expect(others).toEqual([])
    expect(workflow.trimEnd().split('\n').length).toBeLessThanOrEqual(25)
  })

  it('are all tried: a workflow of a page like deploy.yml unless there is a scene of its own', () => {
    const own = join(root, 'examples/workflows/plan.yml')

    expect(sceneNameOf(own, [])).toBe('plan.yml')
    expect(sceneNameOf('/tmp/README-1.yml', ['docs-migration-1.yml'])).toBe('deploy.yml')
    expect(sceneNameOf('/tmp/docs-migration-1.yml', ['docs-migration-1.yml'])).toBe('docs-migration-1.yml')
  })

  it('are each listed for those who look for one', () => {
    const listed = [...read('examples/README.md').matchAll(/\]\(workflows\/([\w-]+\.yml)\)/g)].map(([, name = '']) => name)
    expect(listed.toSorted()).toEqual(names.toSorted())
  })

  it('use every input that this version has', () => {
    const available = Object.entries(inputs).filter(([, { description }]) => !description.includes('Not available in this version')).map(([name]) => name)

    expect(available.filter((name) => !used.includes(name))).toEqual([])
  })

  it('use no input that there is not', () => {
    expect(used.filter((name) => inputs[name] === undefined)).toEqual([])
  })
})

describe('a block of a page', () => {
  it('is a workflow when it has jobs', () => {
    const page = ['```yaml', 'jobs: {}', '```', '```yaml', 'deployments: []', '```', '```json', '{"jobs": {}}', '```', ''].join('\n')
    expect(workflowBlocks(page)).toEqual(['jobs: {}\n'])
  })
})

function inputsOf(text: string): string[] {
  const steps = Object.values((parse(text) as Workflow).jobs).flatMap((job) => job.steps)
  return steps.filter(({ uses }) => uses?.startsWith('org/prefect-ecs-deploy@')).flatMap((step) => Object.keys(step.with ?? {}))
}
