/** Every workflow that a reader is told to copy: the files of examples/workflows and the whole workflows of all pages. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../paths.ts'
import { pages, readPage, workflowBlocks } from './pages.ts'

const folder = join(root, 'examples/workflows')

/** @param scratch where the blocks of pages become files, `README-1.yml`, `docs-migration-1.yml` and so on. @returns paths. */
export function exampleWorkflows(scratch: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml')).toSorted().map((name) => join(folder, name))
  mkdirSync(scratch, { recursive: true })
  return [...files, ...pages().flatMap((page) => writeBlocks(page, scratch))]
}

/**
 * How a workflow is tried: one of a page like deploy.yml, of which it is a short form, unless there is a scene of its own.
 * @param scenes names of the scenes that there are.
 */
export function sceneNameOf(workflow: string, scenes: readonly string[]): string {
  const name = basename(workflow)
  return dirname(workflow) === folder || scenes.includes(name) ? name : 'deploy.yml'
}

/** What the file of a page's block is called, counted from 1. */
export function blockName(page: string, index: number): string {
  return `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${index}.yml`
}

function writeBlocks(page: string, scratch: string): string[] {
  return workflowBlocks(readPage(page)).map((text, index) => {
    const path = join(scratch, blockName(page, index + 1))
    writeFileSync(path, text)
    return path
  })
}
