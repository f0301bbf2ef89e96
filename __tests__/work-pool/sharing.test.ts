import { describe, expect, it } from '@jest/globals'
import { aLiveDeployment, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { resultOf } from '../../src/planned.ts'
import type { JsonObject } from '../../src/planned.ts'
import { planWorkPool } from '../../src/work-pool/plan.ts'
import { sharePools } from '../../src/work-pool/sharing.ts'
import { parseTemplate } from '../../src/work-pool/template.ts'

const tenant = (name: string, jobVariables: JsonObject = {}, pool = 'ecs') =>
  aLiveDeployment({ id: name, name, fields: { job_variables: jobVariables, work_pool_name: pool } })
const pinning = planWorkPool({ name: 'ecs', template: undefined, pin: { variable: 'image', value: resultOf('image') } }, anEcsPool(), { image: IMAGE })
const released = ['etl/nightly']

describe('a pool that changes', () => {
  it('names the deployments of others, and warns of those that get the image', () => {
    const tenants = [tenant('nightly'), tenant('hourly'), tenant('own', { image: 'other' }), tenant('elsewhere', {}, 'other'), tenant('daily')]

    const { workPools, warnings } = sharePools([pinning], { tenants, released })

    expect(workPools).toMatchObject([{ sharedWith: ['etl/daily', 'etl/hourly', 'etl/own'] }])
    expect(warnings).toMatchObject([{
      code: 'pool-shared', message: 'work pool "ecs" has other deployments, whose runs get the new image too: etl/daily, etl/hourly',
    }])
  })

  it('warns of all of them when more changes than they can say themselves', () => {
    const template = parseTemplate(JSON.stringify(anEcsPool({ 'task_definition.networkMode:': 'bridge' }).baseJobTemplate), 'pool.json')
    const plan = planWorkPool({ name: 'ecs', template, pin: undefined }, anEcsPool(), {})

    const { warnings } = sharePools([plan], { tenants: [tenant('own', { image: 'other' })], released })

    expect(warnings).toMatchObject([{ message: 'work pool "ecs" has other deployments, whose runs get its changes too: etl/own' }])
  })

  it('names five in the warning and counts the rest', () => {
    const tenants = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => tenant(name))

    const { workPools, warnings } = sharePools([pinning], { tenants, released })

    expect(workPools[0]?.sharedWith).toHaveLength(7)
    expect(warnings[0]?.message).toMatch(/etl\/a, etl\/b, etl\/c, etl\/d, etl\/e and 2 more$/)
  })

  it.each([['its own deployments alone', pinning, [tenant('nightly')]], ['others, but does not change', { ...pinning, action: 'unchanged' as const }, [tenant('hourly')]]])(
    'is no warning when it has %s', (_, plan, tenants) => {
      expect(sharePools([plan], { tenants, released }).warnings).toEqual([])
    },
  )
})
