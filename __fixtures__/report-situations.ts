import type { PlanChange } from '../src/plan-value.ts'
import type { PlannedDeployment, PlannedTaskDefinition, ReleasePlan } from '../src/release-plan.ts'
import type { Report } from '../src/report/report.ts'
import { revisionArn } from './fake-task-definitions.ts'
import { aCopy, anOutcome, aPlannedDeployment, aPlannedTaskDefinition, aPlannedWorkPool, aReleasePlan, aReport, aScript, pageOf, TAG } from './plans.ts'
import { IMAGE, REPOSITORY } from './prefect-files/deployments.ts'

/** Text that tries to be everything that it must not be. */
export const HOSTILE = [
  'x` | <img src=x onerror=alert(1)> <!-- @octocat/team #123 GH-7 acme/flows#9 https://evil.example www.evil.example',
  '```', '~~~', '</code></summary></details>', '<script>alert(1)</script>', '# end', '> quote', '- item', '| a | b |', '| --- | --- |',
  '[a](https://evil.example) ![b](https://evil.example/x.png) **c** $$d$$ \\| \\` --> <!-- prefect-ecs-deploy {} -->',
  '<!-- prefect-ecs-deploy earlier -->', '\u202Ereversed\u2066 zero\u200Bwidth \u001B[31mred\u0007 \uD800 &lt;b&gt;', 'mail@evil.example',
].join('\n')

const building: ReleasePlan['image'] = { action: 'build', repository: REPOSITORY, tag: TAG, fingerprint: 'f'.repeat(64), reference: null, createsRepository: false, tags: [] }
const registering: PlannedTaskDefinition = {
  action: 'register', family: 'flows', container: 'prefect', arn: null, previousArn: revisionArn('flows', 7),
  changes: [
    { path: 'containerDefinitions.prefect.environment.DB_PASSWORD', before: { $sensitive: true }, after: { $sensitive: true } },
    { path: 'containerDefinitions.prefect.image', before: `${REPOSITORY}@sha256:old`, after: { $knownAfter: 'image' } },
    { path: 'cpu', before: '256', after: '512' },
  ],
}
const rolling: NonNullable<ReleasePlan['service']> = {
  action: 'roll', cluster: 'default', service: 'worker', from: revisionArn('flows', 7),
  reason: 'It runs flows:7 and goes to the new revision of flows', restartsWorker: true, changes: [],
}
const impact = { scheduledRuns: 3, lateRuns: 0, pendingRuns: [], lowerBound: false, overwrittenFields: 0, takeovers: 0 }
const repinning: PlanChange = {
  path: 'job_variables.task_definition_arn', before: revisionArn('flows', 7), after: { $knownAfter: 'taskDefinition flows' },
}
const nightly = {
  label: 'nightly', rule: '0 9 * * *', timezone: 'Europe/Berlin', active: true,
  next: ['2026-11-25T08:00:00.000Z', '2026-11-26T08:00:00.000Z', '2027-03-29T07:00:00.000Z'],
}
const creating = aPlannedDeployment({
  name: 'etl/hourly', id: null, action: 'create', url: null, schedules: [nightly],
  changes: [{ path: 'entrypoint', after: 'flows/etl.py:etl' }],
})
const updating = aPlannedDeployment({ action: 'update', schedules: [nightly], changes: [repinning] })
const released = anOutcome({
  image: { reference: IMAGE, digest: 'sha256:new', tag: TAG, built: true },
  revisions: { flows: revisionArn('flows', 8) }, serviceStatus: 'rolled',
})
const planned = anOutcome({ image: undefined, revisions: {}, serviceStatus: 'planned' })
const push = { ...aReport().run, event: 'push', pullRequest: undefined }

/** @param overrides of the plan that a pull request shows. */
function plan(overrides: Partial<ReleasePlan>, report: Partial<Report> = {}): Report {
  return aReport({ plan: aReleasePlan({ dryRun: true, ...overrides }), outcome: planned, ...report })
}

function release(overrides: Partial<ReleasePlan>, report: Partial<Report> = {}): Report {
  const phases = [{ title: 'Plan', milliseconds: 800 }, { title: 'Apply', milliseconds: 2400 }]
  return plan({ dryRun: false, ...overrides }, { outcome: released, run: push, phases, ...report })
}

const subnets = 'job_configuration.task_definition.networkConfiguration.awsvpcConfiguration.subnets'
const sharedPool = aPlannedWorkPool({
  action: 'update',
  changes: [
    { path: 'base_job_template.variables.properties.image.default', before: `${REPOSITORY}@sha256:old`, after: { $knownAfter: 'image' } },
    { path: `base_job_template.${subnets}`, before: ['subnet-1'], after: ['subnet-1', 'subnet-2'] },
  ],
  sharedWith: Array.from({ length: 12 }, (_, index) => `crm/sync-${index + 1}`),
})
const steps = [aScript(), aScript({ script: 'git rev-parse HEAD\nmake clean' }), aCopy(3), aCopy(0, { target: 's3://acme-assets/sql' })]
const stepOutput = { $knownAfter: 'step 1 stdout' }

const whole = { image: building, taskDefinitions: [registering], service: rolling, deployments: [updating, creating], impact }

export const SITUATIONS: Readonly<Record<string, Report>> = {
  'a first release': release({
    image: building, taskDefinitions: [{ ...registering, previousArn: null }], service: null, deployments: [creating],
  }),
  'several task definitions': plan({
    ...whole,
    taskDefinitions: [registering, aPlannedTaskDefinition({ family: 'reports', arn: revisionArn('reports', 3), previousArn: revisionArn('reports', 3) }), {
      ...registering, family: 'training', previousArn: null,
    }],
  }),
  'a plan without a change': plan({}),
  'service level agreements of a deployment without another change': plan({
    deployments: [aPlannedDeployment({ changes: [{ path: 'sla', after: [{ name: 'in time', severity: 'high', within: 600 }] }] })],
    impact: { ...impact, scheduledRuns: 0 },
  }),
  'only schedules': plan({
    deployments: [aPlannedDeployment({
      action: 'update',
      schedules: [nightly, { ...nightly, label: 'every 600 s', rule: 'every 600 s', timezone: 'UTC', active: false, next: [] }],
      changes: [
        { path: 'schedules.nightly.cron', before: '0 3 * * *', after: '0 9 * * *' },
        { path: 'schedules.weekly', before: { cron: '0 9 * * 1', parameters: { token: { $sensitive: true } } } },
        { path: 'schedules.every 600 s', after: { interval: 600 } },
      ],
    })],
    impact,
  }),
  'only the image': plan({
    image: building, taskDefinitions: [], service: null,
    deployments: [aPlannedDeployment({
      action: 'update',
      changes: [{ path: 'job_variables.image', before: `${REPOSITORY}@sha256:${'0'.repeat(64)}`, after: { $knownAfter: 'image' } }],
    })],
  }),
  '300 deployments': plan({ ...whole, deployments: manyDeployments(300) }),
  'hostile names and values': hostile(),
  'a fork': plan(
    {
      image: { ...building, action: 'unknown' }, taskDefinitions: [{ ...registering, action: 'unknown', previousArn: null }],
      service: null, impact: null,
      deployments: [{ ...creating, action: 'unknown', hash: '' }],
      omissions: [
        { what: 'the comparison with the Prefect server', reason: 'pull requests from forks get no secrets' },
        { what: 'the comparison with AWS', reason: 'this job may not ask for an OIDC token' },
      ],
    },
    { run: { ...aReport().run, pullRequest: { number: 7, isForeign: true } } },
  ),
  warnings: plan({
    warnings: [
      { code: 'unsupported-key', message: 'key_of_mine is ignored', hint: 'Remove it', file: 'prefect.yaml', line: 4 },
      { code: 'limit-shared', message: 'The limit is shared', hint: 'Change it in the UI' },
    ],
  }),
  'deployments on the server that the file has not': plan({
    deployments: [creating],
    unlisted: [
      { name: 'etl/every-hour', id: 'u1', url: pageOf('u1'), active: true, renamedTo: 'etl/hourly' },
      { name: 'etl/each-hour', id: 'u2', url: pageOf('u2'), active: false, renamedTo: 'etl/hourly' },
      { name: 'etl/manual', id: 'u3', url: pageOf('u3'), active: false, renamedTo: null },
    ],
  }),
  'a failure in the middle': release(whole, {
    outcome: {
      ...released, serviceStatus: undefined, deployments: [],
      failure: {
        message: 'The server refused etl/hourly: 422.\nDeployment etl/nightly was put back; Service worker was put back: flows:7 is live',
        advice: [{ code: 'prefect-request-failed', hint: 'Look at the server\'s log' }],
      },
    },
  }),
  'a failure before anything was written': release(whole, {
    outcome: { ...planned, serviceStatus: undefined, deployments: [], failure: { message: 'The plan is not the approved one', advice: [{ code: 'plan-changed' }] } },
  }),
  'a new repository and tags': plan({
    image: { ...building, createsRepository: true, tags: [{ tag: 'v1', action: 'create', from: null }] }, taskDefinitions: [], service: null, deployments: [creating],
  }),
  'tags that move': release({
    image: {
      ...building, tags: [
        { tag: 'v1', action: 'unchanged', from: `sha256:${'1'.repeat(64)}` }, { tag: 'v2', action: 'create', from: null },
        { tag: 'production', action: 'move', from: `sha256:${'0'.repeat(64)}` },
      ],
    },
  }),
  'a redeploy': release({
    image: { action: 'use', repository: REPOSITORY, tag: null, fingerprint: null, reference: IMAGE, createsRepository: false, tags: [] },
    deployments: [{ ...updating, changes: [{ ...repinning, before: revisionArn('flows', 6), after: revisionArn('flows', 7) }] }],
  }, { outcome: anOutcome() }),
  'a takeover': plan({
    deployments: [
      aPlannedDeployment({ action: 'update', takeover: true, changes: [{ path: 'tags', before: ['ui'], after: [], outside: true }] }),
      aPlannedDeployment({ name: 'etl/weekly', id: 'd3', action: 'update', takeover: true, changes: [repinning] }),
    ],
    impact: {
      ...impact, scheduledRuns: 1, lateRuns: 2, lowerBound: true, overwrittenFields: 1, takeovers: 2,
      pendingRuns: [{ id: 'r1', name: 'tidy-owl', deployment: 'etl/nightly' }],
    },
  }),
  'a release with deviations': release(whole, {
    deviations: ['deployment etl/nightly changes otherwise', 'deployment etl/weekly no longer changes'],
  }),
  'an older commit': plan(whole, { newerCommit: 'def5678'.repeat(5) }),
  'a work pool that is created': plan({
    workPools: [aPlannedWorkPool({
      action: 'create',
      changes: [{ path: 'type', after: 'ecs' }, { path: 'base_job_template.job_configuration', after: { image: '{{ image }}' } }],
    })],
    deployments: [creating],
  }),
  'a work pool that others use': plan({ image: building, workPools: [sharedPool, aPlannedWorkPool({ name: 'ecs-large' })] }),
  'a work pool that stays': plan({ workPools: [aPlannedWorkPool({ sharedWith: ['crm/sync'] })] }),
  'scripts and a copy to S3': plan({
    steps,
    deployments: [aPlannedDeployment({
      action: 'update',
      changes: [
        { path: 'job_variables.env.REVISION', before: 'abc1234', after: stepOutput },
        { path: 'description', before: 'Loads.', after: { ...stepOutput, text: 'Built from {step 1 stdout}.' } },
        { path: 'tags', after: ['daily', { $knownAfter: 'step 2 stderr' }] },
      ],
    })],
  }),
  'a release with scripts, a copy and a work pool': release({ steps, workPools: [sharedPool] }),
  'a release in which all files are in S3': release({ steps: [aCopy(0)] }, { outcome: anOutcome() }),
  'a failure after scripts and a copy': release({ ...whole, steps, workPools: [sharedPool] }, {
    outcome: { ...released, steps, serviceStatus: undefined, deployments: [], failure: { message: 'The server refused etl/hourly: 422.', advice: [] } },
  }),
  triggers: plan({
    deployments: [aPlannedDeployment({
      action: 'update',
      changes: [
        { path: 'triggers.orders-arrived', after: { type: 'event', expect: ['orders.arrived'], threshold: 1, within: 0 } },
        { path: 'triggers.late-data.enabled', before: true, after: false },
        { path: 'triggers.late-data.trigger.within', before: 0, after: 600 },
        { path: 'triggers.retired', before: { type: 'event', expect: ['retired'] } },
      ],
    })],
  }),
  'no task definition, no deployments': plan(
    { taskDefinitions: [], service: null, deployments: [] }, { run: { ...push, runUrl: undefined } },
  ),
}

/** A report with hostile text in every place that takes one. */
export function hostile(text = HOSTILE): Report {
  const schedule = { label: text, rule: text, timezone: text, active: true, next: ['2026-11-25T08:00:00.000Z'] }
  const changes = [
    { path: text, before: text, after: { [text]: text } }, { path: text, after: text },
    { path: text, before: text, outside: true as const },
  ]
  return plan(
    {
      name: text,
      image: { ...building, repository: text, tag: text },
      taskDefinitions: [{ ...registering, family: text, previousArn: text, changes }],
      service: { ...rolling, cluster: text, service: text, reason: text, changes },
      steps: [aScript({ step: text, script: text, deployments: [text] }), aScript({ step: text, script: null }), aCopy(3, { target: text })],
      workPools: [
        aPlannedWorkPool({ name: text, action: 'create', changes, sharedWith: [text] }),
        aPlannedWorkPool({ name: `${text}2`, action: 'update', changes, sharedWith: [text, text] }),
      ],
      deployments: [
        aPlannedDeployment({
          name: text, action: 'update', takeover: true, url: `https://prefect.example/${text}`, schedules: [schedule], changes,
        }),
        ...[1, 2, 3].map((index) => ({ ...creating, name: `${text}${index}`, url: text, changes: changes.slice(1, 2) })),
        aPlannedDeployment({ name: `${text}4`, url: text, schedules: [schedule] }),
        aPlannedDeployment({ name: `${text}5`, action: 'unknown', hash: '' }),
      ],
      unlisted: [{ name: text, id: text, url: text, active: true, renamedTo: text }],
      impact: { ...impact, overwrittenFields: 1, takeovers: 1, pendingRuns: [{ id: text, name: text, deployment: text }] },
      omissions: [{ what: text, reason: text }],
      warnings: [{ code: 'unsupported-key', message: text, hint: text, file: text, line: 1 }],
    },
    {
      outcome: { ...planned, steps: [aScript({ script: text })], failure: { message: text, advice: [{ code: 'step-failed', hint: text }] } }, deviations: [text], newerCommit: text, phases: [{ title: text, milliseconds: 5 }],
      run: { ...aReport().run, commit: text, runUrl: `https://github.com/acme/(${text})` },
    },
  )
}

/** One in ten is created or changed in a way of its own, half change alike, the rest does not change. */
export function manyDeployments(count: number): PlannedDeployment[] {
  return Array.from({ length: count }, (_, index) => {
    const place = { name: `flow-${index % 40}/deployment-${index}`, id: `d${index}`, url: pageOf(`d${index}`), schedules: [nightly] }
    if (index % 10 === 0) return { ...creating, ...place, changes: [{ path: 'entrypoint', after: `flows/${index}.py:flow` }] }
    return index % 2 === 0 ? aPlannedDeployment(place) : aPlannedDeployment({ ...place, action: 'update', changes: [repinning] })
  })
}
