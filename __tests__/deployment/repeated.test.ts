import { describe, expect, it } from '@jest/globals'
import { desired } from '../../__fixtures__/prefect-files/deployments.ts'
import { repeatedDeployments } from '../../src/deployment/repeated.ts'

describe('deployments of one file', () => {
  const at = (line: number, flowName: string, name: string) => ({ ...desired(), flowName, name, location: { file: 'prefect.yaml', line } })

  it('may share the name of the flow, or their own', () => {
    expect(repeatedDeployments([at(2, 'etl', 'prod'), at(5, 'etl', 'test'), at(8, 'report', 'prod')])).toEqual([])
  })

  it('may not share both: each that does is a problem at its line that names the first', () => {
    const repeated = repeatedDeployments([at(2, 'etl', 'prod'), at(5, 'etl', 'prod'), at(8, 'etl', 'prod')])

    expect(repeated).toMatchObject([5, 8].map((line) => ({
      code: 'prefect-file-invalid',
      message: `the deployments at prefect.yaml:2 and prefect.yaml:${line} would both be "etl/prod"`,
      location: { file: 'prefect.yaml', line },
    })))
  })
})
