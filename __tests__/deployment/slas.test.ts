import { describe, expect, it } from '@jest/globals'
import { desired, errorOf, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import type { JsonObject } from '../../src/planned.ts'

type Recorded = { readonly yaml: string; readonly error?: string; readonly sent?: JsonObject }

const RECORDED = JSON.parse(readFixture('slas.json')) as readonly Recorded[]
/** Prefect picks one of several measures without a word; a deadline in the past has no meaning. */
const REFUSED = [
  '{name: both, duration: 60, within: 60}', '{name: all, duration: 60, within: 60, stale_after: 60}', '{name: two, within: 60, stale_after: 60}',
  '{name: late, within: -5}',
]
const slasOf = (yaml: string, isCloud: boolean | undefined) => desired(`sla: ${yaml}`, { isCloud }).slas

describe('a service level agreement, as Prefect 3.8.8 reads it', () => {
  it.each(RECORDED.filter(({ yaml, sent }) => sent !== undefined && !REFUSED.includes(yaml)))('is sent as Prefect does: $yaml', ({ yaml, sent }) => {
    const [sla] = slasOf(`[${yaml}]`, true) ?? []
    expect({ ...sla, owner_resource: sent?.owner_resource }).toEqual(sent)
  })

  it.each([...RECORDED.filter(({ error }) => error !== undefined).map(({ yaml }) => yaml), ...REFUSED])('is refused: %s', (yaml) => {
    expect(errorOf(() => slasOf(`[${yaml}]`, true)).code).toBe('prefect-file-invalid')
  })
})

describe('service level agreements of a deployment', () => {
  it('are left alone without the key', () => {
    expect(desired('', { isCloud: true }).slas).toBeUndefined()
  })

  it('are all removed by an empty list', () => {
    expect(slasOf('[]', true)).toEqual([])
  })

  it('are an error on a self-hosted server, at their line', () => {
    const error = errorOf(() => slasOf('[{name: a, duration: 60}]', false))
    expect([error.code, error.location?.line]).toEqual(['prefect-file-invalid', 6])
    expect(error.message).toContain('only Prefect Cloud')
  })

  it('are nothing on a self-hosted server when the list is empty', () => {
    expect(slasOf('[]', false)).toBeUndefined()
  })

  it('are read where the workspace is not known', () => {
    expect(slasOf('[{name: a, duration: 60}]', undefined)).toEqual([{ name: 'a', duration: 60 }])
  })
})
