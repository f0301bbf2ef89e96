import { describe, expect, it } from '@jest/globals'
import type { PlanChange, PlanValue } from '../../src/plan-value.ts'
import { diffLine, formatChange, formatValue } from '../../src/report/change.ts'

const HIDDEN = { $sensitive: true } as const
const REVISION = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/flows'
const IMAGE = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/flows@sha256:${'0123456789abcdef'.repeat(4)}`

describe('a value', () => {
  it.each<[string, PlanValue | undefined, string]>([
    ['nothing', undefined, '(none)'],
    ['null', null, 'null'],
    ['a text', 'Europe/Berlin', 'Europe/Berlin'],
    ['a number', 10, '10'],
    ['a flag', false, 'false'],
    ['a list', ['a', 1], '["a",1]'],
    ['an object', { cron: '0 9 * * *' }, '{"cron":"0 9 * * *"}'],
    ['what is hidden', HIDDEN, '(hidden)'],
    ['what is hidden in an object', { user: 'me', password: HIDDEN }, '{"user":"me","password":"(hidden)"}'],
    ['what the push makes', { $knownAfter: 'image' }, '(known after push)'],
    ['what the registration makes', { $knownAfter: 'taskDefinition flows' }, '(known after registration of flows)'],
    ['text around what the push makes', { $knownAfter: 'image', text: 'runs {image}' }, 'runs (known after push)'],
    ['what a script prints', { $knownAfter: 'step 1 stdout' }, '(known after run_shell_script)'],
    ['text around several results', { $knownAfter: 'image', text: '{image} of {step 2 stdout} on {taskDefinition flows}' },
      '(known after push) of (known after run_shell_script) on (known after registration of flows)'],
    ['what is known later in a list', ['a', { $knownAfter: 'image' }], '["a","(known after push)"]'],
    ['text that looks like it', '(hidden)', '(hidden)'],
    ['as much as is read', 'x'.repeat(120), 'x'.repeat(120)],
    ['more than is read', 'x'.repeat(121), `${'x'.repeat(120)}…`],
  ])('of %s', (_, value, text) => {
    expect(formatValue(value)).toBe(text)
  })
})

describe('a change', () => {
  it.each<[string, PlanChange, string]>([
    ['a new value', { path: 'env.IMAGE', before: 'a', after: { $knownAfter: 'image' } }, 'env.IMAGE: a → (known after push)'],
    ['a new field', { path: 'tags', after: ['a'] }, 'tags: (none) → ["a"]'],
    ['a hidden value', { path: 'env.TOKEN', before: HIDDEN, after: HIDDEN }, 'env.TOKEN: differs (hidden)'],
    ['a value that becomes hidden', { path: 'env.TOKEN', before: 'a', after: HIDDEN }, 'env.TOKEN: a → (hidden)'],
    ['a value of the UI', { path: 'tags', before: [], after: ['a'], outside: true }, 'tags: [] → ["a"]  (set outside the file)'],
  ])('is a line of the log: %s', (_, change, line) => {
    expect(formatChange(change)).toBe(line)
  })

  it('of a long text shows where it begins to differ', () => {
    const common = 'x'.repeat(300)

    expect(formatChange({ path: 'description', before: `${common}old`, after: `${common}new` })).toBe(
      `description: …${'x'.repeat(20)}old → …${'x'.repeat(20)}new`,
    )
  })

  it('of a long text leaves no half of a character', () => {
    const common = '😀'.repeat(200)

    expect(formatChange({ path: 'a', before: `x${common}1`, after: `x${common}2` })).not.toMatch(/\p{Cs}/u)
    expect(formatChange({ path: 'a', before: `${common}1`, after: `${common}2` })).not.toMatch(/\p{Cs}/u)
  })

  it.each<[string, PlanChange, string]>([
    ['changed', { path: 'cpu', before: '256', after: '512' }, '! cpu: 256 → 512'],
    ['added', { path: 'tags', after: ['a'] }, '+ tags: ["a"]'],
    ['removed', { path: 'tags', before: ['a'] }, '- tags: ["a"]'],
    ['removed though it was set in the UI', { path: 'tags', before: ['a'], outside: true }, '- tags: ["a"]  (set outside the file)'],
    ['a revision', { path: 'arn', before: `${REVISION}:7`, after: `${REVISION}:8` }, '! arn: flows:7 → flows:8'],
    ['an image', { path: 'image', before: IMAGE, after: { $knownAfter: 'image' } },
      '! image: flows@sha256:0123456789ab… → (known after push)'],
    ['the same revision elsewhere', { path: 'arn', before: `${REVISION}:7`, after: `${REVISION.replace('eu-central-1', 'eu-west-1')}:7` },
      `! arn: ${REVISION}:7 → ${REVISION.replace('eu-central-1', 'eu-west-1')}:7`],
  ])('is a line of a diff: %s', (_, change, line) => {
    expect(diffLine(change, 120)).toBe(line)
  })
})
