import { describe, expect, it, jest } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createFolder } from '../../__fixtures__/build-folder.ts'
import { messageOf } from '../../src/errors.ts'
import { readFlows } from '../../src/image/flows.ts'
import type { FlowsReport } from '../../src/image/flows.ts'
import type { ContainerResult, ContainerRun } from '../../src/docker-ports.ts'

/** The sandbox's Python environment stands for an image's: `npm run setup` makes it. */
const PYTHON = join(import.meta.dirname, '../../.sandbox/venv/bin')

jest.setTimeout(60_000) // each test starts a Python that imports Prefect

const FILES = {
  'a/helpers.py': 'WHO = "a"', 'b/helpers.py': 'WHO = "b"',
  'a/flow.py': `
import helpers
from prefect import flow

print("said by flow code")

@flow(version="7")
def greet(name: str, times: int = 1, tags: list[str] | None = None):
    """Greets somebody.

    Args:
        name: whom to greet
    """
`,
  'b/flow.py': 'import helpers\nfrom prefect import flow\n@flow(name="other", description=helpers.WHO)\nasync def greet(): ...\n',
  'pkg/__init__.py': '',
  'pkg/module.py': 'from prefect import flow\n@flow\ndef in_module(when: float): ...\n',
  'pkg/secret.py': 'import os\nfrom prefect import flow\nos.environ["NO_SUCH_TOKEN"]\n@flow\ndef with_secret(limit: int = 5): ...\n',
  'pkg/absent.py': 'import no_such_package\nfrom prefect import flow\n@flow\ndef untyped(frame: no_such_package.Frame): ...\n',
  'pkg/plain.py': 'def plain(): ...\n',
  'pkg/attribute.py': 'import os\nos.no_such_attribute\n',
  'pkg/exits.py': 'import sys\nsys.exit(3)\n',
  'pkg/dies.py': 'import os\nos._exit(9)\n',
  'pkg/environment.py': 'import os\nos.environ["NO_SUCH_TOKEN"] = "set"\nos.chdir("/")\nfrom prefect import flow\n@flow\ndef sets(): ...\n',
  'grüße.py': 'from prefect import flow\n@flow\ndef grüße(): ...\n',
} as const

type Reading = { readonly strict?: boolean; readonly sourceOf?: (path: string) => string }

async function read(entrypoints: readonly string[], { strict = false, ...options }: Reading = {}): Promise<FlowsReport> {
  const workingDirectory = createFolder(FILES)
  const docker = { run: (run: ContainerRun) => runHere(run, workingDirectory) }
  const located = entrypoints.map((entrypoint, index) => ({ entrypoint, location: { file: 'prefect.yaml', line: index + 1 } }))
  return readFlows({ docker, image: 'image', workingDirectory, entrypoints: located, strict, ...options })
}

async function runHere({ command: [program = '', ...args], stdin, environment }: ContainerRun, cwd: string): Promise<ContainerResult> {
  const PATH = [PYTHON, '/usr/bin', '/bin'].join(delimiter)
  const env = { PATH, HOME: cwd, LANG: 'C', ...environment, PREFECT_HOME: join(cwd, '.prefect') }
  const child = spawn(program, args, { cwd, env, stdio: 'pipe' })
  child.stdin.end(stdin)
  const closed = once(child, 'close') as Promise<[number]>
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { exitCode, stdout, stderr }
}

describe('read_flows.py, with a real Prefect', () => {
  it('says of a flow what `prefect deploy` sends', async () => {
    const { flows, warnings } = await read(['a/flow.py:greet', './pkg/module.py:in_module', 'pkg.module.in_module', 'grüße.py:grüße'])

    expect(warnings).toEqual([])
    expect(flows.get('a/flow.py:greet')).toEqual({
      entrypoint: 'a/flow.py:greet', name: 'greet', version: '7', description: 'Greets somebody.\n\nArgs:\n    name: whom to greet',
      parameterSchema: {
        title: 'Parameters', type: 'object', required: ['name'],
        properties: {
          name: { description: 'whom to greet', position: 0, title: 'name', type: 'string' },
          times: { default: 1, position: 1, title: 'times', type: 'integer' },
          tags: { anyOf: [{ items: { type: 'string' }, type: 'array' }, { type: 'null' }], default: null, position: 2, title: 'tags' },
        },
      },
    })
    expect(flows.get('pkg.module.in_module')).toEqual({ ...flows.get('./pkg/module.py:in_module'), entrypoint: 'pkg.module.in_module' })
    expect(flows.get('grüße.py:grüße')?.name).toBe('grüße')
  })

  it('keeps the modules of two folders apart, and what one file sets from the next', async () => {
    const { flows, warnings } = await read(['a/flow.py:greet', 'b/flow.py:greet', 'pkg/environment.py:sets', 'pkg/secret.py:with_secret'])

    expect(flows.get('b/flow.py:greet')).toMatchObject({ name: 'other', description: 'b' })
    expect(warnings).toMatchObject([{ code: 'flow-loaded-safely', location: { line: 4 } }])
  })

  it('reads a file that needs a secret or a package without running it, with a warning', async () => {
    const { flows, warnings } = await read(['pkg/secret.py:with_secret', 'pkg/absent.py:untyped'])

    expect(flows.get('pkg/secret.py:with_secret')?.parameterSchema).toMatchObject({
      properties: { limit: { default: 5, type: 'integer' } },
    })
    expect(flows.get('pkg/absent.py:untyped')?.parameterSchema).toEqual({
      title: 'Parameters', type: 'object', properties: { frame: { position: 0, title: 'frame' } }, required: ['frame'],
    })
    expect(warnings.map(({ message }) => message.split('\n').at(-1)))
      .toEqual(['KeyError: \'NO_SUCH_TOKEN\'', 'ModuleNotFoundError: No module named \'no_such_package\''])
  })

  it('says the line of the user\'s own code at which a file fails', async () => {
    const { warnings } = await read(['pkg/secret.py:with_secret', 'pkg/absent.py:untyped'], { sourceOf: (path) => `project/${path}` })

    expect(warnings.map(({ location }) => location)).toEqual([
      { file: 'project/pkg/secret.py', line: 3 },
      { file: 'project/pkg/absent.py', line: 1 },
    ])
  })

  it('is strict when asked to be', async () => {
    await expect(read(['pkg/secret.py:with_secret'], { strict: true })).rejects.toMatchObject({
      code: 'flow-import-failed', location: { line: 1 },
    })
  })

  const failures: [string, string, string, string][] = [
    ['a missing file', 'pkg/nowhere.py:etl', 'has no such file', 'There is no file pkg/nowhere.py in '],
    ['a missing module', 'pkg.nowhere.etl', 'has no such file', 'No module named \'pkg.nowhere\''],
    ['a missing function', 'a/flow.py:nothing', 'has no such flow', 'Flow function with name \'nothing\' not found'],
    ['a missing function of a module', 'pkg.module.nothing', 'has no such flow', 'Flow function with name \'nothing\' not found'],
    ['a function that is no flow', 'pkg/plain.py:plain', 'has no such flow', 'Function with name \'plain\' is not a flow'],
    ['an import that fails without a flow to read', 'pkg/attribute.py:etl', 'cannot import it', 'has no attribute \'no_such_attribute\''],
    ['a module that fails in the same way', 'pkg.attribute.etl', 'cannot import it', 'has no attribute \'no_such_attribute\''],
    ['a file that ends the interpreter', 'pkg/exits.py:etl', 'cannot import it', 'SystemExit: 3'],
    ['something that is no entrypoint', 'nonsense', 'cannot import it', 'nonsense'],
  ]
  let refused: Promise<string> | undefined
  it.each(failures)('refuses %s, at its line', async (_, entrypoint, what, words) => {
    const entrypoints = failures.map(([, one]) => one)
    refused ??= read(entrypoints).then(() => '', messageOf) // one interpreter for all of them

    const problem = (await refused).split('; prefect.yaml:')[entrypoints.indexOf(entrypoint)]

    expect(problem).toMatch(new RegExp(`${entrypoints.indexOf(entrypoint) + 1}: Entrypoint "${entrypoint}": image ${what}: `))
    expect(problem).toContain(words)
  })

  it('names the entrypoint whose file ends the process', async () => {
    await expect(read(['pkg.module.in_module', 'pkg/dies.py:etl', 'a/flow.py:greet'])).rejects.toMatchObject({
      code: 'flow-read-failed', message: expect.stringContaining('ended at "pkg/dies.py:etl" with exit code 9'),
    })
  })
})
