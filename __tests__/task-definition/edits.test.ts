import { describe, expect, it } from '@jest/globals'
import { aTaskDefinition } from '../../__fixtures__/fake-task-definitions.ts'
import { editDefinition } from '../../src/task-definition/edits.ts'
import type { DefinitionEdits } from '../../src/task-definition/edits.ts'

const CONTAINER = {
  name: 'prefect',
  image: 'flows',
  environment: [{ name: 'LEVEL', value: 'INFO' }, { name: 'OLD', value: '1' }, { name: 'PLAIN', value: 'x' }],
  secrets: [{ name: 'KEY', valueFrom: '/flows/key' }],
}
const SIDECAR = { name: 'sidecar', image: 'proxy', environment: [{ name: 'LEVEL', value: 'INFO' }] }
const DEFINITION = aTaskDefinition({ containerDefinitions: [CONTAINER, SIDECAR], tags: [{ key: 'team', value: 'data' }] })

const edit = (edits: Partial<DefinitionEdits>, definition = DEFINITION) =>
  editDefinition(definition, 'prefect', { environment: [], secrets: [], tags: [], ...edits })

describe('the edits of a task definition', () => {
  it('set, add and remove variables by name, each at its place', () => {
    const environment = [{ name: 'LEVEL', value: 'DEBUG' }, { name: 'EMPTY', value: '' }, { name: 'OLD', value: undefined }]

    expect(edit({ environment }).containerDefinitions).toEqual([
      { ...CONTAINER, environment: [{ name: 'LEVEL', value: 'DEBUG' }, { name: 'PLAIN', value: 'x' }, { name: 'EMPTY', value: '' }] },
      SIDECAR,
    ])
  })

  it('set, add and remove secrets by name', () => {
    const secrets = [{ name: 'KEY', value: undefined }, { name: 'TOKEN', value: 'arn:aws:ssm:x' }]

    expect(edit({ secrets }).containerDefinitions[0]).toEqual({ ...CONTAINER, secrets: [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:x' }] })
  })

  it('set, add and remove tags by key', () => {
    const tags = [{ name: 'team', value: 'core' }, { name: 'app', value: 'flows' }, { name: 'none', value: undefined }]

    expect(edit({ tags })).toEqual({ ...DEFINITION, tags: [{ key: 'team', value: 'core' }, { key: 'app', value: 'flows' }] })
    expect(edit({ tags: [{ name: 'team', value: undefined }] }).tags).toEqual([])
  })

  it('make a plain variable of a secret and a secret of a plain one, since AWS takes no name in both', () => {
    const edited = edit({ environment: [{ name: 'KEY', value: 'public' }], secrets: [{ name: 'PLAIN', value: '/flows/plain' }] })

    expect(edited.containerDefinitions[0]).toEqual({
      ...CONTAINER,
      environment: [...CONTAINER.environment.slice(0, 2), { name: 'KEY', value: 'public' }],
      secrets: [{ name: 'PLAIN', valueFrom: '/flows/plain' }],
    })
  })

  it('take a variable away from where it is named only', () => {
    expect(edit({ environment: [{ name: 'KEY', value: undefined }] })).toEqual(DEFINITION)
  })

  it('leave a definition without lists without them, and none leave it as it is', () => {
    const removal = [{ name: 'A', value: undefined }]

    expect(edit({ environment: removal, secrets: removal, tags: removal }, aTaskDefinition())).toEqual(aTaskDefinition())
    expect(edit({})).toEqual(DEFINITION)
  })

  it('make lists where there are none', () => {
    const edited = edit({ environment: [{ name: 'A', value: '1' }], tags: [{ name: 'a', value: '1' }] }, aTaskDefinition())

    expect(edited).toMatchObject({ tags: [{ key: 'a', value: '1' }], containerDefinitions: [{ environment: [{ name: 'A', value: '1' }] }] })
  })
})
