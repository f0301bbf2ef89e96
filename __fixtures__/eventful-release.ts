import { planDeployment } from '../src/deployment/plan.ts'
import type { DeploymentPlan } from '../src/deployment/plan.ts'
import type { DesiredDeployment } from '../src/deployment/desired-deployment.ts'
import { aDesired, aDesiredSchedule, aLive, aScheduleOf } from './desired-deployment.ts'
import { createFakeClock } from './fake-clock.ts'
import { createFakeLog } from './fake-log.ts'
import { createFakeWorkspace } from './fake-workspace.ts'
import type { FakeWorkspace } from './fake-workspace.ts'

/** An automation of the file. */
const trigger = (name: string) => ({
  name,
  body: {
    name, description: '', enabled: true, tags: [], trigger: { type: 'event' }, actions: [{ type: 'run-deployment' }], actions_on_trigger: [], actions_on_resolve: [],
  },
  location: { file: 'prefect.yaml' },
})

/** A release that has something of everything: new deployments, changed, unpaused and paused ones, schedules, triggers, a limit. */
export const WANTED: readonly DesiredDeployment[] = [
  aDesired({ name: 'new', schedules: [aDesiredSchedule('daily', '* * * * *')], triggers: [trigger('on-file')] }),
  aDesired({ name: 'new-active', paused: false, fields: { tags: [] } }),
  aDesired({ name: 'new-paused', paused: true, schedules: [aDesiredSchedule(undefined, '* * * * *')] }),
  aDesired({
    name: 'changed', fields: { tags: ['other'], parameters: { day: 'monday' } },
    schedules: [aDesiredSchedule('kept', '*/5 * * * *'), aDesiredSchedule('added', '* * * * *')], triggers: [trigger('added')],
  }),
  aDesired({ name: 'resumed', paused: false, schedules: [aDesiredSchedule('kept', '* * * * *')] }),
  aDesired({ name: 'stopped', paused: true }),
  aDesired({ name: 'by-hand', fields: { description: 'changed' }, schedules: [aDesiredSchedule('kept', '* * * * *')] }),
]

/** A workspace before that release, and all else that is needed to apply it. */
export function setUpEventful() {
  const clock = createFakeClock()
  const schedules = [aScheduleOf('kept', '* * * * *')]
  const workspace = createFakeWorkspace({
    clock,
    workPools: [{ name: 'ecs', type: 'ecs', paused: false, status: null, baseJobTemplate: {} }],
    deployments: [
      aLive({ id: 'd1', name: 'changed', schedules: [...schedules, aScheduleOf('removed', '* * * * *')], concurrencyLimit: { name: 'deployment:d1', limit: 2 } }),
      aLive({ id: 'd2', name: 'resumed', paused: true, schedules }),
      aLive({ id: 'd3', name: 'stopped', schedules }),
      aLive({ id: 'd4', name: 'by-hand', paused: true, schedules }),
    ],
  })
  return { workspace, survey: workspace.survey, clock, log: createFakeLog(), results: {} }
}

export async function plansOf(workspace: FakeWorkspace): Promise<DeploymentPlan[]> {
  const { deployments } = await workspace.read({ deploymentNames: WANTED.map(({ name }) => name), workPools: [] })
  return WANTED.map((desired) => planDeployment(desired, deployments.find(({ name }) => name === desired.name), {}))
}

/** What people see of the deployments: neither ids nor dates of writes. */
export function stateOf({ deployments, automations }: FakeWorkspace) {
  const names = new Map(deployments.map(({ id, name }) => [id, name]))
  return {
    deployments: deployments.map(({ name, paused, fields, schedules, concurrencyLimit }) => ({
      name, paused, fields, limit: concurrencyLimit?.limit ?? null,
      schedules: schedules.map(({ slug, active, schedule, parameters }) => ({ slug, active, schedule, parameters })).sort((a, b) => String(a.slug).localeCompare(String(b.slug))),
    })).sort((a, b) => a.name.localeCompare(b.name)),
    automations: automations.map(({ name, deployment }) => `${names.get(deployment) ?? '?'} ${name}`).sort(),
  }
}
