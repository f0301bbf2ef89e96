/** The pages that people read, and the code in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../paths.ts'

/** @returns all pages of this repository, `README.md` and so on, relative to it. */
export function pages(): string[] {
  const folders = ['docs', 'examples', '.github'].flatMap((folder) => {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`)
  })
  return [...readdirSync(root), ...folders].filter((name) => name.endsWith('.md')).toSorted()
}

/** A page's text. */
export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

/** The texts of a page's YAML blocks. */
export function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
}

/** Those of them that are whole workflows. */
export function workflowBlocks(markdown: string): string[] {
  return yamlBlocks(markdown).filter((text) => isWorkflow(parse(text) as unknown))
}

function isWorkflow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'jobs' in value
}
