import { describe, expect, it } from '@jest/globals'
import { aConfig, readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import type { Lookups } from '../../src/deployment/references.ts'
import { Rendering } from '../../src/deployment/rendering.ts'
import type { Stage } from '../../src/deployment/rendering.ts'
import { flatAndUnder } from '../../src/deployment/step-outputs.ts'
import { resultOf, reveal } from '../../src/planned.ts'
import type { Json, JsonObject, Planned } from '../../src/planned.ts'

type Recorded = { readonly it?: Json; readonly error?: string }
type RecordedStage = 'here' | 'deploy' | 'step' | 'event' | 'job' | 'run'
type Recording = {
  readonly environment: Readonly<Record<string, string>>
  readonly variables: JsonObject
  readonly blocks: readonly (readonly [type: string, name: string, data: Json])[]
  readonly cases: readonly (Readonly<Record<RecordedStage, Recorded>> & { readonly value: Json })[]
}

// What Prefect's own functions make of these values: record-templating.py.
const RECORDING = JSON.parse(readFixture('templating.json')) as Recording
const STAGES: Readonly<Record<RecordedStage, Stage>> = { here: 'here', deploy: 'deploy', step: 'deploy', event: 'event', job: 'job', run: 'run' }
const RESULTS = { image: 'repo@sha256:1', 'step 1 stdout': 'out', 'step 1 stderr': 'err' } as const
const LOOKUPS: Lookups = new Map([
  ...Object.entries(RECORDING.variables).map(([name, value]) => [`variable ${name}`, value] as const),
  ...RECORDING.blocks.map(([type, name, data]) => [`block ${type}/${name}`, data] as const),
])
const STEP_OUTPUTS = new Map<string, Planned>([
  ...flatAndUnder('sh', { stdout: resultOf('step 1 stdout'), stderr: resultOf('step 1 stderr') }),
  ...flatAndUnder('code', { bucket: 'b', folder: 'f' }),
])

type Deviation = { readonly stages: readonly RecordedStage[]; readonly values: readonly Json[] }

/** Where this action does not follow Prefect; the list is exact, so it cannot grow unnoticed. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'a placeholder without $ never comes from the environment': {
    stages: ['here', 'deploy', 'event', 'job'],
    values: ['{{ STAGE }}', 'x{{ STAGE }}', '{{ NUMBER }}', '${{ STAGE }}'],
  },
  'an item of a list that a later stage resolves stays in the list': {
    stages: ['here', 'deploy', 'event', 'job', 'run'],
    values: [['{{ stdout }}', 'x'], ['{{ missing }}', 'x']],
  },
  'a list or mapping in the middle of a text is an error, not Python code': {
    stages: ['here', 'deploy', 'step', 'event', 'job'],
    values: ['l={{ prefect.variables.list }}'],
  },
  'a block in job variables stays a reference, which the worker resolves': {
    stages: ['job'],
    values: RECORDING.cases.map(({ value }) => value).filter((value) => JSON.stringify(value).includes('prefect.blocks.')),
  },
  'the arguments of a step are rendered in the order of all else, not results first': {
    stages: ['step'],
    values: ['{{ $TAGGED }}', '{{ prefect.variables.text_of_image }}', 'x {{ prefect.variables.text_of_image }}'],
  },
}

function render(value: Json, stage: RecordedStage): Recorded {
  const config = aConfig('', 'build:\n- prefect_docker.deployments.steps.build_docker_image: {id: img}\n')
  const rendering = new Rendering(config, { environment: RECORDING.environment, lookups: LOOKUPS }, { image: { name: 'repo', tag: 'abc123' }, stepOutputs: STEP_OUTPUTS })
  const rendered = rendering.render({ it: value }, STAGES[stage], ['parameters'])
  return rendering.problems.length > 0 ? { error: 'problem' } : (reveal(rendered ?? {}, RESULTS) as Recorded)
}

function isSame(ours: Recorded, theirs: Recorded): boolean {
  return theirs.error === undefined ? JSON.stringify(ours) === JSON.stringify(theirs) : ours.error !== undefined
}

function deviationsOf(value: Json, stage: RecordedStage): string[] {
  const has = (values: readonly Json[]) => values.some((each) => JSON.stringify(each) === JSON.stringify(value))
  return Object.entries(DEVIATIONS).flatMap(([name, { stages, values }]) => (stages.includes(stage) && has(values) ? [name] : []))
}

describe('placeholders', () => {
  it.each(Object.keys(STAGES) as RecordedStage[])('become what Prefect makes of them (%s), but for the deviations that are named', (stage) => {
    const differing = RECORDING.cases.filter(({ value, ...recorded }) => !isSame(render(value, stage), recorded[stage]))

    const unnamed = differing.filter(({ value }) => deviationsOf(value, stage).length === 0)
    expect(unnamed.map(({ value, ...recorded }) => [JSON.stringify(value), render(value, stage), recorded[stage]])).toEqual([])
  })

  it.each(Object.entries(DEVIATIONS))('deviate: %s', (_, { stages, values }) => {
    const deviating = values.filter((value) => stages.some((stage) => {
      const recorded = RECORDING.cases.find((each) => JSON.stringify(each.value) === JSON.stringify(value))
      return recorded !== undefined && !isSame(render(value, stage), recorded[stage])
    }))

    expect(deviating).toEqual(values)
  })

  it('are more than a hundred cases', () => {
    expect(RECORDING.cases.length).toBeGreaterThan(100)
  })
})
