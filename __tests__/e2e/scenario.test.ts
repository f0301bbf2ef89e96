import { join } from 'node:path'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { run } from '../../sandbox/command.ts'
import { node, root } from '../../sandbox/paths.ts'
import type { Report } from '../../sandbox/scenario.ts'

jest.setTimeout(600_000)

const DEPLOYMENTS = 7

const SERVERS = [
  ['a self-hosted server', []],
  ['a server with Basic authentication and CSRF protection', ['--auth']],
  ['the shape of Prefect Cloud', ['--cloud']],
] as const

describe.each(SERVERS)('npm run demo on %s', (_, options) => {
  let report: Report

  beforeAll(async () => {
    const output = await run([node, join(root, 'sandbox/demo.ts'), ...options, '--json'])
    report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Report
  })

  it('is planned on a pull request without a write anywhere', () => {
    expect(report.plan).toMatchObject({ created: DEPLOYMENTS, writes: 0 })
  })

  it('is created whole by the first release, and pinned to one digest', () => {
    expect(report.first).toMatchObject({ created: DEPLOYMENTS, updated: 0, unchanged: 0 })
    expect(report.first.image).toMatch(/\/flows@sha256:[0-9a-f]{64}$/)
    expect(report.first.taskDefinition).toMatch(/:task-definition\/flows:1$/)
  })

  it('is left alone by a release without a change: no write, no build, no container, at most six Prefect requests', () => {
    expect(report.noop).toMatchObject({ created: 0, updated: 0, unchanged: DEPLOYMENTS, writes: 0, builds: 0, containers: 0 })
    expect(report.noop.prefectRequests).toBeLessThanOrEqual(6)
  })

  it('gets the next revision when a flow changes', () => {
    expect(report.changed).toMatchObject({ created: 0, updated: DEPLOYMENTS, unchanged: 0 })
    expect(report.changed.image).not.toBe(report.first.image)
    expect(report.changed.taskDefinition).toMatch(/:task-definition\/flows:2$/)
  })

  it('is run by a real Prefect ECS worker from the pushed image, next to a sidecar', () => {
    expect(report).toMatchObject({ flowRun: 'COMPLETED', containers: ['prefect', 'sidecar'] })
  })

  it('has no run of the deployment that was paused in the UI', () => {
    expect(report.runsOfPaused).toBe(0)
  })
})
