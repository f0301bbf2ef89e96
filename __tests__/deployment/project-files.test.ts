import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createFolder, writeContent } from '../../__fixtures__/build-folder.ts'
import { readFixture } from '../../__fixtures__/prefect-files/deployments.ts'
import { projectFiles } from '../../src/deployment/project-files.ts'

// What Prefect copies: record-prefectignore.py.
const RECORDING = JSON.parse(readFixture('prefectignore.json')) as {
  readonly files: readonly string[]
  readonly cases: readonly (readonly [string, readonly string[]])[]
}

const LIKE_GIT = 'data/\n!data/small.txt'

const pathsIn = async (folder: string, ignoreFile?: string) => (await projectFiles(folder, ignoreFile)).map(({ path }) => path)

describe('the files that are copied', () => {
  const folder = createFolder(Object.fromEntries(RECORDING.files.map((file) => [file, ''])))

  it.each(RECORDING.cases.filter(([patterns]) => patterns !== LIKE_GIT))('are those that Prefect copies under the ignore file %j', async (patterns, copied) => {
    writeContent(join(folder, '.git/ignore'), patterns) // which is never copied itself

    expect((await pathsIn(folder, '.git/ignore')).sort()).toEqual(copied)
  })

  it('follow git, not Prefect, where a file of an ignored folder is wanted again', async () => {
    writeContent(join(folder, '.git/ignore'), LIKE_GIT)

    expect(RECORDING.cases.find(([patterns]) => patterns === LIKE_GIT)?.[1]).toContain('data/small.txt')
    expect(await pathsIn(folder, '.git/ignore')).not.toContain('data/small.txt')
  })

  it('are all without an ignore file, hidden ones too, but never those of git', async () => {
    const bare = createFolder({ '.env': '', a: '', '.git/config': '', 'sub/.git/x': '' })

    expect(await pathsIn(bare, '.prefectignore')).toEqual(['.env', 'a', 'sub/.git/x'])
    expect(await pathsIn(bare)).toEqual(['.env', 'a', 'sub/.git/x'])
  })

  it('have their sizes, and links to files are files, links to folders or to nothing are not', async () => {
    const linked = createFolder({ a: 'four', 'dir/b': '' })
    symlinkSync('a', join(linked, 'to-file'))
    symlinkSync('dir', join(linked, 'to-folder'))
    symlinkSync('missing', join(linked, 'to-nothing'))

    expect(await projectFiles(linked, undefined)).toEqual([{ path: 'a', size: 4 }, { path: 'dir/b', size: 0 }, { path: 'to-file', size: 4 }])
  })
})
