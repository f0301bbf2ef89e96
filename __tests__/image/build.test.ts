import { describe, expect, it } from '@jest/globals'
import { aBuildSpec, createFolder } from '../../__fixtures__/build-folder.ts'
import { createFakeDocker } from '../../__fixtures__/fake-docker.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeRegistry, digestOf } from '../../__fixtures__/fake-registry.ts'
import { DeployError } from '../../src/errors.ts'
import { buildImage, pushImage } from '../../src/image/build.ts'
import type { BuildPlan } from '../../src/image/build.ts'
import { readBuildInputs } from '../../src/image/fingerprint.ts'

const TAG = 'tree-1'

function arrange() {
  const registry = createFakeRegistry()
  const repository = registry.addRepository('flows')
  const plan: BuildPlan = { action: 'build', repository, fingerprint: 'f', tag: TAG, name: `${repository.uri}:${TAG}` }
  return { registry, docker: createFakeDocker({ registry }), log: createFakeLog(), plan }
}

describe('building', () => {
  it('hands Docker the packed context and the settings that were hashed', async () => {
    const { docker, plan } = arrange()
    const folder = createFolder({ Dockerfile: 'FROM x', '.dockerignore': 'b', a: '', b: '' })
    const settings = { target: 'app', platform: 'linux/arm64', buildArgs: { A: '1' } }
    const inputs = await readBuildInputs(aBuildSpec(folder, { ...settings, secretNames: ['TOKEN'] }))

    await expect(buildImage(plan, inputs, { docker, secrets: { TOKEN: 'secret' } })).resolves.toEqual({
      workingDirectory: '/opt/app', platform: 'linux/amd64',
    })

    expect(docker.builds).toMatchObject([{
      files: ['.dockerignore', 'Dockerfile', 'a'],
      request: { tag: plan.name, dockerfile: 'Dockerfile', ...settings, secrets: { TOKEN: 'secret' } },
    }])
    expect(docker.pushes).toEqual([])
  })
})

describe('pushing', () => {
  it('answers with the digest that the registry has', async () => {
    const { plan, ...ports } = arrange()

    await expect(pushImage(plan, () => ports.docker.push(plan.name), ports)).resolves.toBe(`${plan.repository.uri}@${digestOf(TAG)}`)
    expect(ports.docker.pushes).toEqual([plan.name])
  })

  it('uses what another job pushed meanwhile, and says so', async () => {
    const { plan, ...ports } = arrange()
    const { digest } = ports.registry.addImage('flows', TAG, { content: 'of the other job' })
    ports.docker.failures.push = new DeployError('push-failed', 'tag invalid: The image tag already exists and the tag is immutable')

    await expect(pushImage(plan, () => ports.docker.push(plan.name), ports)).resolves.toBe(`${plan.repository.uri}@${digest}`)
    expect(ports.log.lines).toEqual([`info: Another job pushed ${plan.name} meanwhile: using ${digest}`])
  })

  it('fails with Docker\'s words when nobody pushed it', async () => {
    const { plan, ...ports } = arrange()
    ports.docker.failures.push = new DeployError('push-failed', 'denied')

    await expect(pushImage(plan, () => ports.docker.push(plan.name), ports)).rejects.toBe(ports.docker.failures.push)
  })

  it('does not take a cancelled push for a pushed image', async () => {
    const { plan, ...ports } = arrange()
    ports.registry.addImage('flows', TAG)
    ports.docker.failures.push = new DeployError('cancelled', 'The run was cancelled')

    await expect(pushImage(plan, () => ports.docker.push(plan.name), ports)).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('fails when the registry does not know what was pushed', async () => {
    const { plan, registry, docker, log } = arrange()
    const forgetful = { ...registry, findImage: () => Promise.resolve(undefined) }

    await expect(pushImage(plan, () => docker.push(plan.name), { registry: forgetful, log })).rejects.toMatchObject({
      code: 'push-failed', message: `${plan.name} was pushed, but the registry does not know it`,
    })
  })
})
