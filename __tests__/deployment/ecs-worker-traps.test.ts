import { describe, expect, it } from '@jest/globals'
import { aConfig } from '../../__fixtures__/prefect-files/deployments.ts'
import { anEcsPool, RECORDED_CASES } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import type { RecordedCase } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import { containerTraps, runContainerOf } from '../../src/deployment/container-traps.ts'
import { judge } from '../../src/deployment/judged.ts'
import type { Judged } from '../../src/deployment/judged.ts'
import { secretTraps } from '../../src/deployment/secret-traps.ts'
import { refusals } from '../../src/deployment/worker-traps.ts'
import { resultOf } from '../../src/planned.ts'

const CASES = RECORDED_CASES.map((recorded) => ({ ...recorded, title: titleOf(recorded) }))

describe('the rules of the ECS worker, compared with the worker', () => {
  it('are recorded from cases of both kinds', () => {
    expect(CASES.filter(({ worker }) => worker.error !== undefined).length).toBeGreaterThan(30)
    expect(CASES.filter(({ worker }) => worker.error === undefined).length).toBeGreaterThan(60)
  })

  it.each(CASES.filter(({ worker }) => worker.error !== undefined))('refuse $title as the worker does', (recorded) => {
    expect(refusalsOf(recorded)).not.toEqual([])
  })

  it.each(CASES.filter(({ worker }) => worker.error === undefined))('take $title as the worker does', (recorded) => {
    expect(refusalsOf(recorded)).toEqual([])
  })

  it.each(CASES.filter(({ worker }) => worker.error === undefined))('give a run of $title what the worker gives it', (recorded) => {
    const judged = judgedCase(recorded)
    const { job } = judged
    const { name, isTold } = runContainerOf(judged)

    expect({
      container: name ?? 'prefect',
      sendsKey: isTold && job.setting('prefect_api_key_secret_arn') === undefined && job.environment.PREFECT_API_KEY !== null,
      cpu: sizeOf(judged, 'cpu'),
      memory: sizeOf(judged, 'memory'),
    }).toEqual(recorded.worker)
  })
})

function refusalsOf(recorded: RecordedCase): string[] {
  const judged = judgedCase(recorded)
  const problems = [...refusals(judged), ...containerTraps(judged), ...secretTraps(judged)]
  return problems.filter(({ code }) => code === 'worker-would-refuse').map(({ message }) => message)
}

/** The recorded revision is the release's own. */
function judgedCase({ settings, jobVariables, definition }: RecordedCase): Judged {
  const { task_definition_arn: arn, ...others } = jobVariables
  return judge(arn === undefined ? others : { ...others, task_definition_arn: resultOf('taskDefinition flows') }, {
    config: aConfig(),
    pool: anEcsPool(settings),
    taskDefinitions: definition === null ? [] : [{ family: 'flows', definition, container: 'prefect' }],
  })
}

function sizeOf({ job }: Judged, size: 'cpu' | 'memory'): string | null {
  const value = job.setting('task_run_request', 'overrides', size)?.value
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function titleOf({ settings, jobVariables: { task_definition_arn: arn, ...own }, definition }: RecordedCase): string {
  const parts = { pool: settings, ...own, ...(arn !== undefined && { definition }) }
  return JSON.stringify(parts).replace(/arn:[^"]*/g, 'arn')
}
