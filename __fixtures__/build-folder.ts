import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BuildSpec } from '../src/image/fingerprint.ts'
import { createScratch } from './scratch.ts'

/** A file's text; a link's target; an empty folder. */
export type FileContent = string | { readonly text: string; readonly mode: number } | { readonly link: string } | { readonly folder: true }

/** A new folder with these files, by path. */
export function createFolder(files: Readonly<Record<string, FileContent>>): string {
  const folder = createScratch('build-folder')
  for (const [path, content] of Object.entries(files)) writeContent(join(folder, path), content)
  return folder
}

export function writeContent(path: string, content: FileContent): void {
  mkdirSync(dirname(path), { recursive: true })
  if (typeof content === 'string') writeFileSync(path, content)
  else if ('text' in content) {
    writeFileSync(path, content.text)
    chmodSync(path, content.mode)
  } else if ('link' in content) symlinkSync(content.link, path)
  else mkdirSync(path)
}

/** The build of `Dockerfile` in a folder. */
export function aBuildSpec(directory: string, overrides: Partial<BuildSpec> = {}): BuildSpec {
  return {
    directory, context: '.', dockerfile: 'Dockerfile', target: undefined, platform: undefined, buildArgs: {}, secretNames: [], salt: undefined, provenance: false,
    deploymentFiles: [], ...overrides,
  }
}
