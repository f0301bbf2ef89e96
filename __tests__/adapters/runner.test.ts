import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRunnerLog } from '../../src/adapters/runner.ts'
import { DeployError } from '../../src/errors.ts'

const log = createRunnerLog()
let printed = ''

beforeEach(() => {
  printed = ''
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
})

afterEach(() => {
  process.exitCode = undefined
})

describe('text that others wrote', () => {
  it.each([
    ['a command', '::set-env name=PATH::/tmp', ': :set-env name=PATH::/tmp'],
    ['a command after white space', ' \t\u0085\u00A0::stop-commands::x', ' \t\u0085\u00A0: :stop-commands::x'],
    ['a command in a later line', 'Traceback\n\n  ::add-mask::a\r::error::b', 'Traceback\n\n  : :add-mask::a\r: :error::b'],
    ['a command of the older form', 'see ##[set-output name=image]y', 'see ## [set-output name=image]y'],
  ])('is printed without %s', (_, text, safe) => {
    log.info(text)

    expect(printed).toBe(`${safe}\n`)
  })

  it('stays as it is where it is no command', () => {
    log.info('std::vector at 10:00:: and # [x]\n: :x')

    expect(printed).toBe('std::vector at 10:00:: and # [x]\n: :x\n')
  })

  it('is no command in a debug message', () => {
    log.debug('out\n::add-mask::a ##[group]')

    expect(printed).toBe('::debug::out%0A: :add-mask::a ## [group]\n')
  })

  it('is no command where it is an error or its cause', () => {
    log.fail(new DeployError('build-failed', 'Step 3:\n::add-mask::a', { cause: new Error('exit 1\n::stop-commands::x') }))

    const commands = printed.split('\n').filter((line) => /^\s*::/.test(line))
    expect(commands).toEqual([
      '::error::[build-failed] Step 3: ⏎ ::add-mask::a.',
      expect.stringMatching(/^::debug::DeployError: Step 3:%0A: :add-mask::a%0A/),
    ])
    expect(printed).toContain('Cause: exit 1\n: :stop-commands::x\n')
  })
})

describe('several problems', () => {
  it('are an annotation each, at its own line', () => {
    const problems = [1, 7].map((line) => ({
      code: 'prefect-file-invalid' as const, message: `line ${line} is wrong`, hint: 'Mend it.', location: { file: 'prefect.yaml', line },
    }))
    log.fail(new DeployError('prefect-file-invalid', '2 problems: …', { problems }))

    expect(printed.split('\n').filter((line) => line.startsWith('::error'))).toEqual([
      '::error file=prefect.yaml,line=1::[prefect-file-invalid] line 1 is wrong. Mend it.',
      '::error file=prefect.yaml,line=7::[prefect-file-invalid] line 7 is wrong. Mend it.',
    ])
    expect(process.exitCode).toBe(1)
  })
})

describe('our own commands', () => {
  it('reach the runner', () => {
    log.warning('Careful\n::x', { file: 'prefect.yaml', line: 3 })

    expect(printed).toBe('::warning file=prefect.yaml,line=3::Careful%0A::x\n')
  })

  it('mask every line of a secret, also as it is printed where it looks like a command', () => {
    log.mask('first\n::second')

    expect(printed.match(/(?<=^::add-mask::).*/gm)).toEqual(['first%0A::second', 'first', '::second', 'first%0A: :second', ': :second'])
  })
})
