import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import type { Leaves } from '../../sandbox/aws/leaves.ts'
import { FROM_JSON } from '../../sandbox/aws/leaves.ts'
import { errorsOf, loadModel } from '../../sandbox/aws/models.ts'
import { convert } from '../../sandbox/aws/shapes.ts'
import { awsModels } from '../../sandbox/paths.ts'

type Example = { readonly input?: object; readonly output?: object }

/** The examples of AWS's documentation, which have dates as text. */
const EXAMPLES: Leaves = { ...FROM_JSON, timestamp: (value) => value }

describe("AWS's own models", () => {
  it.each([
    ['ecs', '2014-11-13'],
    ['ecr', '2015-09-21'],
  ])('accept the documented examples of %s', (service, version) => {
    const model = loadModel(awsModels(), service)
    const { examples } = JSON.parse(readFileSync(join(awsModels(), service, version, 'examples-1.json'), 'utf8')) as {
      examples: Record<string, Example[]>
    }

    const problems = Object.entries(examples).flatMap(([name, list]) =>
      list.flatMap(({ input }) => {
        const shape = model.operations[name]?.input
        return shape === undefined || input === undefined
          ? []
          : convert(input, { model, shape, leaves: EXAMPLES }).problems.map((problem) => ({ name, ...problem }))
      }),
    )

    expect(Object.keys(examples).length).toBeGreaterThan(5)
    expect(problems).toEqual([])
  })

  it('declare the codes of errors', () => {
    const model = loadModel(awsModels(), 'sts')
    const { AssumeRoleWithWebIdentity } = model.operations

    expect(AssumeRoleWithWebIdentity && errorsOf(model, AssumeRoleWithWebIdentity).get('InvalidIdentityToken')).toBe(400)
  })
})
