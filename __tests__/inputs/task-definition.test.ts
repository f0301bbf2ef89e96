import { describe, expect, it } from '@jest/globals'
import { readDefinitionEdits, secretsOfEdits } from '../../src/inputs/task-definition.ts'
import { InputReader } from '../../src/inputs/input-reader.ts'

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:flows/db-AbCdEf:password::'

function read(inputs: Readonly<Record<string, string>>) {
  const defaults = { 'INPUT_TASK-DEFINITION': 'flows' }
  const reader = new InputReader({ ...defaults, ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])) })
  return { edits: readDefinitionEdits(reader), problems: reader.problems }
}

describe('the inputs environment, secrets and tags', () => {
  it('set, empty and remove, one a line', () => {
    const { edits, problems } = read({
      environment: '\nA=1\n  B = x=y z \nC=\n\n-D\nE=-1\n',
      secrets: `KEY=${ARN}\nTOKEN=/flows/token\n-OLD`,
      tags: 'cost center=data + flows',
    })

    expect(problems).toEqual([])
    expect(edits).toEqual({
      environment: [
        { name: 'A', value: '1' }, { name: 'B', value: 'x=y z' }, { name: 'C', value: '' }, { name: 'D', value: undefined }, { name: 'E', value: '-1' },
      ],
      secrets: [{ name: 'KEY', value: ARN }, { name: 'TOKEN', value: '/flows/token' }, { name: 'OLD', value: undefined }],
      tags: [{ name: 'cost center', value: 'data + flows' }],
    })
  })

  it('are nothing when they are absent, whether there is a task definition or not', () => {
    expect(read({ 'task-definition': '' })).toEqual({ edits: { environment: [], secrets: [], tags: [] }, problems: [] })
  })

  it.each([
    ['environment', 'A=1\nhunter2', 'line 2 is neither NAME=value nor -NAME'],
    ['environment', '=hunter2', 'line 1 is neither NAME=value nor -NAME'],
    ['environment', '-A=hunter2', 'line 1 is neither NAME=value nor -NAME'],
    ['environment', '- A', 'line 1 is neither NAME=value nor -NAME'],
    ['environment', '# B=hunter2', 'line 1 has no name of a variable before the equals sign'],
    ['environment', 'two words=hunter2', 'line 1 has no name of a variable before the equals sign'],
    ['environment', 'A=1\nA=2', 'has A more than once'],
    ['environment', 'A=1\n-A', 'has A more than once'],
    ['secrets', 'KEY=', 'line 1 does not say where KEY is kept'],
    ['secrets', 'KEY=hunter2 hunter2!', 'line 1 does not say where KEY is kept'],
    ['secrets', 'KEY=pnu_hunter2', 'line 1 does not say where KEY is kept'],
    ['secrets', 'KEY=eyJhbGciOiJIUzI1NiJ9.hunter2.x', 'line 1 does not say where KEY is kept'],
    ['secrets', `KEY=${'0123456789abcdef'.repeat(2)}`, 'line 1 does not say where KEY is kept'],
    ['secrets', 'KEY=arn:aws:iam::123456789012:role/x', 'line 1 does not say where KEY is kept'],
    ['tags', 'aws:stack=x', 'line 1 names aws:stack, and only AWS itself'],
    ['tags', `${'k'.repeat(129)}=x`, 'line 1 is too long'],
    ['tags', 'team=a;b', 'line 1 has a character that no tag has'],
  ])('refuse %s: %j, without a word of the value', (input, text, message) => {
    const { problems } = read({ [input]: text })

    expect(problems.map((problem) => problem.message)).toEqual([expect.stringContaining(`Input "${input}" ${message}`)])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('tell of all that is wrong at once', () => {
    expect(read({ environment: 'A\nB', secrets: 'KEY=two words' }).problems).toHaveLength(3)
  })

  it.each(['environment', 'secrets', 'tags'])('refuse %s without a task definition, which it would be for', (input) => {
    const { problems } = read({ 'task-definition': '', [input]: 'A=a' })

    expect(problems).toMatchObject([{ message: `Input "${input}" is set without "task-definition" or "service-container-name"` }])
    expect(read({ 'task-definition': '', 'service-container-name': 'prefect', [input]: 'A=a' }).problems).toEqual([])
  })

  it('refuse a variable that is to be both plain and secret, and let one move', () => {
    expect(read({ environment: 'KEY=x', secrets: 'KEY=/flows/key' }).problems).toMatchObject([{ message: 'Input "secrets" has KEY, which "environment" sets as well' }])
    expect(read({ environment: '-KEY', secrets: 'KEY=/flows/key' }).problems).toEqual([])
  })

  it('mask what is named like a secret or holds a password, and nothing that is short', () => {
    const environment = 'DB_PASSWORD=hunter2\nDATABASE_URL=postgresql://flows:hunter3@db\nLEVEL=INFORMATION\nAPI_KEY=short\n-OLD_TOKEN'

    expect(secretsOfEdits(read({ environment }).edits)).toEqual(['hunter2', 'postgresql://flows:hunter3@db'])
  })
})
