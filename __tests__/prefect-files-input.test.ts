import { describe, expect, it } from '@jest/globals'
import { aProject } from '../__fixtures__/project.ts'

const file = (name: string, more = '') => `deployments:\n- name: ${name}\n  entrypoint: flows/etl.py:etl\n${more}`
const POOL = '  work_pool: {name: ecs}\n'

describe('a release of several Prefect files', () => {
  const several = () => aProject({ files: { 'a/prefect.yaml': file('one', POOL), 'b/prefect.yaml': file('two', POOL) } })
  const GIVEN = { 'INPUT_PREFECT-FILE': 'a/prefect.yaml, b/*.yaml' }

  it('is one plan of all their deployments', async () => {
    const { plan } = await several().step(GIVEN)

    expect(plan?.deployments.map(({ name }) => name)).toEqual(['etl/one', 'etl/two'])
  })

  it('builds the same image whatever they say', async () => {
    const project = several()
    const { plan: before } = await project.step(GIVEN)
    project.edit('b/prefect.yaml', file('two', `${POOL}  tags: [new]\n`))
    const { plan: after } = await project.step(GIVEN)

    expect(after?.image.fingerprint).toBe(before?.image.fingerprint)
    expect(after?.deployments.map(({ action }) => action)).toEqual(['unchanged', 'update'])
  })

  it('says what is wrong in each of them', async () => {
    const project = aProject({ files: { 'a/prefect.yaml': file('one'), 'b/prefect.yaml': file('two', `${POOL}  paused: sure\n`) } })
    const { log } = await project.step(GIVEN)

    expect(log.failures.map(({ message }) => message).join('\n')).toMatch(/a\/prefect\.yaml:2:3: deployment "one" has no work pool[\s\S]*b\/prefect\.yaml:5:3: deployment "two": "paused"/)
  })

  it("takes Prefect's default work pool for those that name none", async () => {
    const { plan } = await aProject({ files: { 'prefect.yaml': file('one') } }).step({ PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME: 'ecs' })

    expect(plan?.deployments).toMatchObject([{ name: 'etl/one', action: 'create' }])
  })
})
