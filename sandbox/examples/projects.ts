/** The sample project as the examples' comments describe theirs. */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isSeq, parseDocument } from 'yaml'
import { root } from '../paths.ts'
import { family } from '../scene.ts'
import { edit } from '../workspace.ts'
import type { Values } from './scene.ts'

const MODULES = { orders: 'flows/orders.py', reports: 'flows/report.py' } as const

/** The projects of a monorepo. */
export const projects = ['orders', 'reports'] as const satisfies readonly (keyof typeof MODULES)[]

/** A project of its own for the flows of each module, in `projects/<name>`, with a family of its own. */
export function splitIntoProjects(workspace: string): void {
  for (const name of projects) {
    const project = join(workspace, 'projects', name)
    cpSync(join(root, 'examples/project'), project, { recursive: true })
    edit(project, 'task-definition.json', `"family": "${family}"`, `"family": "${name}"`)
    keepDeployments(join(project, 'prefect.yaml'), MODULES[name])
    for (const module of Object.values(MODULES)) if (module !== MODULES[name]) rmSync(join(project, module))
    rmSync(join(project, 'flows/retention.py'))
  }
  for (const part of ['prefect.yaml', 'Dockerfile', 'requirements.txt', 'task-definition.json', 'flows']) rmSync(join(workspace, part), { recursive: true })
}

/** Code in S3 instead of in the image. */
export function useCodeInS3(workspace: string): Values {
  cpSync(join(root, 'examples/code-in-s3'), workspace, { recursive: true })
  return {}
}

/** Its deployments run in the pool of examples/work-pool. */
export function moveToPool(workspace: string, pool: string): Values {
  cpSync(join(root, 'examples/work-pool/ecs.json'), join(workspace, 'work-pool.json'))
  edit(workspace, 'prefect.yaml', 'name: ecs', `name: ${pool}`)
  return {}
}

/** A Dockerfile in a folder of its own, with a stage, an argument and a secret. */
export function addBuildFolder(workspace: string): Values {
  mkdirSync(join(workspace, 'deploy'))
  renameSync(join(workspace, 'Dockerfile'), join(workspace, 'deploy/Dockerfile'))
  edit(workspace, 'deploy/Dockerfile', 'FROM python:3.11-slim-bookworm', 'FROM python:3.11-slim-bookworm AS runtime\nARG LOG_FORMAT')
  edit(workspace, 'deploy/Dockerfile', 'RUN pip', 'RUN --mount=type=secret,id=pip-token,required=true pip')
  return {}
}

function keepDeployments(path: string, module: string): void {
  const document = parseDocument(readFileSync(path, 'utf8'))
  const deployments = document.get('deployments')
  if (!isSeq(deployments)) throw new Error(`${path} has no deployments`)
  deployments.items = deployments.items.filter((item) => isMap(item) && String(item.get('entrypoint')).startsWith(module))
  writeFileSync(path, document.toString())
}
