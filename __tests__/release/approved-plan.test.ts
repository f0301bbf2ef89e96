import { describe, expect, it } from '@jest/globals'
import { createFakeLog } from '../../__fixtures__/fake-log.ts'
import { createFakePullRequests } from '../../__fixtures__/fake-pull-requests.ts'
import { aPlannedDeployment } from '../../__fixtures__/plans.ts'
import { aProject } from '../../__fixtures__/project.ts'
import { deviationsFrom, readApprovedPlan, requireApproved } from '../../src/release/approved-plan.ts'
import type { Approved } from '../../src/release/approved-plan.ts'
import { DeployError } from '../../src/errors.ts'
import { formatRecord } from '../../src/report/plan-record.ts'
import type { PlanRecord } from '../../src/report/plan-record.ts'

const MERGE = 'c'.repeat(40)
const UNNAMED = 'the deployments, the steps of the Prefect file or the work pools change otherwise'
const [ONE, TWO] = ['1'.repeat(16), '2'.repeat(16)]

/** A plan's hash of one digit for each layer, repeated: `aaaa` and `aaab` differ in the deployments. */
function hash(layers: string): string {
  return layers.replace(/./g, (digit) => digit.repeat(16))
}

function aPlan(layers: string, deployments: Readonly<Record<string, string>> = {}) {
  return { hash: hash(layers), deployments: Object.entries(deployments).map(([name, digits]) => aPlannedDeployment({ name, hash: digits })) }
}

describe('deviations from an approved plan', () => {
  it.each([
    ['nothing of it', 'abcd', []],
    ['the image', 'fbcd', ['the image is another one (made of other files, arguments or base), or its repository or tags change otherwise']],
    ['the task definition', 'afcd', ['the task definition changes otherwise']],
    ['the service', 'abfd', ['the worker service changes otherwise']],
    ['the deployments, steps or pools', 'abcf', [UNNAMED]],
    ['two layers', 'affd', ['the task definition changes otherwise', 'the worker service changes otherwise']],
  ])('say that %s no longer holds', (_, layers, words) => {
    expect(deviationsFrom({ hash: hash('abcd') }, aPlan(layers))).toEqual(words)
  })

  it('name the deployments', () => {
    const approved: Approved = { hash: hash('abcd'), deployments: { 'etl/same': ONE, 'etl/other': ONE, 'etl/undone': ONE, 'etl/gone': ONE } }
    const plan = aPlan('abcf', { 'etl/new': ONE, 'etl/same': ONE, 'etl/other': TWO, 'etl/undone': '' })

    expect(deviationsFrom(approved, plan)).toEqual([
      'the deployment etl/other changes otherwise',
      'the deployment etl/undone no longer changes',
      'the deployment etl/gone no longer changes',
      'the deployment etl/new is to change, which was not planned',
    ])
  })

  it('do not go through deployments when their layer is the same', () => {
    expect(deviationsFrom({ hash: hash('abcd'), deployments: { 'etl/nightly': ONE } }, aPlan('abcd'))).toEqual([])
  })

  it('are in the steps or the work pools where no single deployment is another one', () => {
    const approved: Approved = { hash: hash('abcd'), deployments: { 'etl/nightly': ONE } }

    expect(deviationsFrom(approved, aPlan('abcf', { 'etl/nightly': ONE }))).toEqual([
      'the steps of the Prefect file or the work pools change otherwise, and every deployment as planned',
    ])
  })
})

describe('expect-plan-hash', () => {
  const refusal = (...parameters: Parameters<typeof requireApproved>) => {
    try {
      requireApproved(...parameters)
      return undefined
    } catch (error) {
      return error
    }
  }

  it('lets this very plan pass', () => {
    expect(refusal(hash('abcd'), aPlan('abcd'))).toBeUndefined()
  })

  it('stops another one, and says where it differs and which hash it has', () => {
    const error = refusal(hash('abcd'), aPlan('fbcf', { 'etl/nightly': TWO }))

    expect(error).toBeInstanceOf(DeployError)
    expect(error).toMatchObject({
      code: 'plan-changed',
      message: 'The plan is not the one that was approved: the image is another one (made of other files, arguments or base), or its repository or tags change otherwise; ' +
        UNNAMED,
      hint: expect.stringContaining(hash('fbcf')),
    })
  })

  it('names the deployments when the expected plan is the one that the pull request showed', () => {
    const shown: Approved = { hash: hash('abcd'), deployments: { 'etl/nightly': ONE } }

    expect(refusal(hash('abcd'), aPlan('abcf', { 'etl/nightly': TWO }), shown)).toMatchObject({
      message: expect.stringMatching(/: the deployment etl\/nightly changes otherwise$/),
    })
  })

  it('does not take another plan\'s deployments for the expected ones', () => {
    const shown: Approved = { hash: hash('abce'), deployments: { 'etl/nightly': ONE } }

    expect(refusal(hash('abcd'), aPlan('abcf', { 'etl/nightly': TWO }), shown)).toMatchObject({
      message: expect.stringMatching(new RegExp(`: ${UNNAMED}$`)),
    })
  })
})

describe('the approved plan of a release', () => {
  const record: PlanRecord = {
    name: 'default', commit: 'a'.repeat(40), hash: hash('abcd'), content: '0'.repeat(64), state: 'planned', deployments: { 'etl/nightly': ONE },
  }

  function setUp(kept: PlanRecord = record, comment = true) {
    const project = aProject()
    const github = createFakePullRequests()
    github.merges.set(MERGE, 3)
    github.kept.push({ id: 1, pullRequest: 3, url: '', body: `${formatRecord(kept)}\n\nplan` })
    const log = createFakeLog()
    const inputs = { ...project.inputs(), comment, dryRun: false }
    const { pullRequests, comments } = github
    const context = { inputs: { ...inputs, run: { ...inputs.run, commit: MERGE } }, ports: { ...project.ports, pullRequests, comments }, log, masked: [] }
    return { github, log, context }
  }

  it('is what the comment of the merged pull request tells', async () => {
    expect(await readApprovedPlan(setUp().context)).toEqual(record)
  })

  it.each<[string, Partial<PlanRecord>]>([
    ['was released already', { state: 'applied' }],
    ['failed', { state: 'failed' }],
    ['is of another name', { name: 'staging' }],
  ])('is none when it %s', async (_, overrides) => {
    expect(await readApprovedPlan(setUp({ ...record, ...overrides }).context)).toBeUndefined()
  })

  it('is none without a pull request', async () => {
    const { context, github } = setUp()
    github.merges.clear()

    expect(await readApprovedPlan(context)).toBeUndefined()
  })

  it('is not asked for with the comment off', async () => {
    const { context, github } = setUp(record, false)

    expect(await readApprovedPlan(context)).toBeUndefined()
    expect(github.calls).toEqual([])
  })

  it('is no reason not to release when GitHub refuses it', async () => {
    const { context, github, log } = setUp()
    github.failure = new Error('GitHub answered 502')

    expect(await readApprovedPlan(context)).toBeUndefined()
    expect(log.lines).toEqual(['debug: The plan on the pull request was not read: GitHub answered 502'])
  })

  it('does not keep a cancelled run going', async () => {
    const { context, github } = setUp()
    github.failure = new DeployError('cancelled', 'The run was cancelled')

    await expect(readApprovedPlan(context)).rejects.toMatchObject({ code: 'cancelled' })
  })
})
