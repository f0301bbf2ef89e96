import { describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { chmodSync, utimesSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { aBuildSpec, createFolder, writeContent } from '../../__fixtures__/build-folder.ts'
import type { FileContent } from '../../__fixtures__/build-folder.ts'
import { FOREIGN_DOCKERFILE, readBuildInputs } from '../../src/image/fingerprint.ts'
import type { BuildSpec } from '../../src/image/fingerprint.ts'
import { createScratch } from '../../__fixtures__/scratch.ts'

const PROJECT = {
  Dockerfile: 'FROM python\nCOPY . .\n', 'flows/hello.py': 'print("hello")\n', 'run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
} as const

async function fingerprint(files: Readonly<Record<string, FileContent>>, overrides: Partial<BuildSpec> = {}): Promise<string> {
  return (await readBuildInputs(aBuildSpec(createFolder(files), overrides))).fingerprint
}

async function paths(files: Readonly<Record<string, FileContent>>, overrides: Partial<BuildSpec> = {}): Promise<string[]> {
  return (await readBuildInputs(aBuildSpec(createFolder(files), overrides))).entries.map(({ path }) => path)
}

describe('the fingerprint', () => {
  it('is the SHA-256 of the documented lines', async () => {
    const files = { Dockerfile: 'FROM scratch\n', 'a/run.sh': { text: 'x', mode: 0o755 }, 'a/link': { link: '../b' }, b: '' }

    // printf '%s\n' '"prefect-ecs-deploy build 1"' '{"dockerfile":…}' … | sha256sum
    expect(await fingerprint(files, { target: 'app', platform: 'linux/arm64', buildArgs: { B: '2', A: '1' }, secretNames: ['TOKEN'] }))
      .toBe('1749ce2c0ed5ce53e5e1f32689b509a48ab3f360c675b48b60207fda21a00b98')
  })

  it.each<[string, Partial<BuildSpec>, string]>([
    ['a salt', { salt: '2026-11' }, '{"dockerfile":"Dockerfile","target":null,"platform":"linux/amd64","buildArgs":[],"secrets":[],"salt":"2026-11"}'],
    ['provenance', { provenance: true }, '{"dockerfile":"Dockerfile","target":null,"platform":"linux/amd64","buildArgs":[],"secrets":[],"provenance":true}'],
    ['both', { salt: 'x', provenance: true }, '{"dockerfile":"Dockerfile","target":null,"platform":"linux/amd64","buildArgs":[],"secrets":[],"salt":"x","provenance":true}'],
    ['neither', {}, '{"dockerfile":"Dockerfile","target":null,"platform":"linux/amd64","buildArgs":[],"secrets":[]}'],
  ])('with %s is the SHA-256 of the documented lines', async (_, setting, settings) => {
    const text = 'FROM scratch\n'
    const lines = ['"prefect-ecs-deploy build 1"', settings, `["file","Dockerfile",false,"${createHash('sha256').update(text).digest('hex')}"]`]

    expect(await fingerprint({ Dockerfile: text }, { platform: 'linux/amd64', ...setting }))
      .toBe(createHash('sha256').update(`${lines.join('\n')}\n`).digest('hex'))
  })

  it('covers the whole of a file that is too large to be read at once', async () => {
    const text = 'x'.repeat(3 * 1024 * 1024)
    const { entries } = await readBuildInputs(aBuildSpec(createFolder({ ...PROJECT, model: text })))

    const [digest, size] = [createHash('sha256').update(text).digest('hex'), text.length]
    expect(entries).toContainEqual(expect.objectContaining({ path: 'model', digest, size }))
  })

  it('becomes a tag that any registry takes', async () => {
    const { tag, fingerprint } = await readBuildInputs(aBuildSpec(createFolder(PROJECT)))

    expect(tag).toBe(`tree-${fingerprint.slice(0, 40)}`)
    expect(tag).toMatch(/^\w[\w.-]{0,127}$/)
  })

  it('is the same for the same files in another folder, made in another order, at another time', async () => {
    const again = createFolder(Object.fromEntries(Object.entries(PROJECT).reverse()))
    utimesSync(join(again, 'flows/hello.py'), 1, 1)
    chmodSync(join(again, 'flows/hello.py'), 0o600)

    expect((await readBuildInputs(aBuildSpec(again))).fingerprint).toBe(await fingerprint(PROJECT))
  })

  const changes: [string, Readonly<Record<string, FileContent>>][] = [
    ['the content of a file', { 'flows/hello.py': 'print("bye")\n' }],
    ['a new file', { 'flows/new.py': '' }],
    ['a new empty folder', { 'flows/data': { folder: true } }],
    ['the permission to execute', { 'run.sh': { text: '#!/bin/sh\n', mode: 0o644 } }],
    ['a link instead of a file', { 'run.sh': { link: 'flows/hello.py' } }],
    ['the Dockerfile', { Dockerfile: 'FROM python\nCOPY . .\nUSER 1000\n' }],
  ]
  it.each(changes)('changes with %s', async (_, change) => {
    expect(await fingerprint({ ...PROJECT, ...change })).not.toBe(await fingerprint(PROJECT))
  })

  const settings: [string, Partial<BuildSpec>][] = [
    ['the target', { target: 'app' }],
    ['the platform', { platform: 'linux/arm64' }],
    ['a build argument', { buildArgs: { VERSION: '1' } }],
    ['the name of a secret', { secretNames: ['TOKEN'] }],
    ['the salt', { salt: '2026-11' }],
    ['the attestation of its provenance', { provenance: true }],
  ]
  it.each(settings)('changes with %s', async (_, setting) => {
    expect(await fingerprint(PROJECT, setting)).not.toBe(await fingerprint(PROJECT))
  })

  it('changes with the target of a link', async () => {
    expect(await fingerprint({ ...PROJECT, link: { link: 'a' } })).not.toBe(await fingerprint({ ...PROJECT, link: { link: 'b' } }))
  })

  it('tells a moved boundary between path and content', async () => {
    expect(await fingerprint({ ...PROJECT, ab: 'c' })).not.toBe(await fingerprint({ ...PROJECT, a: 'bc' }))
  })

  it('does not depend on the order of build arguments and secrets', async () => {
    expect(await fingerprint(PROJECT, { buildArgs: { A: '1', B: '2' }, secretNames: ['x', 'y'] }))
      .toBe(await fingerprint(PROJECT, { buildArgs: { B: '2', A: '1' }, secretNames: ['y', 'x'] }))
  })

  it('reads a file larger than one chunk whole', async () => {
    const large = 'x'.repeat(300_000)

    expect(await fingerprint({ ...PROJECT, large: `${large}a` })).not.toBe(await fingerprint({ ...PROJECT, large: `${large}b` }))
  })
})

describe('.dockerignore', () => {
  const files = { Dockerfile: 'FROM x', 'a.md': '', 'docs/b.md': '', 'src/app.py': '', 'src/App.PY': '', 'src/deep/a.md': '' }

  const cases: { title: string; ignore: string; excluded: string[] }[] = [
    { title: 'excludes a folder with all in it', ignore: 'docs', excluded: ['docs', 'docs/b.md'] },
    { title: 'matches a star in its own folder only', ignore: '*.md', excluded: ['a.md'] },
    { title: 'matches two stars at any depth', ignore: '**/*.md', excluded: ['a.md', 'docs/b.md', 'src/deep/a.md'] },
    { title: 'lets the last matching line win', ignore: '!src/app.py\nsrc/app.py\nsrc/A*\n!src/App.PY', excluded: ['src/app.py'] },
    { title: 'tells capitals apart', ignore: 'src/APP.py', excluded: [] },
    { title: 'passes over comments, blank lines and spaces', ignore: '# a.md\n\n  docs/b.md  ', excluded: ['docs/b.md'] },
    { title: 'takes leading and trailing slashes and a byte order mark', ignore: '\uFEFF/docs/', excluded: ['docs', 'docs/b.md'] },
    { title: 'takes back what an exclamation mark names', ignore: 'src\n!src/deep/a.md', excluded: ['src/App.PY', 'src/app.py'] },
  ]
  it.each(cases)('$title', async ({ ignore, excluded }) => {
    const all = await paths({ ...files, '.dockerignore': '' })

    expect(await paths({ ...files, '.dockerignore': ignore })).toEqual(all.filter((path) => !excluded.includes(path)))
  })

  it('takes characters literally that only a regular expression gives a meaning', async () => {
    const ignore = 'a+b.txt\nc(1).txt\n{d}\ne|f'

    expect(await paths({ Dockerfile: 'FROM x', '.dockerignore': ignore, 'a+b.txt': '', 'c(1).txt': '', '{d}': '', 'e|f': '', aab: '' }))
      .toEqual(['.dockerignore', 'Dockerfile', 'aab'])
  })

  it('of the Dockerfile wins over the folder\'s', async () => {
    const files = { 'flows.Dockerfile': 'FROM x', 'flows.Dockerfile.dockerignore': 'a', '.dockerignore': 'b', a: '', b: '' }

    expect(await paths(files, { dockerfile: 'flows.Dockerfile' }))
      .toEqual(['.dockerignore', 'b', 'flows.Dockerfile', 'flows.Dockerfile.dockerignore'])
  })

  it('cannot take the Dockerfile from the build, but from COPY', async () => {
    const inputs = await readBuildInputs(aBuildSpec(createFolder({ Dockerfile: 'FROM x', '.dockerignore': 'Dockerfile' })))

    expect(inputs.dockerfile).toBe(FOREIGN_DOCKERFILE)
    expect(inputs.entries.map(({ path }) => path)).toEqual(['.dockerignore', FOREIGN_DOCKERFILE])
  })

  it('does not make an excluded file count', async () => {
    const files = { ...PROJECT, '.dockerignore': 'notes' }

    expect(await fingerprint({ ...files, notes: '1' })).toBe(await fingerprint({ ...files, notes: '2' }))
  })
})

describe('files that say how to deploy', () => {
  const files = { ...PROJECT, '.git/HEAD': 'ref', '.github/workflows/a.yml': '', 'prefect.yaml': 'deployments: []', 'ecs/task.json': '{}' }

  async function listed(dockerfile: string, overrides: Partial<BuildSpec> = {}): Promise<string[]> {
    const folder = createFolder({ ...files, Dockerfile: dockerfile })
    const deploymentFiles = [join(folder, 'prefect.yaml'), join(folder, 'ecs/task.json'), '/elsewhere/prefect.yaml']
    return (await readBuildInputs(aBuildSpec(folder, { deploymentFiles, ...overrides }))).entries.map(({ path }) => path)
  }

  it('are left out, as the repository\'s own folders are', async () => {
    expect(await listed('FROM x\nCOPY . .')).toEqual(['Dockerfile', 'ecs', 'flows', 'flows/hello.py', 'run.sh'])
  })

  const named: [string, string, string[]][] = [
    ['COPY', 'COPY ./prefect.yaml /app/', ['prefect.yaml']],
    ['COPY in its JSON form', 'COPY ["prefect.yaml", "run.sh", "/app/"]', ['prefect.yaml']],
    ['COPY with flags over several lines', 'COPY --chown=1:1 \\\n  # a comment\n  run.sh \\\n  prefect.yaml \\\n  /app/', ['prefect.yaml']],
    ['ADD', 'ADD ecs/task.json .', ['ecs/task.json']],
    ['a pattern', 'COPY *.yaml ecs/*.json /app/', ['ecs/task.json', 'prefect.yaml']],
    ['a bind mount', 'RUN --mount=type=bind,source=.git,target=.git pip install .', ['.git', '.git/HEAD']],
    ['a file in a folder', 'COPY .git/HEAD /app/', ['.git', '.git/HEAD']],
    ['a variable with a default', 'ARG FILE=prefect.yaml\nCOPY $FILE .', ['prefect.yaml']],
    ['a variable in braces', 'ENV FILE prefect\nCOPY ${FILE}.yaml .', ['prefect.yaml']],
    ['a fallback of a variable', 'COPY ${FILE:-prefect.yaml} .', ['prefect.yaml']],
    ['an unknown variable', 'ARG FILE\nCOPY ecs/${FILE} .', ['ecs/task.json']],
  ]
  it.each(named)('are part of the build when %s names them', async (_, instruction, expected) => {
    expect((await listed(`FROM x\n${instruction}`)).filter((path) => /^\.git|yaml|json/.test(path))).toEqual(expected)
  })

  it('are part of the build when a build argument names them', async () => {
    expect(await listed('FROM x\nARG FILE=run.sh\nCOPY $FILE .', { buildArgs: { FILE: 'prefect.yaml' } })).toContain('prefect.yaml')
  })

  const unnamed: [string, string][] = [
    ['another stage\'s file', 'COPY --from=build prefect.yaml .'],
    ['another stage\'s mount', 'RUN --mount=type=bind,from=build,source=prefect.yaml,target=/x true'],
    ['a secret mount', 'RUN --mount=type=secret,id=prefect.yaml,target=prefect.yaml true'],
    ['a destination', 'COPY run.sh prefect.yaml'],
    ['a comment', '# COPY prefect.yaml .'],
    ['a here-document', 'RUN <<EOT\nCOPY prefect.yaml .\nEOT'],
    ['everything', 'COPY * ./'],
    ['the whole context as a mount', 'RUN --mount=target=/src true'],
  ]
  it.each(unnamed)('are not named by %s', async (_, instruction) => {
    expect(await listed(`FROM x\n${instruction}`)).not.toContain('prefect.yaml')
  })
})

describe('a build that cannot be read', () => {
  it('names the places where a Dockerfile was looked for', async () => {
    const folder = createFolder({ 'flows/a.py': '' })

    await expect(readBuildInputs(aBuildSpec(folder, { context: 'flows', dockerfile: 'docker/Dockerfile' }))).rejects.toMatchObject({
      code: 'build-context-invalid',
      message: `There is no Dockerfile at "${folder}/flows/docker/Dockerfile" nor at "${folder}/docker/Dockerfile"`,
    })
  })

  it('names a context that is missing', async () => {
    const folder = createScratch('build-folder')

    await expect(readBuildInputs(aBuildSpec(folder, { context: 'nowhere' }))).rejects.toMatchObject({
      code: 'build-context-invalid', message: `The build context "${folder}/nowhere" is not a folder that can be read`,
    })
  })

  it('takes a Dockerfile from outside the context', async () => {
    const folder = createFolder({ 'docker/Dockerfile': 'FROM x', 'flows/a.py': '' })

    const inputs = await readBuildInputs(aBuildSpec(folder, { context: 'flows', dockerfile: 'docker/Dockerfile' }))

    expect(inputs.dockerfile).toBe(FOREIGN_DOCKERFILE)
    expect(inputs.entries.map(({ path }) => path)).toEqual([FOREIGN_DOCKERFILE, 'a.py'])
  })

  it('prefers the Dockerfile of the context', async () => {
    const folder = createFolder({ Dockerfile: 'FROM a', 'flows/Dockerfile': 'FROM b' })

    await expect(readBuildInputs(aBuildSpec(folder, { context: 'flows' }))).resolves.toMatchObject({ dockerfile: 'Dockerfile' })
  })

  it('skips sockets, as Docker does', async () => {
    const folder = createFolder(PROJECT)
    const server = createServer().listen(join(folder, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))

    const { entries } = await readBuildInputs(aBuildSpec(folder))
    server.close()

    expect(entries.map(({ path }) => path)).not.toContain('socket')
  })

  it('sees a file that a later step adds', async () => {
    const folder = createFolder(PROJECT)
    const before = await readBuildInputs(aBuildSpec(folder))
    writeContent(join(folder, 'generated.py'), '')

    expect((await readBuildInputs(aBuildSpec(folder))).fingerprint).not.toBe(before.fingerprint)
  })
})
