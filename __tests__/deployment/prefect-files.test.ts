import { describe, expect, it } from '@jest/globals'
import { createFolder } from '../../__fixtures__/build-folder.ts'
import { readPrefectFiles } from '../../src/deployment/prefect-files.ts'

const file = (name: string, more = '') => `deployments:\n- {name: ${name}, entrypoint: "f.py:f", work_pool: {name: p}${more}}\n`

function aProject(files: Readonly<Record<string, string>>) {
  const workspace = createFolder(files)
  return (directory: string, ...patterns: string[]) => readPrefectFiles({ workspace, directory: `${workspace}/${directory}`, patterns })
}

const MONOREPO = {
  'prefect.yaml': file('root'),
  'apps/b/prefect.yaml': file('b'),
  'apps/a/prefect.yaml': file('a'),
  'apps/a/other.yaml': file('other'),
  'apps/[c]/prefect.yaml': file('c'),
  'apps/folder/prefect.yaml/x': '',
  'apps/venv/lib/python3.13/site-packages/prefect/deployments/templates/prefect.yaml': 'deployments: 5',
  'apps/node_modules/x/prefect.yaml': 'deployments: 5',
}

describe('the input prefect-file', () => {
  it.each([
    [['prefect.yaml'], ['root']],
    [['apps/*/prefect.yaml'], ['c', 'a', 'b']],
    [['apps/b/prefect.yaml', 'apps/*/prefect.yaml'], ['b', 'c', 'a']],
    [['apps/**/*.yaml'], ['c', 'other', 'a', 'b']],
    [['apps/{b,a}/prefect.yaml', 'prefect.yaml'], ['a', 'b', 'root']],
    [['apps/[c]/prefect.yaml'], ['c']],
    [['apps/./a/prefect.yaml', 'apps/a/prefect.yaml'], ['a']],
  ])('with %j names these files, each once', async (patterns, names) => {
    const { deployments } = await aProject(MONOREPO)('', ...patterns)

    expect(deployments.map(({ name }) => name)).toEqual(names)
  })

  it('is relative to working-directory, and messages to the workspace', async () => {
    const { paths, deployments } = await aProject(MONOREPO)('apps', '*/prefect.yaml', '../prefect.yaml')

    expect(paths).toEqual(['apps/[c]/prefect.yaml', 'apps/a/prefect.yaml', 'apps/b/prefect.yaml', 'prefect.yaml'])
    expect(deployments[1]?.location).toEqual({ file: 'apps/a/prefect.yaml', line: 2, column: 3 })
  })

  it('may name no file that is not there, nor a glob that matches none, and says so beside what is wrong with the others', async () => {
    const read = aProject({ ...MONOREPO, 'bad.yaml': file('bad', ', paused: sure') })('', 'missing.yaml', 'nowhere/*.yaml', 'bad.yaml')

    await expect(read).rejects.toMatchObject({
      problems: [
        { code: 'prefect-file-missing', message: 'prefect-file: "nowhere/*.yaml" matches no file' },
        { code: 'prefect-file-missing', message: expect.stringMatching(/^missing.yaml cannot be read/), hint: expect.stringContaining('working-directory') },
        { code: 'prefect-file-invalid', location: { file: 'bad.yaml', line: 2 } },
      ],
    })
  })

  it('names text in UTF-8, with or without a mark in front', async () => {
    await expect(aProject({ 'prefect.yaml': `\ufeff${file('größe 🚀')}` })('', 'prefect.yaml')).resolves.toMatchObject({
      deployments: [{ name: 'größe 🚀', location: { line: 2, column: 3 } }],
    })
  })
})
