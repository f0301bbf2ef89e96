import { describe, expect, it } from '@jest/globals'
import { errorOf } from '../../__fixtures__/prefect-files/deployments.ts'
import { parsePrefectFile, parsePrefectFiles } from '../../src/deployment/prefect-file.ts'
import { selectDeployments } from '../../src/deployment/select.ts'

const entry = (name: string, entrypoint: string, more = '') =>
  `- {name: ${name}, entrypoint: "${entrypoint}", work_pool: {name: p}${more}}\n`
const file = (...entries: string[]) => parsePrefectFile(`deployments:${entries.length === 0 ? ' []' : ''}\n${entries.join('')}`, 'prefect.yaml')

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

describe('selecting from several files', () => {
  const several = parsePrefectFiles([
    { path: 'a/prefect.yaml', text: `deployments:\n${entry('nightly', 'a.py:f')}` },
    { path: 'b/prefect.yaml', text: `deployments:\n${entry('hourly', 'b.py:f')}${entry('nightly', 'b.py:g')}` },
  ])

  it('goes by the names of all of them, in the order of the files', () => {
    expect(selectDeployments(several, ['nightly']).map(({ entrypoint }) => entrypoint)).toEqual(['a.py:f', 'b.py:g'])
  })

  it('says which there are when a name matches none', () => {
    expect(errorOf(() => selectDeployments(several, ['weekly']))).toMatchObject({
      message: 'a/prefect.yaml, b/prefect.yaml have no deployment "weekly"', hint: 'They have nightly, hourly.',
    })
  })
})

describe('what is not supported yet', () => {
  const withStep = file(entry('a', 'f.py:f', ', build: [{my.own.step: {}}]'), entry('b', 'f.py:g'))

  it('is refused with its line when its deployment is selected', () => {
    expect(errorOf(() => selectDeployments(withStep, []))).toMatchObject({
      code: 'step-unsupported',
      message: expect.stringMatching(/my\.own\.step/),
      location: { file: 'prefect.yaml', line: 2 },
    })
  })

  it('does not stand in the way of the other deployments', () => {
    expect(selectDeployments(withStep, ['b'])).toHaveLength(1)
  })

  it('names a step once, however many deployments have it, its line and what to do', () => {
    const text = 'build:\n- my.own.step: {script: make}\ndeployments:\n'
    const { message, code, location, hint } = errorOf(() =>
      selectDeployments(parsePrefectFile(`${text}${entry('a', 'f')}${entry('b', 'f')}`, 'prefect.yaml'), []),
    )

    expect({ code, location }).toEqual({ code: 'step-unsupported', location: { file: 'prefect.yaml', line: 2, column: 3 } })
    expect(message).toMatch(/my\.own\.step/)
    expect(hint).toBeDefined()
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
