import { describe, expect, it } from '@jest/globals'
import { aProject } from '../__fixtures__/project.ts'
import { aPool } from '../__fixtures__/prefect-files/deployments.ts'
import { aTaskDefinition, revisionArn } from '../__fixtures__/fake-task-definitions.ts'

const EDITS = { INPUT_ENVIRONMENT: 'LEVEL=DEBUG\nDB_PASSWORD=hunter2', INPUT_SECRETS: 'KEY=/flows/key', INPUT_TAGS: 'team=data' }
const EDITED = {
  tags: [{ key: 'team', value: 'data' }],
  containerDefinitions: [{ environment: [{ name: 'LEVEL', value: 'DEBUG' }, { name: 'DB_PASSWORD', value: 'hunter2' }], secrets: [{ name: 'KEY', valueFrom: '/flows/key' }] }],
}

describe('a release with environment, secrets and tags', () => {
  it('registers them with the definition of the file, and no revision the next time', async () => {
    const { ports, step } = aProject()

    const first = await step(EDITS)
    const registered = ports.taskDefinitions.revisions.filter(({ definition }) => definition.family === 'flows').map(({ definition }) => definition)
    const second = await step(EDITS)

    expect(registered.at(-1)).toMatchObject(EDITED)
    expect(first.plan?.taskDefinitions[0]?.action).toBe('register')
    expect(second.plan?.taskDefinitions[0]?.action).toBe('unchanged')
  })

  it('shows in the plan what is no secret, and masks what is', async () => {
    const { step } = aProject()

    const { plan, log } = await step(EDITS)

    expect(plan?.taskDefinitions[0]?.changes).toEqual(expect.arrayContaining([
      expect.objectContaining({ path: 'containerDefinitions.prefect.environment.LEVEL', after: 'DEBUG' }),
      expect.objectContaining({ path: 'containerDefinitions.prefect.secrets.KEY', after: '/flows/key' }),
      expect.objectContaining({ path: 'tags.team', after: 'data' }),
    ]))
    expect(JSON.stringify(plan)).not.toContain('hunter2')
    expect(log.masked).toContain('hunter2')
    expect(plan?.warnings.map(({ code }) => code)).toContain('secret-in-environment')
  })

  it('is another plan when one of them changes', async () => {
    const hashOf = async (tags: string) => (await aProject().step({ 'INPUT_DRY-RUN': 'true', INPUT_TAGS: tags })).plan?.hash

    expect(await hashOf('team=core')).not.toBe(await hashOf('team=data'))
  })

  it('plans them from the file alone where there are no credentials', async () => {
    const { step } = aProject({ files: { 'task-definition.json': JSON.stringify(aTaskDefinition({ executionRoleArn: '' })) } })

    const { log } = await step({ GITHUB_EVENT_NAME: 'pull_request', 'INPUT_ROLE-TO-ASSUME': '', RUNNER_ENVIRONMENT: 'github-hosted', ...EDITS })

    expect(log.failures).toMatchObject([{ code: 'task-definition-invalid', message: expect.stringContaining('has secrets; that needs "executionRoleArn"') }])
  })
})

describe('a service whose own container gets the image', () => {
  const OWN = { 'INPUT_SERVICE-CONTAINER-NAME': 'worker', 'INPUT_TASK-DEFINITION': '' }

  it('gets the edits when there is no other definition', async () => {
    const { ports, step } = aServiceProject()

    await step({ ...OWN, ...EDITS })

    expect(ports.taskDefinitions.revisions.at(-1)).toMatchObject({ arn: revisionArn('worker', 2), definition: EDITED })
  })

  it('does not get what is meant for flows', async () => {
    const { ports, step } = aServiceProject()

    await step({ ...OWN, ...EDITS, 'INPUT_TASK-DEFINITION': 'task-definition.json' })

    const newest = (family: string) => ports.taskDefinitions.revisions.findLast(({ definition }) => definition.family === family)?.definition
    expect(newest('flows')).toMatchObject(EDITED)
    expect(newest('worker')?.containerDefinitions[0]?.environment).toBeUndefined()
  })
})

/** A project whose worker runs a definition of its own family. */
function aServiceProject() {
  const project = aProject({ ports: { workerRevision: revisionArn('worker', 1), workPools: [aPool(['task_definition_arn', 'image'])] } })
  const definition = aTaskDefinition({ family: 'worker', containerDefinitions: [{ name: 'worker', image: 'registry.example/flows@sha256:old' }] })
  project.ports.taskDefinitions.revisions.push({ arn: revisionArn('worker', 1), active: true, definition })
  return project
}
