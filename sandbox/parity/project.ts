import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { checkOut, commitAll } from '../workspace.ts'
import { casesFolder } from './cases.ts'
import type { ParityCase } from './cases.ts'
import { flowModule } from './flow-module.ts'
import { entrypointsOf, foldersOf } from './mentions.ts'

/**
 * One checkout for all cases, so that one image serves them all: the sample project with the cases' flows in the place
 * of its own, and every case as a Prefect file beside them, which the image does not depend on. Flow modules that
 * neither the cases nor `source` have are made up.
 * @param source the folder that somebody else's Prefect file lies in, whose modules are taken.
 */
export async function createProject(folder: string, cases: readonly ParityCase[], source = casesFolder): Promise<string> {
  const workspace = await checkOut(folder)
  for (const name of ['flows', 'prefect.yaml']) rmSync(join(workspace, name), { recursive: true })
  writeFileSync(join(workspace, '.dockerignore'), '*.yaml\n.git\n')
  writeFileSync(join(workspace, 'Dockerfile'), dockerfile(foldersOf(cases.map(({ file }) => file))))
  for (const parityCase of cases) {
    writeFileSync(join(workspace, fileOf(parityCase)), parityCase.file)
    addModules(workspace, parityCase, source)
  }
  if (source === casesFolder) cpSync(join(source, 'flows'), join(workspace, 'flows'), { recursive: true })
  await commitAll(workspace, 'Deploy the cases')
  return workspace
}

/** Name of a case's Prefect file in the project. */
export function fileOf({ name }: ParityCase): string {
  return `${name}.yaml`
}

/** Like the sample's, but with all modules, in every folder where pull steps look for them as well. */
function dockerfile(folders: readonly string[]): string {
  return `FROM python:3.11-slim-bookworm
WORKDIR /opt/flows
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
${['.', ...folders].map((folder) => `COPY . ${folder}/\n`).join('')}`
}

function addModules(workspace: string, { file }: ParityCase, source: string): void {
  const entrypoints = entrypointsOf(file)
  for (const module of new Set(entrypoints.map(({ module }) => module))) {
    const [given, target] = [join(source, module), join(workspace, module)]
    mkdirSync(dirname(target), { recursive: true })
    if (existsSync(given)) cpSync(given, target)
    else writeFileSync(target, flowModule(entrypoints.filter((entrypoint) => entrypoint.module === module)))
  }
}
