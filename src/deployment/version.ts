import type { Planned, PlannedObject } from '../planned.ts'
import type { DeploymentConfig } from './deployment-config.ts'
import type { Flow } from '../flow.ts'
import type { Rendering } from './rendering.ts'

type VersionOptions = { readonly flow: Flow; readonly environment: Readonly<Record<string, string>> }

/**
 * `version` as `prefect deploy` chooses it: the file's, the commit's first eight characters, the flow's. And, when
 * the file wants a `version_type`, `version_info` with where it comes from; older servers refuse that key.
 */
export function versionOf(config: DeploymentConfig, rendering: Rendering, { flow, environment }: VersionOptions): PlannedObject {
  const given = rendering.render(config.version ?? null, 'here', ['version'])
  const commit = environment.GITHUB_SHA?.slice(0, 8)
  const version = given === undefined || given === null || given === '' ? (commit ?? flow.version) : given
  const info = versionInfo(config, rendering, { version: version ?? '', environment })
  return { version, ...(info !== undefined && { version_info: info }) }
}

function versionInfo(
  { versionType, locationOf, name }: DeploymentConfig,
  { problems }: Rendering,
  { version, environment }: { readonly version: Planned; readonly environment: Readonly<Record<string, string>> },
): PlannedObject | undefined {
  if (versionType === undefined) return undefined
  if (versionType === 'prefect:simple') return { type: versionType, version }
  const { GITHUB_SHA: sha, GITHUB_REF_NAME: branch = '', GITHUB_REPOSITORY: repository = '', GITHUB_SERVER_URL: server = '' } = environment
  if ((versionType === 'vcs:github' || versionType === 'vcs:git') && sha !== undefined) {
    return { type: versionType, version, commit_sha: sha, message: '', branch, repository, url: `${server}/${repository}/tree/${sha}` }
  }
  problems.push({
    code: 'prefect-file-invalid',
    message: `deployment "${name}": version_type ${versionType} needs what this runner does not know`,
    hint: 'On GitHub it is vcs:github.',
    location: locationOf('version_type'),
  })
  return undefined
}
