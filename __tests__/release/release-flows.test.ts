import { describe, expect, it } from '@jest/globals'
import { onPullRequest } from '../../__fixtures__/events.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { aProject } from '../../__fixtures__/project.ts'
import type { ProjectOptions } from '../../__fixtures__/project.ts'
import { planRelease } from '../../src/release/plan-release.ts'

const failure = { kind: 'import-error', traceback: 'KeyError: DB', place: { file: 'flows/etl.py', line: 3 } }
const ports = { flows: { 'flows/etl.py:etl': { loaded: 'safe', failure } } } as const

const prefectFile = (pull = '') => `deployments:\n- name: nightly\n  entrypoint: flows/etl.py:etl\n  work_pool: {name: ecs}\n  ${pull}\n`

async function placesOfWarnings(options: ProjectOptions, environment: Readonly<Record<string, string>> = {}) {
  const project = aProject({ ...options, ports })
  project.ports.registry.addImage('flows', 'v1')
  const { plan } = await planRelease(project.inputs({ ...onPullRequest(), ...environment }), project.ports, createFakeLog())
  return plan.warnings.filter(({ code }) => code === 'flow-loaded-safely').map(({ file, line }) => `${file ?? ''}:${line ?? ''}`)
}

describe('a flow that does not import is shown at its own line', () => {
  it.each([
    ['of the checkout that the image is made of', {}, {}],
    ['of the checkout that its pull steps fetch', {
      files: { 'prefect.yaml': prefectFile('pull: [{prefect.deployments.steps.git_clone: {repository: "https://github.com/acme/flows.git"}}]') },
    }, { INPUT_IMAGE: 'v1' }],
  ])('%s', async (_, options, environment) => {
    await expect(placesOfWarnings(options, environment)).resolves.toEqual(['flows/etl.py:3'])
  })

  it('of a build context in a folder', async () => {
    const files = { 'app/Dockerfile': 'FROM python', 'app/flows/etl.py': 'etl = 1' }

    await expect(placesOfWarnings({ files }, { INPUT_CONTEXT: 'app' })).resolves.toEqual(['app/flows/etl.py:3'])
  })
})

describe('a flow that does not import is shown at its deployment', () => {
  it.each([
    ['in an image that is not of this checkout', { files: { 'prefect.yaml': prefectFile() } }, { INPUT_IMAGE: 'v1' }],
    ['when the checkout has no such file', { files: { 'prefect.yaml': prefectFile(), 'app/Dockerfile': 'FROM python' } }, { INPUT_CONTEXT: 'app' }],
  ])('%s', async (_, options, environment) => {
    await expect(placesOfWarnings(options, environment)).resolves.toEqual(['prefect.yaml:3'])
  })
})
