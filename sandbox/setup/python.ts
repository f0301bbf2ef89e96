import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../command.ts'
import { awsTools, cache, jobTemplate, prefectTemplate, root, venv } from '../paths.ts'
import { startPrefect } from '../prefect.ts'
import { runStep } from './step.ts'

const requirements = join(root, 'sandbox/requirements.txt')
const awsRequirements = join(root, 'sandbox/requirements-aws.txt')
const zizmor = join(cache, 'zizmor')
const ZIZMOR = 'zizmor==1.32.0'

/** Prefect's server and worker, and with them AWS's service models, in an environment of their own. */
export async function installPython(): Promise<void> {
  await runStep({
    name: 'python',
    inputs: [readFileSync(requirements, 'utf8')],
    makes: [join(venv, 'bin/prefect')],
    work: (log) => installRequirements(venv, requirements, log),
  })
}

/** moto_server and the linters of CloudFormation, in an environment of their own: they pin what Prefect's pins otherwise. */
export async function installAwsTools(): Promise<void> {
  await runStep({
    name: 'aws-tools',
    inputs: [readFileSync(awsRequirements, 'utf8')],
    makes: ['moto_server', 'cfn-lint', 'checkov'].map((program) => join(awsTools, 'bin', program)),
    work: (log) => installRequirements(awsTools, awsRequirements, log),
  })
}

/** The linter of workflow files, in an environment of its own. */
export async function installZizmor(): Promise<void> {
  await runStep({
    name: 'zizmor',
    inputs: [ZIZMOR],
    makes: [join(zizmor, 'bin/zizmor')],
    work: async (log) => {
      await run(['python3', '-m', 'venv', zizmor], { log })
      await run([join(zizmor, 'bin/pip'), 'install', '--disable-pip-version-check', ZIZMOR], { log })
    },
  })
}

async function installRequirements(environment: string, file: string, log: string): Promise<void> {
  rmSync(environment, { recursive: true, force: true })
  await run(['python3', '-m', 'venv', environment], { log })
  await run([join(environment, 'bin/pip'), 'install', '--disable-pip-version-check', '-r', file], { log })
}

/** prefect-aws's job template, and a server's home with its database migrated and its block types registered: a copy of it starts in half the time. */
export async function preparePrefect(): Promise<void> {
  await runStep({
    name: 'prefect',
    inputs: [readFileSync(requirements, 'utf8')],
    makes: [prefectTemplate, jobTemplate],
    work: async () => {
      await writeJobTemplate()
      const folder = mkdtempSync(join(tmpdir(), 'prefect-'))
      try {
        await writePrefectTemplate(folder)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  })
}

async function writePrefectTemplate(folder: string): Promise<void> {
  const server = await startPrefect({ folder, template: false })
  await server.stop()
  rmSync(prefectTemplate, { recursive: true, force: true })
  mkdirSync(prefectTemplate)
  cpSync(join(server.home, 'prefect.db'), join(prefectTemplate, 'prefect.db'))
}

async function writeJobTemplate(): Promise<void> {
  const program = 'import json; from prefect_aws.workers import ECSWorker; print(json.dumps(ECSWorker.get_default_base_job_template()))'
  writeFileSync(jobTemplate, await run([join(venv, 'bin/python'), '-c', program]))
}
