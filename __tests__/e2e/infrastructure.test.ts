import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { connectSandbox } from '../../sandbox/connect.ts'
import type { Sandbox } from '../../sandbox/connect.ts'
import { checkInfrastructure } from '../../sandbox/infrastructure/check.ts'
import type { Checked } from '../../sandbox/infrastructure/check.ts'

jest.setTimeout(600_000)

let sandbox: Sandbox
let checked: Checked

beforeAll(async () => {
  sandbox = connectSandbox()
  checked = await checkInfrastructure(sandbox)
})

afterAll(() => sandbox.reset())

describe('the templates of examples/infrastructure', () => {
  it('are created, one after the other, with outputs of those before', () => {
    expect(checked).toMatchObject({ stacks: 4, created: 4 })
  })

  it('have no finding of cfn-lint and checkov, and make what they promise', () => {
    expect(checked.findings).toEqual([])
  })

  it('are all that a plan and a release need', () => {
    expect(checked.problems).toEqual([])
  })
})
