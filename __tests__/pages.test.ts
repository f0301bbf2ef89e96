import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { marked } from 'marked'
import type { Token } from 'marked'
import { parse } from 'yaml'
import { pages, readPage, yamlBlocks } from '../sandbox/examples/pages.ts'

const root = join(import.meta.dirname, '..')
const { inputs } = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as { inputs: Readonly<Record<string, unknown>> }

describe.each(pages())('%s', (page) => {
  it('links to pages, files and headings that there are', () => {
    expect(linksOf(readPage(page)).flatMap((link) => deadLink(page, link))).toEqual([])
  })

  it('has no YAML that cannot be read, and no input of the action that there is not', () => {
    const named = yamlBlocks(readPage(page)).flatMap((text) => inputsIn(parse(text)))
    expect(named.filter((name) => inputs[name] === undefined)).toEqual([])
  })
})

describe('the pages', () => {
  it('are all found', () => {
    expect(pages()).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/README.md', 'examples/work-pool/README.md']))
  })

  it('are each one link away from the order of docs/README.md', () => {
    const linked = linksOf(readPage('docs/README.md')).map((link) => normalize(join('docs', link.replace(/#.*/, ''))))
    const meant = pages().filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')

    expect(meant.filter((page) => !linked.includes(page))).toEqual([])
  })

  it('know a dead link when they see one', () => {
    expect(deadLink('README.md', 'docs/nothing.md')).toEqual(['docs/nothing.md'])
    expect(deadLink('README.md', 'docs/rollouts.md#no-such-heading')).toEqual(['docs/rollouts.md#no-such-heading'])
    expect(deadLink('docs/errors.md', 'rollouts.md#the-worker')).toEqual([])
    expect(deadLink('docs/errors.md', 'warnings.md#pool-shared')).toEqual([])
    expect(deadLink('README.md', 'https://docs.prefect.io')).toEqual([])
  })
})

describe.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s', (page) => {
  it('names files that there are', () => {
    const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    const named = filesNamed(readPage(page))

    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((file) => !existsSync(join(root, file)) && !isAmong(source, file))).toEqual([])
  })

  it('names scripts of npm that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Readonly<Record<string, string>> }
    const named = [...readPage(page).matchAll(/`(?:npm run )?((?:check|lint):[\w-]+|(?<=npm run )[\w:-]+)/g)].map(([, name = '']) => name)

    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

describe('docs/facts.md', () => {
  it('names for each fact a test that there is', () => {
    const tests = readdirSync(join(root, '__tests__'), { recursive: true, encoding: 'utf8' })
    const named = [...readPage('docs/facts.md').matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, file = '']) => file)

    expect(named.length).toBeGreaterThan(50)
    expect(named.filter((file) => !isAmong(tests, file))).toEqual([])
  })
})

/** @param name a path, or the end of one, as `plan.ts` for those of all layers; folders end with a slash. */
function isAmong(files: readonly string[], name: string): boolean {
  const end = name.replace(/\/$/, '')
  return files.some((file) => file === end || file.endsWith(`/${end}`))
}

/** Where links and pictures of a page lead; code has none. */
function linksOf(markdown: string): string[] {
  const links: string[] = []
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (isLink(token)) links.push(token.href)
  })
  return links
}

function isLink(token: Token): token is Token & { readonly href: string } {
  return (token.type === 'link' || token.type === 'image') && 'href' in token
}

/** @returns the link, when what it leads to is of this repository and is not there. */
function deadLink(page: string, link: string): string[] {
  if (/^[a-z]+:/.test(link)) return []
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(root, target))) return [link]
  return anchor === undefined || anchorsOf(readPage(target)).includes(anchor) ? [] : [link]
}

/** What GitHub lets a link jump to: a heading in small letters without its punctuation, and ids. */
function anchorsOf(markdown: string): string[] {
  const headings = marked.lexer(markdown).flatMap((token) => (token.type === 'heading' && 'text' in token ? [String(token.text)] : []))
  const slugs = headings.map((text) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'))
  return [...slugs, ...[...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]
}

/** The inputs that steps of a block give to this action, wherever in it they are. */
function inputsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'uses' in value && String(value.uses).startsWith('org/prefect-ecs-deploy@') && 'with' in value && typeof value.with === 'object'
  return [...(own ? Object.keys(value.with ?? {}) : []), ...Object.values(value).flatMap((item) => inputsIn(item))]
}

/** The files and folders that a page names in code, without examples of names that anybody may give. */
function filesNamed(markdown: string): string[] {
  const code = [...markdown.matchAll(/`([^`\n]+)`/g), ...markdown.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  const names = code.flatMap((text) => text.match(/[\w.-]*(?:\/[\w.-]+)*\/?[\w-]+\.(?:ts|md|yml|yaml|json|py|sh)\b|\b[\w.-]+(?:\/[\w.-]+)*\/(?![\w*])/g) ?? [])
  return names.filter((name) => !/NAME|prefect\.yaml|plan\.json/.test(name))
}
