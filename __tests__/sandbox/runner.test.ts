import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { poll } from '../../sandbox/poll.ts'
import { runAction } from '../../sandbox/runner.ts'
import type { StepOptions } from '../../sandbox/runner.ts'
import { dispatchEvent, pullRequestEvent, pushEvent } from '../../sandbox/runner/event.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

const folder = createScratch('runner')
let scripts = 0

describe('the step environment', () => {
  it('passes inputs in upper case with dashes kept, with the defaults of action.yml and the token evaluated', async () => {
    const { rawLog } = await step(`for (const name of ['AWS-REGION', 'TIMEOUT-MINUTES', 'GITHUB-TOKEN']) console.log(process.env['INPUT_' + name])`, {
      inputs: { 'aws-region': 'eu-central-1' },
      token: 'ghs_one',
    })

    expect(rawLog.split('\n')).toEqual(['eu-central-1', '15', 'ghs_one'])
  })

  it('has none of the variables of the machine', async () => {
    process.env.SANDBOX_TEST_LEAK = 'leaked'

    const { rawLog } = await step(`console.log(JSON.stringify(process.env))`)

    const env = JSON.parse(rawLog) as Record<string, string>
    expect(env).not.toHaveProperty('SANDBOX_TEST_LEAK')
    expect(env).toMatchObject({ GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_WORKSPACE: folder })
    expect(env).not.toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL')
    expect(env.HOME).not.toBe(process.env.HOME)
  })

  it('has the variables of a pull request', async () => {
    const { rawLog } = await step(`console.log(process.env.GITHUB_REF, process.env.GITHUB_BASE_REF, require('node:fs').readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'))`, {
      event: pullRequestEvent({ number: 12, fork: true }),
    })

    expect(rawLog).toMatch(/^refs\/pull\/12\/merge main \{"action":"synchronize","number":12/)
    expect(rawLog).toContain('"full_name":"stranger/flows"')
  })

  it('gives a job with id-token permission a request token that is masked', async () => {
    const { log } = await step(`console.log(process.env.ACTIONS_ID_TOKEN_REQUEST_URL, process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN)`, {
      event: dispatchEvent(),
      idToken: { issuer: 'http://127.0.0.1:1', secret: 'shared' },
    })

    expect(log).toBe('http://127.0.0.1:1/token?api-version=2.0 ***')
  })

  it('writes on pipes, so programs see no terminal', async () => {
    const { rawLog } = await step(`console.log(String(process.stdout.isTTY), String(process.stderr.isTTY))`)

    expect(rawLog).toBe('undefined undefined')
  })

  it('warns about inputs that action.yml does not have', async () => {
    const { annotations, conclusion } = await step('', { inputs: { 'aws-regoin': 'x' } })

    expect(annotations).toEqual([{ level: 'warning', message: expect.stringMatching(/^Unexpected input\(s\) 'aws-regoin', valid inputs are \['aws-region', /) }])
    expect(conclusion).toBe('success')
  })
})

describe('the step log', () => {
  it('hides a masked value and its lines and encodings after the mask, not before it', async () => {
    const secret = 'line one\nline two of it'
    const { log, rawLog } = await step(`
      const secret = ${JSON.stringify(secret)}
      console.log('before: line two of it')
      console.log('::add-mask::' + secret.replace('\\n', '%0A'))
      console.log('after: line two of it', JSON.stringify({ secret }), encodeURIComponent('line one'), Buffer.from('x:line two of it').toString('base64'))`)

    expect(rawLog).toContain('::add-mask::')
    expect(log.split('\n')).toEqual(['before: line two of it', expect.stringMatching(/^after: \*\*\* \{"secret":"\*\*\*"\} \*\*\* \S*\*\*\*\S*$/) ])
  })

  it('hides the secrets of the repository from the start', async () => {
    const { log } = await step(`console.log('key pnu_secret.')`, { secrets: ['pnu_secret'] })

    expect(log).toBe('key ***.')
  })

  it('turns commands into annotations with their place, masked and cut at 4,096 characters', async () => {
    const { annotations } = await step(`
      console.log('::add-mask::hidden')
      console.log('::error file=prefect.yaml,line=3,col=7,title=Not%2C valid::a%0Ab hidden %25')
      console.log('::warning::' + 'x'.repeat(5000))`)

    expect(annotations).toEqual([
      { level: 'error', message: 'a\nb *** %', file: 'prefect.yaml', line: 3, column: 7, title: 'Not, valid' },
      { level: 'warning', message: 'x'.repeat(4096) },
    ])
  })

  it('obeys no command while commands are stopped', async () => {
    const { annotations, log } = await step(`
      for (const line of ['::stop-commands::pause', '::error::not one', '::pause::', '::notice::one']) console.log(line)`)

    expect(annotations).toEqual([{ level: 'notice', message: 'one' }])
    expect(log).toBe('::error::not one\n##[notice]one')
  })
})

describe('the command files', () => {
  it('gives outputs of one and of several lines', async () => {
    const { outputs } = await step(append('OUTPUT', 'a=1=2\nb<<EOF_1\nx\n\ny=z\nEOF_1\nc=\n'))

    expect(outputs).toEqual({ a: '1=2', b: 'x\n\ny=z', c: '' })
  })

  it('drops an output that contains a masked value, whenever it was masked', async () => {
    const { outputs, droppedOutputs } = await step(`${append('OUTPUT', 'account=123456789012\nimage=repo@sha256:1\n')}
      console.log('::add-mask::123456789012')`)

    expect(outputs).toEqual({ image: 'repo@sha256:1' })
    expect(droppedOutputs).toEqual(['account'])
  })

  it.each(['no separator', 'a<<EOF\nnever ended'])('fails a step that writes %j as an output', async (text) => {
    const { conclusion, exitCode, annotations } = await step(append('OUTPUT', text))

    expect({ conclusion, exitCode }).toEqual({ conclusion: 'failure', exitCode: 0 })
    expect(annotations).toEqual([{ level: 'error', message: expect.stringContaining("Unable to process file command 'output' successfully.") }])
  })

  it('rejects a summary of more than 1 MiB', async () => {
    const fits = await step(append('STEP_SUMMARY', 'x'.repeat(1024 * 1024)))
    const tooLong = await step(append('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1)))

    expect(fits.summary).toHaveLength(1024 * 1024)
    expect(tooLong).toMatchObject({ summary: '', annotations: [{ level: 'error', message: expect.stringContaining('upload aborted') }] })
  })

  it('tells what later steps would inherit', async () => {
    const { state, exported, addedPaths } = await step([append('STATE', 's=1\n'), append('ENV', 'E=2\n'), append('PATH', '/opt/x\n')].join('\n'))

    expect({ state, exported, addedPaths }).toEqual({ state: { s: '1' }, exported: { E: '2' }, addedPaths: ['/opt/x'] })
  })
})

describe('the process', () => {
  it('reports the exit code', async () => {
    expect(await step('process.exit(3)')).toMatchObject({ conclusion: 'failure', exitCode: 3, secondsAfterSignal: undefined })
  })

  it('is cancelled with SIGINT once a line matches', async () => {
    const { rawLog, exitCode, secondsAfterSignal } = await step(
      `process.on('SIGINT', () => { console.log('cleaned up'); process.exit(1) }); console.log('pushing'); setInterval(() => {}, 1000)`,
      { signalAfter: /^pushing$/ },
    )

    expect({ rawLog, exitCode }).toEqual({ rawLog: 'pushing\ncleaned up', exitCode: 1 })
    expect(secondsAfterSignal).toBeLessThan(5)
  })

  it('is cancelled once what is waited for has come', async () => {
    const sign = join(folder, 'sign')
    const { exitCode } = await step(
      `process.on('SIGINT', () => process.exit(1)); require('node:fs').writeFileSync(${JSON.stringify(sign)}, ''); setInterval(() => {}, 1000)`,
      { signalAfter: () => poll('the sign', 20, () => Promise.resolve(existsSync(sign) || undefined)) },
    )

    expect(exitCode).toBe(1)
  })

  it('is cancelled once, however many lines match', async () => {
    const { rawLog } = await step(
      `let signals = 0
      process.on('SIGINT', () => { signals++; console.log('pushing'); setTimeout(() => { console.log(String(signals)); process.exit(1) }, 300) })
      console.log('pushing'); setInterval(() => {}, 1000)`,
      { signalAfter: /^pushing$/ },
    )

    expect(rawLog.split('\n').at(-1)).toBe('1')
  })

  it('writes down how it called docker and git, with their environment', async () => {
    const { children } = await step(
      `const { execFileSync } = require('node:child_process')
      execFileSync('git', ['--version'], { env: { PATH: process.env.PATH, NOTE: 'two\\nlines' } })
      execFileSync('docker', ['--help', '', 'a b'], { env: { PATH: process.env.PATH } })`,
    )

    expect(children.map(({ argv }) => argv)).toEqual([['git', '--version'], ['docker', '--help', '', 'a b']])
    expect(children[0]?.env.NOTE).toBe('two\nlines')
  })
})

async function step(script: string, options: Partial<StepOptions> = {}) {
  const main = join(folder, `step-${scripts++}.cjs`)
  writeFileSync(main, script)
  return runAction({ inputs: {}, event: pushEvent(), workspace: folder, main, ...options })
}

function append(file: string, text: string): string {
  return `require('node:fs').appendFileSync(process.env.GITHUB_${file}, ${JSON.stringify(text)})`
}
