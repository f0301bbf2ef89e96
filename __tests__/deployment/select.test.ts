import { describe, expect, it } from '@jest/globals'
import { errorOf } from '../../__fixtures__/prefect-files/deployments.ts'
import { parsePrefectFile } from '../../src/deployment/prefect-file.ts'
import { selectDeployments } from '../../src/deployment/select.ts'

const entry = (name: string, entrypoint: string, more = '') =>
  `- {name: ${name}, entrypoint: "${entrypoint}", work_pool: {name: p}${more}}\n`
const file = (...entries: string[]) => parsePrefectFile(`deployments:\n${entries.join('')}`, 'prefect.yaml')

const FILE = file(
  entry('nightly', 'flows/etl.py:load_day'),
  entry('nightly', 'flows/report.py:Report.send_all'),
  entry('hourly', 'pkg.flows.clean_up'),
  entry('etl.prod', 'flows/etl.py:load_day'),
)
const select = (...patterns: string[]) => selectDeployments(FILE, patterns).map(({ name, entrypoint }) => `${name} ${entrypoint}`)

const [LOAD, SEND, CLEAN, PROD] = select() as [string, string, string, string]

describe('selecting deployments', () => {
  it.each([
    [[], [LOAD, SEND, CLEAN, PROD]],
    [['nightly'], [LOAD, SEND]],
    [
      ['hourly', 'nightly'],
      [LOAD, SEND, CLEAN],
    ],
    [['*ly'], [LOAD, SEND, CLEAN]],
    [['*'], [LOAD, SEND, CLEAN, PROD]],
    [['load_day/nightly'], [LOAD]],
    [['load-day/*'], [LOAD, PROD]],
    [['send-all/nightly'], [SEND]],
    [['Report.send_all/nightly'], [SEND]],
    [['*/nightly'], [LOAD, SEND]],
    [['clean-up/hourly'], [CLEAN]],
    [['pkg.flows.clean_up/hourly'], [CLEAN]],
    [['etl.*'], [PROD]],
  ])('finds with %j, in the order of the file, %j', (patterns, expected) => {
    expect(select(...patterns)).toEqual(expected)
  })

  it.each([['missing'], ['load_day/hourly'], ['night'], ['etlxprod'], ['*x*'], ['etl/nightly'], ['(.*)']])(
    'refuses %s, which names none, and says which there are',
    (pattern) => {
      expect(errorOf(() => select('nightly', pattern))).toMatchObject({
        code: 'deployment-not-found',
        message: `prefect.yaml has no deployment "${pattern}"`,
        hint: 'It has nightly, hourly, etl.prod.',
      })
    },
  )

  it('refuses a file without deployments', () => {
    expect(errorOf(() => selectDeployments(file(), []))).toMatchObject({
      code: 'deployment-not-found',
      message: 'prefect.yaml has no deployments',
    })
  })
})

describe('what is not supported yet', () => {
  const withTriggers = file(entry('a', 'f.py:f', ', triggers: [{enabled: true}]'), entry('b', 'f.py:g'))

  it('is refused with its line when its deployment is selected', () => {
    expect(errorOf(() => selectDeployments(withTriggers, []))).toMatchObject({
      code: 'prefect-file-invalid',
      message: '"triggers" is not supported yet',
      location: { file: 'prefect.yaml', line: 2 },
    })
  })

  it('does not stand in the way of the other deployments', () => {
    expect(selectDeployments(withTriggers, ['b'])).toHaveLength(1)
  })

  it('names a step once, however many deployments have it, its line and what to do', () => {
    const text = 'build:\n- prefect.deployments.steps.run_shell_script: {script: make}\ndeployments:\n'
    const { message, code, location, hint } = errorOf(() =>
      selectDeployments(parsePrefectFile(`${text}${entry('a', 'f')}${entry('b', 'f')}`, 'prefect.yaml'), []),
    )

    expect({ code, location }).toEqual({ code: 'step-unsupported', location: { file: 'prefect.yaml', line: 2, column: 3 } })
    expect(message).toMatch(/^the step prefect.deployments.steps.run_shell_script is Python code/)
    expect(hint).toMatch(/step of the workflow/)
  })

  it('is to build several images in one run', () => {
    const build = (dockerfile: string) =>
      `, build: [{prefect_docker.deployments.steps.build_docker_image: {id: i, image_name: x, dockerfile: ${dockerfile}}}]`
    const several = file(entry('a', 'f', build('one')), entry('b', 'f', build('two')), entry('c', 'f', build('one')), entry('d', 'f'))

    expect(errorOf(() => selectDeployments(several, []))).toMatchObject({
      code: 'step-unsupported',
      message: expect.stringMatching(/"a" and "b" \(prefect.yaml:3:3\) build different images/),
    })
    expect(selectDeployments(several, ['a', 'c', 'd'])).toHaveLength(3)
  })
})
