/** Every workflow that a reader is told to copy: the files of examples/workflows and the blocks of the README. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../paths.ts'

const folder = join(root, 'examples/workflows')

/** @param scratch where the README's blocks become files, `README-1.yml` and so on. @returns paths. */
export function exampleWorkflows(scratch: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml')).toSorted().map((name) => join(folder, name))
  return [...files, ...writeBlocks(readFileSync(join(root, 'README.md'), 'utf8'), scratch)]
}

/** The README's workflow is the one of deploy.yml in short, and is tried like it. */
export function sceneNameOf(workflow: string): string {
  return basename(workflow).startsWith('README-') ? 'deploy.yml' : basename(workflow)
}

/** The texts of the YAML blocks of a page that are whole workflows. */
export function workflowBlocks(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  return blocks.filter((text) => isWorkflow(parse(text) as unknown))
}

function isWorkflow(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'jobs' in value
}

function writeBlocks(markdown: string, scratch: string): string[] {
  mkdirSync(scratch, { recursive: true })
  return workflowBlocks(markdown).map((text, index) => {
    const path = join(scratch, `README-${index + 1}.yml`)
    writeFileSync(path, text)
    return path
  })
}
