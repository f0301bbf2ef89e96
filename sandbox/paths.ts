/** Where the sandbox keeps its things: all under `.sandbox/`, which git ignores, but sockets, whose paths must be short. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './process.ts'

export const root = join(import.meta.dirname, '..')
export const cache = join(root, '.sandbox')
export const bin = join(cache, 'bin')
export const venv = join(cache, 'venv')
/** moto and the linters of CloudFormation. */
export const awsTools = join(cache, 'aws-tools')
export const node = join(root, 'node_modules/.bin/node')
/** The sample project's base image, as the engine imports it. */
export const baseImageArchive = join(cache, 'base-image.tar')
/** What a Prefect server's home starts from. */
export const prefectTemplate = join(cache, 'prefect-template')
/** prefect-aws's default base job template of an ECS work pool. */
export const jobTemplate = join(cache, 'ecs-job-template.json')

/** A folder for one run of the sandbox: data and logs. Those of runs whose process has ended are removed. */
export function createRunFolder(): string {
  const runs = join(cache, 'run')
  mkdirSync(runs, { recursive: true })
  for (const name of readdirSync(runs)) {
    if (!isAlive(Number.parseInt(name))) rmSync(join(runs, name), { recursive: true, force: true })
  }
  return mkdtempSync(join(runs, `${process.pid}-`))
}

/** AWS's own service models, which come with botocore. */
export function awsModels(): string {
  return join(sitePackages(), 'botocore/data')
}

/** prefect-aws, with the ECS worker. */
export function prefectAwsSource(): string {
  return join(sitePackages(), 'prefect_aws')
}

function sitePackages(): string {
  const libraries = join(venv, 'lib')
  const [python = ''] = readdirSync(libraries).filter((name) => name.startsWith('python'))
  return join(libraries, python, 'site-packages')
}
