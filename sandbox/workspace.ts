import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { root } from './paths.ts'

const sampleProject = join(root, 'examples/project')

/** A checkout: a copy of the sample project with one commit. @param folder where the copy is made. @returns its path. */
export function checkOut(folder: string): Promise<string> {
  return createWorkspace(folder, sampleProject)
}

/** The same of another project. */
export async function createWorkspace(folder: string, project: string): Promise<string> {
  const workspace = mkdtempSync(join(folder, 'checkout-'))
  cpSync(project, workspace, { recursive: true })
  await run(['git', '-C', workspace, 'init', '--quiet', '--initial-branch', 'main'])
  await commitAll(workspace, 'Add the flows')
  return workspace
}

/** Commits all that is in a checkout, and makes a commit also when nothing has changed. @returns the commit. */
export async function commitAll(workspace: string, message: string): Promise<string> {
  const git = ['git', '-C', workspace, '-c', 'user.name=sandbox', '-c', 'user.email=sandbox@example.com']
  await run([...git, 'add', '--all'])
  await run([...git, 'commit', '--quiet', '--allow-empty', '--message', message])
  return run([...git, 'rev-parse', 'HEAD'])
}

/** Replaces text in a file of a checkout. @throws Error when it is not there. */
export function edit(workspace: string, file: string, before: string, after: string): void {
  const path = join(workspace, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(before)) throw new Error(`${file} has no ${JSON.stringify(before)}`)
  writeFileSync(path, text.replaceAll(before, after))
}
