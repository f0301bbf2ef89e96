import { beforeAll, afterAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import { playScenario } from '../../sandbox/scenario.ts'
import type { Report, ScenarioOptions } from '../../sandbox/scenario.ts'
import { startStack } from '../../sandbox/stack.ts'
import type { Endpoints, Stack, StackOptions } from '../../sandbox/stack.ts'

jest.setTimeout(600_000)

const DEPLOYMENTS = 7

type Variant = { readonly server: string; readonly options: StackOptions; readonly step: (endpoints: Endpoints) => ScenarioOptions }

const VARIANTS: readonly Variant[] = [
  { server: 'a self-hosted server', options: {}, step: () => ({}) },
  { server: 'a server with Basic authentication and CSRF protection', options: { authString: 'admin:a-password-of-the-server', csrf: true }, step: () => ({}) },
  {
    server: 'the shape of Prefect Cloud', options: {},
    step: ({ cloud }) => ({ inputs: { 'prefect-api-url': cloud.apiUrl, 'prefect-api-key': cloud.apiKey }, secrets: [cloud.apiKey] }),
  },
]

describe.each(VARIANTS)('the sample project on $server', ({ options, step }) => {
  let stack: Stack
  let report: Report

  beforeAll(async () => {
    stack = await startStack(options)
    report = await playScenario(connectSandbox(stack.endpoints), step(stack.endpoints))
  })
  afterAll(() => stack.stop())

  it('is planned on a pull request without a write anywhere', () => {
    expect(report.plan).toMatchObject({ created: DEPLOYMENTS, writes: 0 })
  })

  it('is created whole by the first release, and pinned to one digest', () => {
    expect(report.first).toMatchObject({ created: DEPLOYMENTS, updated: 0, unchanged: 0 })
    expect(report.first.image).toMatch(/\/flows@sha256:[0-9a-f]{64}$/)
    expect(report.first.taskDefinition).toMatch(/:task-definition\/flows:1$/)
  })

  it('is left alone by a release without a change: no write, no build, no container, at most 6 Prefect requests', () => {
    expect(report.noop).toMatchObject({ created: 0, updated: 0, unchanged: DEPLOYMENTS, writes: 0, builds: 0, containers: 0 })
    expect(report.noop.prefectRequests).toBeLessThanOrEqual(6)
  })

  it('gets the next revision when a flow changes', () => {
    expect(report.changed).toMatchObject({ created: 0, updated: DEPLOYMENTS, unchanged: 0 })
    expect(report.changed.image).not.toBe(report.first.image)
    expect(report.changed.taskDefinition).toMatch(/:task-definition\/flows:2$/)
  })

  it('is run by a real Prefect ECS worker from the pushed image, next to a sidecar', () => {
    expect(report.flowRun).toBe('COMPLETED')
  })

  it('has no run of the deployment that was paused in the UI', () => {
    expect(report.runsOfPaused).toBe(0)
  })
})
