import { describe, expect, it } from '@jest/globals'
import { aLiveDeployment, ARN, desired, IMAGE } from '../../__fixtures__/prefect-files/deployments.ts'
import type { DesireOverrides } from '../../__fixtures__/prefect-files/deployments.ts'
import { planDeployment } from '../../src/deployment/plan.ts'
import type { DeploymentPlan } from '../../src/deployment/plan.ts'
import type { DesiredTrigger } from '../../src/deployment/triggers.ts'
import { isItems, reveal, sensitive } from '../../src/planned.ts'
import type { JsonObject } from '../../src/planned.ts'
import type { LiveAutomation, LiveDeployment } from '../../src/prefect-ports.ts'

const RESULTS = { image: IMAGE, taskDefinition: ARN }

function plan(lines: string, live: Partial<LiveDeployment> | undefined, overrides: DesireOverrides = {}): DeploymentPlan {
  return planDeployment(desired(lines, overrides), live && aLiveDeployment(live), RESULTS)
}

/** As the server answers for the triggers of these lines, but for what differs. */
function automations(lines: string, overrides: Partial<JsonObject> = {}): LiveAutomation[] {
  return desired(lines).triggers.map((trigger, index) => live(trigger, `a${index + 1}`, overrides))
}

function live({ name, body }: DesiredTrigger, id: string, overrides: Partial<JsonObject> = {}): LiveAutomation {
  const { trigger, actions, ...others } = reveal(body, RESULTS) as JsonObject
  const run = { ...(isItems(actions) ? (actions[0] as JsonObject) : {}), deployment_id: 'd1' }
  return { id, name, body: { ...others, trigger: { ...(trigger as JsonObject), id: 't1' }, actions: [run], ...overrides } }
}

const requests = ({ writes }: DeploymentPlan) => writes.map(({ phase, request }) => ({ phase, ...request }))
const undos = ({ writes }: DeploymentPlan) => writes.map(({ undo }) => undo)

const NESTED = 'triggers: [{require: any, triggers: [{expect: [b, a]}, {triggers: [{expect: [c]}]}], within: 60}]'
const ONE = 'triggers: [{expect: [a.done], parameters: {day: "{{ event.id }}"}, job_variables: {env: {A: b}}}]'
const TWO = 'triggers: [{expect: [a]}, {expect: [b]}]'

describe('automations that are as they should be', () => {
  it.each<[string, string, LiveAutomation[]]>([
    ['as they were written', ONE, automations(ONE)],
    ['with triggers inside each other', NESTED, automations(NESTED)],
    ['without the tag, which alone is no change', ONE, automations(ONE, { tags: [] })],
    ['of a server that has no tags', ONE, automations(ONE, { tags: undefined })],
    ['in another order', TWO, automations(TWO).reverse()],
    ['of one name', 'triggers: [{name: x, expect: [a]}, {name: x, expect: [b]}]', automations('triggers: [{name: x, expect: [b]}, {name: x, expect: [a]}]')],
    ['with fields that this version does not know', ONE, automations(ONE).map((each) => ({
      ...each, body: { ...each.body, trigger: { ...(each.body.trigger as JsonObject), newer: true } },
    }))],
    ['with their sets in another order', 'triggers: [{expect: [a, b]}]', automations('triggers: [{expect: [a, b]}]').map((each) => ({
      ...each, body: { ...each.body, trigger: { ...(each.body.trigger as JsonObject), expect: ['b', 'a'] } },
    }))],
  ])('are not written: %s', (_, lines, own) => {
    const { action, changes, writes, warnings } = plan(lines, { automations: own })
    expect({ action, changes, writes, warnings }).toEqual({ action: 'unchanged', changes: [], writes: [], warnings: [] })
  })
})

describe('an automation that differs', () => {
  const changed = plan(`${ONE.replace('a.done', 'b.done').slice(0, -2)}, within: 60}]`, { automations: automations(ONE, { tags: ['mine'] }) })

  it('is changed in place, with the tag beside those of the UI', () => {
    expect(requests(changed)).toEqual([{
      phase: 'reversible', kind: 'update-automation', id: 'a1', body: expect.objectContaining({ name: 'nightly__automation_1', tags: ['mine', 'prefect-ecs-deploy'] }),
    }])
  })

  it('shows field by field what changes', () => {
    expect(changed.action).toBe('update')
    expect(changed.changes).toEqual([
      { path: 'triggers.nightly__automation_1.expect', before: ['a.done'], after: ['b.done'] },
      { path: 'triggers.nightly__automation_1.within', before: 0, after: 60 },
    ])
  })

  it('is put back by what it was, but for the id of its trigger', () => {
    expect(undos(changed)).toEqual([{
      request: { kind: 'update-automation', id: 'a1', body: automations(ONE, { tags: ['mine'] })[0]?.body }, reschedules: false, loses: 'automation-id',
    }])
  })

  it('drops no run: none is scheduled again, but where the deployment is written as well', () => {
    const schedules = [{ id: 's1', slug: null, active: true, schedule: { cron: '0 9 * * *', timezone: null, day_or: true }, parameters: {}, maxScheduledRuns: null }]
    const lines = 'description: Other\nschedules: [{cron: "0 9 * * *"}]\ntriggers: [{expect: [b]}]'
    const both = plan(lines, { schedules, automations: automations('triggers: [{expect: [a]}]') })
    expect(both.writes.map(({ request, reschedules }) => [request.kind, reschedules])).toEqual([['update-automation', false], ['update-deployment', true]])
  })

  it('is changed last when it starts to run the deployment', () => {
    expect(requests(plan(ONE, { automations: automations(ONE, { enabled: false }) }))).toMatchObject([{ phase: 'unpause', kind: 'update-automation' }])
  })

  it('loses the actions that somebody added', () => {
    const added = automations(ONE).map((each) => ({ ...each, body: { ...each.body, actions: [...(each.body.actions as JsonObject[]), { type: 'do-nothing' }] } }))
    expect(plan(ONE, { automations: added }).changes).toContainEqual(
      expect.objectContaining({ path: 'triggers.nightly__automation_1.actions', after: undefined }))
  })

  it('is another one when it runs another deployment as well', () => {
    const other = automations(ONE).map((each) => ({ ...each, body: { ...each.body, actions: [{ type: 'run-deployment', source: 'selected', deployment_id: 'd2' }] } }))
    expect(plan(ONE, { automations: other }).action).toBe('update')
  })
})

describe('an automation that is new', () => {
  it('is created after all else, with the others, and deleted when that is undone', () => {
    const { changes, ...created } = plan(TWO, {})
    expect(requests({ ...created, changes })).toEqual([{
      phase: 'unpause', kind: 'create-automations', bodies: desired(TWO).triggers.map(({ body }) => body),
    }])
    expect(undos({ ...created, changes })).toEqual([{ request: { kind: 'delete-automation', id: undefined }, reschedules: false, loses: undefined }])
    expect(changes[0]).toEqual({
      path: 'triggers.nightly__automation_1', before: undefined,
      after: { enabled: true, type: 'event', expect: ['a'], posture: 'Reactive', threshold: 1, within: 0, schedule_after: 0 },
    })
  })

  it('comes with a new deployment before that is unpaused', () => {
    expect(requests(plan(ONE, undefined)).map(({ kind }) => kind)).toEqual(['create-deployment', 'create-automations', 'update-deployment'])
    expect(requests(plan(`${ONE}\npaused: true`, undefined)).map(({ kind }) => kind)).toEqual(['create-deployment', 'create-automations'])
  })

  it('hides what is secret', () => {
    const lines = 'triggers: [{parameters: {key: "{{ prefect.blocks.secret.key }}"}, job_variables: {env: {DB_PASSWORD: hunter2}}}]'
    const { changes } = plan(lines, {}, { lookups: new Map([['block secret/key', { value: 's3cret' }]]) })
    expect(changes[0]?.after).toMatchObject({ parameters: { key: sensitive('s3cret') }, job_variables: { env: { DB_PASSWORD: sensitive('hunter2') } } })
  })
})

describe('an automation that the file does not have', () => {
  it('is removed with all that a deploy owns, when nothing stays', () => {
    const own = automations(TWO)
    const removed = plan('triggers: []', { automations: own })
    expect(requests(removed)).toEqual([{ phase: 'deletion', kind: 'delete-owned-automations' }])
    expect(undos(removed)).toEqual([{
      request: { kind: 'create-automations', bodies: own.map(({ body }) => body) }, reschedules: false, loses: 'automation-id',
    }])
    expect(removed.changes.map(({ path, after }) => [path, after])).toEqual([
      ['triggers.nightly__automation_1', undefined], ['triggers.nightly__automation_2', undefined],
    ])
    expect(removed.warnings).toEqual([])
  })

  it('is removed by its id when another one stays', () => {
    const removed = plan('triggers: [{expect: [a]}]', { automations: automations(TWO) })
    expect(requests(removed)).toEqual([{ phase: 'deletion', kind: 'delete-automation', id: 'a2' }])
  })

  it('is removed before others are created', () => {
    expect(requests(plan('triggers: [{name: x}]', { automations: automations(TWO) })).map(({ kind }) => kind)).toEqual([
      'delete-owned-automations', 'create-automations',
    ])
  })

  it.each([
    ['a name that prefect deploy gives', { name: 'nightly__automation_7', tags: [] }],
    ['the name that prefect deploy gives for an empty one', { name: 'Automation for deployment d1', tags: [] }],
    ['the tag of this action', { name: 'custom', tags: ['prefect-ecs-deploy'] }],
  ])('is of a deploy by %s', (_, { name, tags }) => {
    const [own] = automations(ONE, { name, tags })
    expect(plan('triggers: []', { automations: own === undefined ? [] : [{ ...own, name }] }).writes).toHaveLength(1)
  })

  it.each(['Restart on failure', 'other__automation_1', 'nightly__automation_', 'nightly__automation_1b'])('stays when nothing tells of a deploy: %s', (name) => {
    const [own] = automations(ONE, { name, tags: ['x'] })
    const { action, warnings } = plan('triggers: []', { automations: own === undefined ? [] : [{ ...own, name }] })
    expect(action).toBe('unchanged')
    expect(warnings.map(({ code }) => code)).toEqual(['automation-unlisted'])
  })

  it('is removed by its id beside one that stays because somebody made it', () => {
    const [own, made] = automations(TWO, { tags: [] })
    const both = [...(own === undefined ? [] : [own]), ...(made === undefined ? [] : [{ ...made, name: 'by hand' }])]
    expect(requests(plan('triggers: []', { automations: both }))).toEqual([{ phase: 'deletion', kind: 'delete-automation', id: 'a1' }])
  })

  it('is removed with a warning when the file does not speak of triggers', () => {
    expect(plan('', { automations: automations(TWO) }).warnings.map(({ code }) => code)).toEqual(['triggers-removed'])
  })

  it('stays when the UI owns triggers, and so do all others', () => {
    const { action, writes, warnings } = plan(ONE, { automations: automations(TWO) }, { keep: ['triggers'] })
    expect([action, writes, warnings]).toEqual(['unchanged', [], []])
  })
})

describe('service level agreements', () => {
  const SLA = 'sla: [{name: late, within: 600}]'

  it('are applied every time, last, and are no update by themselves', () => {
    const { action, changes, ...applied } = plan(SLA, {}, { isCloud: true })
    expect(action).toBe('unchanged')
    expect(changes).toEqual([{ path: 'sla', before: undefined, after: [{ name: 'late', within: 600 }] }])
    expect(requests({ action, changes, ...applied })).toEqual([{ phase: 'unpause', kind: 'apply-slas', bodies: [{ name: 'late', within: 600 }] }])
    expect(undos({ action, changes, ...applied })).toMatchObject([{ loses: 'slas' }])
  })

  it('come with a new deployment', () => {
    expect(requests(plan(SLA, undefined, { isCloud: true })).map(({ kind }) => kind)).toEqual(['create-deployment', 'apply-slas', 'update-deployment'])
  })
})
