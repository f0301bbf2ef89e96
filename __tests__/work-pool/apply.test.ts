import { describe, expect, it } from '@jest/globals'
import { createFakeClock } from '../../__fixtures__/fake-clock.ts'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakeWorkspace } from '../../__fixtures__/fake-workspace.ts'
import type { FakeWorkspaceOptions } from '../../__fixtures__/fake-workspace.ts'
import { aLiveDeployment, aPool, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { DeployError } from '../../src/errors.ts'
import { resultOf } from '../../src/planned.ts'
import type { LiveWorkPool } from '../../src/prefect-ports.ts'
import { applyWorkPools } from '../../src/work-pool/apply.ts'
import { planWorkPool } from '../../src/work-pool/plan.ts'
import type { WorkPoolPlan } from '../../src/work-pool/plan.ts'
import { parseTemplate } from '../../src/work-pool/template.ts'
import { poolsNotTaken } from '../../src/work-pool/verify.ts'

const live = (name: string): LiveWorkPool => ({ ...anEcsPool({}, { name }), description: 'Old.', concurrencyLimit: null })
const NEW = parseTemplate(JSON.stringify({ description: 'New.', base_job_template: anEcsPool().baseJobTemplate }), 'pool.json')
const RESULTS = { image: IMAGE }

const update = (name: string): WorkPoolPlan => planWorkPool({ name, template: NEW, pin: { variable: 'image', value: resultOf('image') } }, live(name), {})
const create = (name: string): WorkPoolPlan => planWorkPool({ name, template: NEW, pin: undefined }, undefined, {})

function setUp(options: Partial<FakeWorkspaceOptions> = {}) {
  const clock = createFakeClock()
  const log = createFakeLog()
  const workspace = createFakeWorkspace({ clock, workPools: [live('one'), live('two')], ...options })
  const context = { results: RESULTS, workspace, survey: workspace.survey, clock, log }
  return { clock, log, workspace, apply: (plans: readonly WorkPoolPlan[]) => applyWorkPools(plans, context) }
}

describe('writing work pools', () => {
  it('sends each that differs in one request, with the results in their places', async () => {
    const { workspace, log, apply } = setUp()

    await apply([update('one'), { ...update('two'), action: 'unchanged' }, create('new')])

    expect(workspace.writes).toEqual([
      { kind: 'update-work-pool', name: 'one', body: { description: 'New.', base_job_template: anEcsPool({ image: IMAGE }).baseJobTemplate } },
      { kind: 'create-work-pool', body: { name: 'new', type: 'ecs', description: 'New.', base_job_template: anEcsPool().baseJobTemplate } },
    ])
    expect(log.lines).toEqual(['info: updated work pool one', 'info: created work pool new'])
  })

  it('is put back when the release fails later: as they were, and new ones deleted, in reverse', async () => {
    const { workspace, log, apply } = setUp()
    const before = [...workspace.workPools]

    await (await apply([update('one'), create('new')])).undo()

    expect(workspace.workPools).toEqual(before)
    expect(workspace.writes.slice(2).map(({ kind }) => kind)).toEqual(['delete-work-pool', 'update-work-pool'])
    expect(log.lines.slice(2)).toEqual([
      'info: put back work pool new: it was new and is deleted', 'info: put back work pool one: description, base_job_template',
    ])
  })

  it('leaves a new pool that somebody has put deployments into', async () => {
    const { workspace, log, apply } = setUp()
    const applied = await apply([create('new')])
    workspace.deployments.push(aLiveDeployment({ fields: { work_pool_name: 'new' } }))

    await applied.undo()

    expect(workspace.workPools.map(({ name }) => name)).toContain('new')
    expect(log.lines.at(-1)).toBe('warning: could not put back work pool new: it was new and is deleted: it has deployments: etl/nightly')
  })

  it('goes on putting back when one step fails', async () => {
    const { workspace, log, apply } = setUp()
    const applied = await apply([update('one'), update('two')])
    workspace.beforeWrite = (_, write) => {
      if (write.kind === 'update-work-pool' && write.name === 'two') throw new Error('the server failed')
    }

    await applied.undo()

    expect(workspace.workPools.map(({ description }) => description)).toEqual(['Old.', 'New.'])
    expect(log.lines.slice(2)).toEqual([
      'warning: could not put back work pool two: description, base_job_template: the server failed',
      'info: put back work pool one: description, base_job_template',
    ])
  })

  it('that fails puts back those before, and names the pool', async () => {
    const { workspace, apply } = setUp()
    workspace.beforeWrite = (number) => {
      if (number === 2) throw new DeployError('prefect-request-failed', 'Prefect answered with 403', { hint: 'Ask for it.' })
    }

    await expect(apply([update('one'), update('two')])).rejects.toMatchObject({
      code: 'prefect-request-failed', message: 'Work pool two could not be written: Prefect answered with 403', hint: 'Ask for it.',
    })
    expect(workspace.workPools).toEqual([live('one'), live('two')])
  })

  const doubts = [
    ['is lost', new DeployError('prefect-unreachable', 'no answer')],
    ['is an error of the server', new DeployError('prefect-request-failed', 'Prefect answered with 500', { mayBeDone: true })],
  ] as const

  it.each(doubts)('also puts back what was written when the answer %s', async (_, error) => {
    const { workspace, apply } = setUp()
    workspace.afterWrite = (number) => {
      if (number === 2) throw error
    }

    await expect(apply([create('new'), update('one')])).rejects.toMatchObject({ code: error.code })
    expect(workspace.workPools).toEqual([live('one'), live('two')])
  })

  it.each(doubts)('deletes a new pool that is there although the answer %s', async (_, error) => {
    const { workspace, log, apply } = setUp()
    workspace.afterWrite = (number) => {
      if (number === 1) throw error
    }

    await expect(apply([create('new')])).rejects.toMatchObject({ code: error.code })
    expect(workspace.workPools).toEqual([live('one'), live('two')])
    expect(log.lines).toEqual(['info: put back work pool new: it was new and is deleted'])
  })

  it.each(doubts)('has nothing to delete when a new pool is not there and the answer %s', async (_, error) => {
    const { workspace, log, apply } = setUp()
    workspace.beforeWrite = () => { throw error }

    await expect(apply([create('new')])).rejects.toMatchObject({ code: error.code })
    expect(workspace.writes.map(({ kind }) => kind)).toEqual(['create-work-pool'])
    expect(log.lines).toEqual([])
  })

  it('stops when the run is cancelled, and puts back what it has written', async () => {
    const { workspace, clock, apply } = setUp()
    let asked = 0
    clock.onTick = () => {
      if (++asked === 2) throw new DeployError('cancelled', 'The run was cancelled')
    }

    await expect(apply([update('one'), update('two')])).rejects.toMatchObject({ code: 'cancelled' })
    expect(workspace.writes).toHaveLength(2)
    expect(workspace.workPools).toEqual([live('one'), live('two')])
  })
})

describe('reading work pools back', () => {
  const again = (pool: LiveWorkPool | undefined) => [planWorkPool({ name: 'one', template: NEW, pin: { variable: 'image', value: resultOf('image') } }, pool, RESULTS)]

  it('finds nothing when the server took all', async () => {
    const { workspace, apply } = setUp()
    await apply([update('one')])

    expect(poolsNotTaken([update('one')], again(workspace.workPools[0]))).toEqual([])
  })

  it('names the fields that a server left out', async () => {
    const { workspace, apply } = setUp({ notTaken: ['description'] })
    await apply([update('one')])

    expect(poolsNotTaken([update('one')], again(workspace.workPools[0]))).toMatchObject([{
      code: 'write-not-taken', message: 'Work pool one still differs after the write, the server did not take: description',
    }])
  })

  it('says that a new one is not there, and nothing of one that was not written', () => {
    expect(poolsNotTaken([create('one')], again(undefined))).toMatchObject([{ message: 'Work pool one was created and is not there' }])
    expect(poolsNotTaken([{ ...update('one'), action: 'unchanged' }], again(aPool()))).toEqual([])
  })
})
