import { describe, expect, it } from '@jest/globals'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorOf } from '../../__fixtures__/prefect-files/deployments.ts'
import { DeployError } from '../../src/errors.ts'
import { parseTemplate, readTemplate } from '../../src/work-pool/template.ts'

const TEMPLATE = `job_configuration:
  image: "{{ image }}"
variables:
  type: object
  properties:
    image: {type: string}
`
const indented = TEMPLATE.replaceAll(/^(?=.)/gm, '  ')
const BASE = { job_configuration: { image: '{{ image }}' }, variables: { type: 'object', properties: { image: { type: 'string' } } } }

describe('the file of a work pool', () => {
  it('is a base job template alone, whose pool and type it does not say', () => {
    const template = parseTemplate(TEMPLATE, 'pool.yaml')

    expect(template).toMatchObject({ name: undefined, type: undefined, description: undefined, concurrencyLimit: undefined, baseJobTemplate: BASE })
    expect(template.locationOf('variables', 'properties', 'image')).toEqual({ file: 'pool.yaml', line: 6, column: 5 })
  })

  it('is a whole pool as the CLI shows it, of which state and ids are left aside', () => {
    const inspected = JSON.stringify({
      id: '1', created: '2026-11-24', updated: '2026-11-24', name: 'ecs', description: null, type: 'ecs', base_job_template: BASE, is_paused: true,
      concurrency_limit: 5, status: 'READY', active_slots: 2, default_queue_id: '2', storage_configuration: { bundle_upload_step: null },
    }, null, 2)

    const template = parseTemplate(inspected, 'pool.json')

    expect(template).toMatchObject({ name: 'ecs', type: 'ecs', description: null, concurrencyLimit: 5, baseJobTemplate: BASE })
    expect(template.locationOf('variables')).toEqual({ file: 'pool.json', line: 12, column: 5 })
  })

  it('resolves no placeholder: they are the template\'s own', () => {
    expect(parseTemplate(TEMPLATE, 'pool.yaml').baseJobTemplate.job_configuration).toEqual({ image: '{{ image }}' })
  })

  it.each([
    ['no mapping', '- a', 1, /is a mapping/],
    ['no YAML', 'a: [', 1, /not YAML/],
    ['half a template', 'variables: {properties: {a: {}}}', 1, /"job_configuration" is missing/],
    ['a misspelt key', `${TEMPLATE}varables: {}`, 7, /"varables" is not a known key of a base job template/],
    ['a misspelt field of the pool', `base_job_template:\n${indented}concurency_limit: 3`, 8, /"concurency_limit" is not a known key of a work pool/],
    ['an empty job configuration', TEMPLATE.replace('\n  image: "{{ image }}"', ' {}'), 1, /"job_configuration" is no mapping/],
    ['variables without properties', 'job_configuration: {a: b}\nvariables: {type: object}', 2, /"variables.properties" is no mapping/],
    ['a schema that is none', TEMPLATE.replace('type: string', 'type: text'), 6, /"variables.properties.image.type" is no JSON Schema: must/],
    ['a template that is none', 'base_job_template: 3', 1, /"base_job_template" is no mapping/],
    ['a negative limit', `concurrency_limit: -1\nbase_job_template:\n${indented}`, 1, /a whole number from 0/],
    ['a description that is none', `description: [a]\nbase_job_template:\n${indented}`, 1, /"description" is no text/],
    ['an empty name', `name: ""\nbase_job_template:\n${indented}`, 1, /"name" is the name/],
    ['a type that is none', `type: 3\nbase_job_template:\n${indented}`, 1, /"type" is the type/],
    ['a reserved name', `name: Prefect-ecs\nbase_job_template:\n${indented}`, 1, /begins with "prefect"/],
    ['a name with a slash', `name: a/b\nbase_job_template:\n${indented}`, 1, /a character that no name/],
  ])('is refused at its line with %s', (_, text, line, message) => {
    const error = errorOf(() => parseTemplate(text, 'pool.yaml'))

    expect(error).toMatchObject({ code: 'work-pool-template-invalid', message: expect.stringMatching(message), location: { file: 'pool.yaml', line } })
  })

  it('is refused for all that is wrong at once', () => {
    const error = errorOf(() => parseTemplate('name: 3\nmore: 1\nbase_job_template: {variables: 3}', 'pool.yaml'))

    expect(error.problems.map(({ location }) => location?.line)).toEqual([2, 1, 3, 3])
  })
})

describe('reading the file', () => {
  it('is relative to the project and named relative to the workspace', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'pool-'))
    writeFileSync(join(workspace, 'pool.yaml'), TEMPLATE)

    const template = await readTemplate({ path: '../pool.yaml', workspace, projectDirectory: join(workspace, 'flows') })

    expect(template.location.file).toBe('pool.yaml')
  })

  it('says where there is none', async () => {
    const read = readTemplate({ path: 'pool.yaml', workspace: tmpdir(), projectDirectory: join(tmpdir(), 'nowhere') })

    await expect(read).rejects.toThrow(DeployError)
    await expect(read).rejects.toMatchObject({ code: 'work-pool-template-invalid', message: expect.stringContaining('nowhere/pool.yaml') })
  })
})
