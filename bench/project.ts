import { stringify } from 'yaml'
import { workPool, workQueues } from '../sandbox/scene.ts'

const FLOWS = ['flows/orders.py:import_orders', 'flows/report.py:report', 'flows/retention.py:retention']

/** What all deployments say of themselves; another text is a change of all of them. */
export type Description = 'Every morning.' | 'Each morning.'

/**
 * A `prefect.yaml` for both: as many deployments of the sample project's flows, every second on a schedule, with
 * parameters, tags and job variables, as a project has them.
 */
export function prefectFile(count: number, description: Description): string {
  const deployments = Array.from({ length: count }, (_, index) => ({
    name: `job-${String(index).padStart(4, '0')}`,
    entrypoint: FLOWS[index % FLOWS.length],
    description,
    tags: ['bench', `team-${index % 7}`],
    ...(index % 3 === 0 && { parameters: { shops: ['berlin', 'hamburg'], limit: 10 + index } }),
    ...(index % 2 === 0 && { schedules: [{ cron: `${index % 60} 3 * * *`, timezone: 'Europe/Berlin', slug: 'nightly' }] }),
    work_pool: { name: workPool, work_queue_name: workQueues[0], job_variables: { env: { SHOP_STAGE: 'production' } } },
  }))
  return stringify({ pull: [{ 'prefect.deployments.steps.set_working_directory': { directory: '/opt/flows' } }], deployments })
}
