import type { PlanChange } from '../src/plan-value.ts'
import type { Outcome, PlannedDeployment, ReleasePlan } from '../src/release-plan.ts'
import type { Report } from '../src/report/report.ts'
import { pageOf } from './plans.ts'

const REPOSITORY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/flows'
const FINGERPRINT = '4be81d0f7c2a9365'.repeat(4)
const TAG = `tree-${FINGERPRINT.slice(0, 40)}`
const REVISIONS = 'arn:aws:ecs:eu-central-1:123456789012:task-definition'

/** A pull request of a team with 120 deployments: new code, a new deployment, a renamed one and changed schedules. */
export function exampleReport(): Report {
  return {
    plan: { ...examplePlan(), dryRun: true },
    outcome: outcomeOf({ image: undefined, revisions: {}, serviceStatus: 'planned' }),
    run: {
      event: 'pull_request', commit: 'e1c94b70f2d1a5b8c3d6e7f8091a2b3c4d5e6f70', base: '5a0c3d2',
      pullRequest: { number: 42, isForeign: false },
      runUrl: 'https://github.com/acme/flows/actions/runs/9876543210', repository: 'acme/flows',
    },
    phases: [
      { title: 'Read the project', milliseconds: 140 }, { title: 'Build the image', milliseconds: 24_300 },
      { title: 'Read the flows in the image', milliseconds: 1800 }, { title: 'Read the live state', milliseconds: 620 },
      { title: 'Plan', milliseconds: 90 },
    ],
    at: new Date('2026-11-24T15:00:00Z'),
    deviations: [],
  }
}

/** The same release on the main branch. */
export function exampleRelease(): Report {
  const report = exampleReport()
  const reference = `${REPOSITORY}@sha256:${'3fb1c07a5d29e846'.repeat(4)}`
  return {
    ...report,
    plan: examplePlan(),
    outcome: outcomeOf({
      image: { reference, digest: reference.slice(reference.indexOf('@') + 1), tag: TAG, built: true },
      revisions: { flows: `${REVISIONS}/flows:8` }, serviceStatus: 'rolled',
    }),
    run: { ...report.run, event: 'push', pullRequest: undefined, runUrl: 'https://github.com/acme/flows/actions/runs/9876549999' },
    phases: [...report.phases, { title: 'Apply', milliseconds: 41_200 }],
    at: new Date('2026-11-24T16:20:00Z'),
  }
}

function outcomeOf(made: Pick<Outcome, 'image' | 'revisions' | 'serviceStatus'>): Outcome {
  return { ...made, deployments: deployments().map(({ name, id, action, url }) => ({ name, id, action, url })), failure: undefined }
}

function examplePlan(): ReleasePlan {
  return {
    version: 1, rollback: null, dryRun: false, name: 'production', hash: '9c1f6ad20b83e7453ad80c91b7f2e6405e2b7c81d94f03a66f0d92c4e8b1357a',
    image: { action: 'build', repository: REPOSITORY, tag: TAG, fingerprint: FINGERPRINT, reference: null, createsRepository: false, tags: [] },
    taskDefinitions: [{
      action: 'register', family: 'flows', container: 'prefect', arn: null, previousArn: `${REVISIONS}/flows:7`,
      changes: [
        {
          path: 'containerDefinitions.prefect.image',
          before: `${REPOSITORY}@sha256:${'77e0d41c9ab35f28'.repeat(4)}`, after: { $knownAfter: 'image' },
        },
        { path: 'containerDefinitions.prefect.environment.DB_PASSWORD', before: { $sensitive: true }, after: { $sensitive: true } },
        { path: 'memory', before: '2048', after: '4096' },
      ],
    }],
    service: {
      action: 'roll', cluster: 'prefect', service: 'worker', from: `${REVISIONS}/flows:7`, restartsWorker: true, changes: [],
      reason: 'It runs flows:7 and goes to the new revision of flows',
    },
    steps: [],
    workPools: [],
    deployments: deployments(),
    unlisted: [
      { name: 'sales/nightly-load', id: 'u1', url: pageOf('u1'), active: true, renamedTo: 'sales/nightly' },
      { name: 'sales/backfill-2024', id: 'u2', url: pageOf('u2'), active: false, renamedTo: null },
    ],
    impact: {
      scheduledRuns: 36, lateRuns: 2, lowerBound: false, overwrittenFields: 1, takeovers: 0,
      pendingRuns: [{ id: 'r1', name: 'tidy-owl', deployment: 'billing/hourly' }],
    },
    omissions: [],
    warnings: [{
      code: 'schedule-without-timezone', file: 'prefect.yaml', line: 31,
      message: 'schedule "hourly" of deployment "billing/hourly" without timezone: it runs by UTC, all year',
      hint: 'Write the timezone it is meant in, for example Europe/Berlin, or UTC.',
    }],
  }
}

const repinned: PlanChange = {
  path: 'job_variables.task_definition_arn', before: `${REVISIONS}/flows:7`, after: { $knownAfter: 'taskDefinition flows' },
}

function deployments(): PlannedDeployment[] {
  return [
    {
  name: 'sales/nightly', id: null, action: 'create', url: null, hash: 'c0a8f3d1e2b49576', takeover: false,
      changes: [
        { path: 'entrypoint', after: 'flows/sales.py:sales' }, { path: 'parameters.region', after: 'emea' },
        { path: 'job_variables.task_definition_arn', after: { $knownAfter: 'taskDefinition flows' } },
        { path: 'schedules.nightly', after: { cron: '0 3 * * *', timezone: 'Europe/Berlin' } },
      ],
      schedules: [daily('nightly', '0 3 * * *', '02')],
    },
    {
      ...updated('billing/hourly', '5e0d9b6c7a1f2348'),
      changes: [repinned, { path: 'tags', before: ['billing', 'ui-test'], after: ['billing', 'finance'], outside: true }],
    },
    {
      ...updated('reports/weekly', '19f7c4a05b2d8e63'),
      changes: [
        repinned, { path: 'schedules.weekly.cron', before: '0 6 * * 1', after: '0 7 * * 1' },
        { path: 'description', before: 'Old report.' },
      ],
      schedules: [{
        label: 'weekly', rule: '0 7 * * 1', timezone: 'America/New_York', active: true,
        next: ['2026-11-30T12:00:00.000Z', '2026-12-07T12:00:00.000Z', '2026-12-14T12:00:00.000Z'],
      }],
    },
    ...['crm/contacts', 'crm/deals', 'crm/tickets', 'web/sessions', 'web/events'].map((name) => ({
      ...updated(name, '84b6e1f07c3a92d5'), changes: [repinned], schedules: [daily('daily', '30 5 * * *', '04:30')],
    })),
    ...Array.from({ length: 112 }, (_, index): PlannedDeployment => ({
      ...updated(`archive/table-${String(index + 1).padStart(3, '0')}`, ''), action: 'unchanged', changes: [], schedules: [],
    })),
  ]
}

function updated(name: string, hash: string): PlannedDeployment {
  return { name, id: name, action: 'update', url: pageOf(encodeURIComponent(name)), hash, takeover: false, changes: [], schedules: [] }
}

/** @param hour of the runs in UTC, with its minutes unless they are none. */
function daily(label: string, rule: string, hour: string): PlannedDeployment['schedules'][number] {
  const next = [25, 26, 27].map((day) => `2026-11-${day}T${hour.padEnd(5, ':00')}:00.000Z`)
  return { label, rule, timezone: 'Europe/Berlin', active: true, next }
}
