import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from '@jest/globals'
import type { PlannedFolder } from '../../__fixtures__/plan-folder.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

const PROGRAM = fileURLToPath(new URL('../../__fixtures__/plan-folder.ts', import.meta.url))
const SIZE = 5_000_000

/** Seconds of the processor: 5 where 1,000 ordinary deployments take 1, as they do on an idle machine, and more where that takes more. */
let limit = 5

beforeAll(async () => {
  const { seconds } = await measure(ordinary(1000))
  limit *= Math.max(1, seconds)
})

/** Reads and plans such a file in a process of its own, within the time and memory that there are. */
async function plan(text: string | Buffer, ...patterns: string[]): Promise<PlannedFolder> {
  const planned = await measure(text, ...patterns)
  expect(planned.seconds).toBeLessThan(limit)
  expect(planned.megabytes).toBeLessThan(500)
  return planned
}

async function measure(text: string | Buffer, ...patterns: string[]): Promise<PlannedFolder> {
  const folder = createScratch('hostile')
  writeFileSync(join(folder, 'prefect.yaml'), text)
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', PROGRAM, folder, ...patterns], {
    maxBuffer: 1 << 26, env: { PATH: process.env.PATH },
  })
  return JSON.parse(stdout) as PlannedFolder
}

/** So many lines that the file is as large as that. */
function fill(line: (index: number) => string, size = SIZE): string {
  const lines: string[] = []
  for (let index = 0, length = 0; length < size; index += 1) {
    const text = line(index)
    lines.push(text)
    length += text.length + 1
  }
  return lines.join('\n')
}

/** A file of deployments as projects have them. */
function ordinary(count: number): string {
  const entry = (_: unknown, index: number) => `- name: d${index}
  entrypoint: flows/f${index % 120}.py:flow_${index % 120}
  parameters: {day: "2026-01-31", limit: ${index}}
  schedules:
  - cron: ${index % 60} ${index % 24} * * *
    timezone: Europe/Berlin
    slug: nightly
  work_pool: *pool
`
  return `x: &pool {name: ecs, job_variables: {env: {STAGE: prod}}}\ndeployments:\n${Array.from({ length: count }, entry).join('')}`
}

const tenTimes = (alias: string) => Array.from({ length: 10 }, () => alias).join(', ')
const one = (name: string, more = '') => `deployments:\n- {name: ${name}, entrypoint: "f.py:f", work_pool: {name: ecs}${more}}\n`

describe('a Prefect file that means harm', () => {
  it.each([
    ['5 MB of anchors, each ten times the one before', fill((index) => `a${index}: &a${index} [${index === 0 ? 'x' : tenTimes(`*a${index - 1}`)}]`)],
    ['ten anchors, each ten times the one before', fill((index) => `a${index}: &a${index} [${index === 0 ? 'x' : tenTimes(`*a${index - 1}`)}]`, 400)],
    ['5 MB of mappings merged ten times', fill((index) => `a${index}: &a${index}\n  k${index}: 1\n  <<: [${index === 0 ? '{x: 1}' : tenTimes(`*a${index - 1}`)}]`)],
    ['5 MB of anchors, each in the next', fill((index) => `a${index}: &a${index} [${index === 0 ? 'x' : `*a${index - 1}`}]`)],
    ['5 MB of small anchors', fill((index) => `a${index}: &a${index} x`)],
    ['an anchor in itself', 'a: &a [*a]\ndeployments: []\n'],
    ['two anchors in each other', 'a: &a {b: &b {c: *a}, d: *b}\n'],
    ['a deployment in itself', 'deployments:\n- &d {name: a, entrypoint: "f.py:f", work_pool: {name: ecs}, parameters: *d}\n'],
    ['5 MB of brackets', '['.repeat(SIZE)],
    ['brackets in brackets', `a: ${'['.repeat(200)}${']'.repeat(200)}`],
    ['5 MB of dashes', '- '.repeat(SIZE / 2)],
    ['5 MB of quotes that do not end', `a: "${'x\n'.repeat(SIZE / 2)}`],
    ['a tab before a key', 'deployments:\n\t- name: a\n'],
    ['a tab between words', one('a').replace('name: a', 'name:\ta')],
    ['a tab at the end of a line', one('a').replace('}\n', '}\t\n')],
    ['an anchor that is there twice', `a: &a 1\nb: &a 2\n${one('a')}`],
    ['a NUL', one('a\0b')],
    ['an escape character', one('a\u001bb')],
    ['bytes that are no UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe])],
    ['UTF-16', Buffer.from('﻿deployments: []', 'utf16le')],
  ])('is refused in good time: %s', async (_, text) => {
    const { problem } = await plan(text)

    expect(problem?.code).toBe('prefect-file-syntax')
  }, 60_000)

  it.each([
    ['a name with a slash', one('a/b'), 'prefect-file-invalid', 2],
    ['a deployment that is there twice', `${one('a')}- {name: a, entrypoint: "f.py:f", work_pool: {name: ecs}}\n`, 'prefect-file-invalid', 3],
    ['10,000 times the same deployment', `deployments:\n- &d {name: a, entrypoint: "f.py:f", work_pool: {name: ecs}}\n${'- *d\n'.repeat(9999)}`, 'prefect-file-invalid', 3],
    ['10,000 wrong deployments', `deployments:\n${fill((index) => `- {name: d${index}, paused: sure}`, 300_000)}`, 'prefect-file-invalid', 2],
    ['10,000 rules that never come to a date', `deployments:\n- name: a\n  entrypoint: f.py:f\n  work_pool: {name: ecs}\n  schedules:\n${fill((index) => `  - rrule: FREQ=DAILY;BYMONTHDAY=32;COUNT=${index + 1}`, 480_000)}`, 'prefect-file-invalid', 6],
  ])('is refused with its line: %s', async (_, text, code, line) => {
    expect((await plan(text)).problem).toMatchObject({ code, line })
  }, 60_000)

  it('says line and column of a character that is not allowed', async () => {
    expect((await plan('deployments:\r\n- name: "a\u0000b"\r\n')).problem).toMatchObject({ message: expect.stringContaining('U+0000'), line: 2, column: 11 })
  })

  it.each([
    ['a mark in front', `\ufeff${one('a')}`, 'f/a create'],
    ['line ends of Windows', one('a').replaceAll('\n', '\r\n'), 'f/a create'],
    ['line ends of old', one('a').replaceAll('\n', '\r'), 'f/a create'],
    ['a name with emoji', one('größe 🚀'), 'f/größe 🚀 create'],
    ['a tab in quotes and comments', one('"a"', ', description: "x\ty"').replace('}\n', '} #\tx\n'), 'f/a create'],
    ['keys that are there twice', one('b', ', name: a'), 'f/a create'],
    ['a key called __proto__', one('a', ', __proto__: {paused: true}'), 'f/a create'],
    ['an anchor that is used 10,000 times', `x: &x {a: 1}\nlist: [${'*x, '.repeat(10_000)}*x]\n${one('a')}`, 'f/a create'],
  ])('is read as PyYAML reads it, with %s', async (_, text, planned) => {
    expect(await plan(text)).toMatchObject({ plans: [planned] })
  }, 60_000)
})

describe('10,000 deployments', () => {
  const file = ordinary(10_000)

  it('are read, selected and planned', async () => {
    const { problem, plans } = await plan(file)

    expect(problem).toBeUndefined()
    expect(plans).toHaveLength(10_000)
    expect(plans.at(-1)).toBe('flow_39/d9999 create')
  }, 60_000)

  it('are selected by many names', async () => {
    const { plans } = await plan(file, ...Array.from({ length: 1000 }, (_, index) => `d${index}`))

    expect(plans).toHaveLength(1000)
  }, 60_000)
})
