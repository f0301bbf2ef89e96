import { mkdtempSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { tryExample } from '../../sandbox/examples/try-example.ts'
import { exampleWorkflows } from '../../sandbox/examples/workflow-files.ts'

jest.setTimeout(600_000)

/** `npm run check:examples` runs all; deploy.yml and self-hosted.yml have tests of their own. */
const SAMPLE = ['README-1.yml', 'ambient-credentials.yml', 'environments.yml', 'rollback.yml']

let sandbox: Sandbox
let workflows: readonly string[]

beforeAll(() => {
  sandbox = connectSandbox()
  workflows = exampleWorkflows(mkdtempSync(join(sandbox.endpoints.folder, 'examples-')))
})

describe('a workflow that readers copy', () => {
  it.each(SAMPLE)('%s does what it says', async (name) => {
    const path = workflows.find((workflow) => basename(workflow) === name) ?? ''

    const { runs, problems } = await tryExample(sandbox, path)

    expect(problems).toEqual([])
    expect(runs).not.toEqual([])
  })
})
