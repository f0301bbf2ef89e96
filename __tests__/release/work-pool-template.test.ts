import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { anEcsPool } from '../../__fixtures__/prefect-files/ecs-pool.ts'
import type { JsonObject } from '../../src/planned.ts'
import { contentProblems } from '../../src/release/work-pool-template.ts'
import { parseTemplate } from '../../src/work-pool/template.ts'

const problems = (job: string, properties: string) =>
  contentProblems(parseTemplate(`job_configuration:\n  ${job}\nvariables:\n  type: object\n  properties:\n    ${properties}\n`, 'pool.yaml'))
const ecs = (settings: JsonObject) => contentProblems(parseTemplate(JSON.stringify(anEcsPool(settings).baseJobTemplate), 'pool.json'))

describe('the template of a work pool', () => {
  it.each<[string, JsonObject]>([
    ["Prefect's own", {}],
    ['one with the settings of a Fargate task', {
      image: 'flows:1', vpc_id: 'vpc-1', cpu: 512, network_configuration: { awsvpcConfiguration: { subnets: ['a'], assignPublicIp: 'DISABLED' } },
    }],
    ['one with a block, which only the server knows', { aws_credentials: { $ref: { block_document_id: '1' } } }],
    ['one with a variable of the workspace', { cluster: '{{ prefect.variables.cluster }}' }],
  ])('passes: %s', (_, settings) => {
    expect(ecs(settings)).toEqual([])
  })

  it.each(['ecs', 'ecs-push'])('passes: the example %s', (name) => {
    const text = readFileSync(new URL(`../../examples/work-pool/${name}.json`, import.meta.url), 'utf8')

    expect(contentProblems(parseTemplate(text, `${name}.json`))).toEqual([])
  })

  it.each([
    ['a variable that is none', 'image: "{{ imgae }}"', 'image: {}', 2, /refers to {{ imgae }}, which is none/],
    ['one in a list', 'a: [{b: "x {{ c }} y"}]', 'image: {}', 2, /refers to {{ c }}/],
    ['one in a key', 'a: {"{{ c }}": 1}', 'image: {}', 2, /refers to {{ c }}/],
    ['a part of a variable', 'a: "{{ image.name }}"', 'image: {}', 2, /refers to {{ image.name }}/],
    ['a block', 'a: "{{ prefect.blocks.secret.x }}"', 'image: {}', 2, /refers to {{ prefect.blocks.secret.x }}/],
    ['an environment variable', 'a: "{{ $HOME }}"', 'image: {}', 2, /refers to {{ \$HOME }}/],
    ['a default of another type', 'a: "{{ cpu }}"', 'cpu: {type: integer, default: many}', 6, /default of the variable "cpu" must be a whole number/],
    ['a default with a wrong part', 'a: "{{ env }}"', 'env: {type: object, additionalProperties: {type: string}, default: {A: 1}}', 6, /variable "env.A" must be text/],
    ['the image of a release', 'a: "{{ image }}"', 'image: {type: string, default: "{{ build-image.image }}"}', 6, /is {{ build-image.image }}, which workers take for plain text/],
  ])('is refused at its line with %s', (_, job, properties, line, message) => {
    expect(problems(job, properties)).toMatchObject([{ code: 'work-pool-template-invalid', message: expect.stringMatching(message), location: { file: 'pool.yaml', line } }])
  })
})
