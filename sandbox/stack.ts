/** All parts of the sandbox together: started at the same time, seeded, and stopped without a trace. */
import { startAws } from './aws/simulator.ts'
import { startCloudProxy } from './cloud-proxy.ts'
import { startEngine } from './engine.ts'
import type { GitHub } from './github/rest.ts'
import { startGitHub } from './github/rest.ts'
import { startOidc } from './github/oidc.ts'
import { awsModels, createRunFolder } from './paths.ts'
import { startPrefect } from './prefect.ts'
import type { PrefectOptions } from './prefect.ts'
import { startPrefectRecorder } from './prefect-recorder.ts'
import { startRegistry } from './registry.ts'
import { account } from './scene.ts'
import { seedAws } from './seed-aws.ts'
import { seedPrefect } from './seed-prefect.ts'

/** Where everything is, as data that other processes can be told. */
export type Endpoints = {
  /** Data and logs of this run. */
  readonly folder: string
  readonly docker: { readonly host: string }
  /** The OCI registry behind ECR. */
  readonly registry: { readonly host: string }
  /** `url` is the endpoint of all services; `ecrHost` is what images are named after. */
  readonly aws: { readonly url: string; readonly ecrHost: string }
  /** `apiUrl` leads through the recorder at `recorder`; `directUrl` does not. */
  readonly prefect: { readonly apiUrl: string; readonly directUrl: string; readonly recorder: string; readonly version: string; readonly authString?: string }
  /** The same server in the shape of Prefect Cloud. */
  readonly cloud: { readonly apiUrl: string; readonly apiKey: string }
  readonly oidc: { readonly issuer: string; readonly jwksUrl: string; readonly secret: string }
  readonly github: Omit<GitHub, 'stop'>
}

export interface Stack {
  readonly endpoints: Endpoints
  /** Leaves nothing running. */
  stop(): Promise<void>
}

export type StackOptions = Pick<PrefectOptions, 'authString' | 'csrf' | 'database' | 'timeZones'>

type Part = { stop(): Promise<void> }

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = createRunFolder()
  const parts: Part[] = []
  const stop = async () => {
    for (const part of parts.splice(0).toReversed()) await part.stop()
  }
  try {
    return { endpoints: await startParts({ ...options, folder }, parts), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @param parts receives what has to be stopped, in the order of starting. */
async function startParts(options: PrefectOptions, parts: Part[]): Promise<Endpoints> {
  const { folder, authString } = options
  const started = <T extends Part>(part: T): T => {
    parts.push(part)
    return part
  }
  const [engine, registry, server, oidc, github] = await allStarted([
    startEngine().then(started),
    startRegistry({ folder }).then(started),
    startPrefect(options).then(started),
    startOidc().then(started),
    startGitHub().then(started),
  ])
  const aws = started(await startAws({
    models: awsModels(),
    registry: registry.host,
    issuer: { url: oidc.issuer, jwksUrl: oidc.jwksUrl },
    docker: { host: engine.host },
    accountId: account.id,
    region: account.region,
  }))
  const recorder = started(await startPrefectRecorder(server))
  const cloud = started(await startCloudProxy(recorder))
  const login = authString === undefined ? {} : { authString }
  await Promise.all([seedAws(aws.url), seedPrefect({ directUrl: server.apiUrl, ...login })])
  return {
    folder,
    docker: { host: engine.host },
    registry: { host: registry.host },
    aws: { url: aws.url, ecrHost: aws.ecrHost },
    prefect: { apiUrl: recorder.apiUrl, directUrl: server.apiUrl, recorder: recorder.url, version: server.version, ...login },
    cloud: { apiUrl: cloud.apiUrl, apiKey: cloud.apiKey },
    oidc: { issuer: oidc.issuer, jwksUrl: oidc.jwksUrl, secret: oidc.secret },
    github: { apiUrl: github.apiUrl, token: github.token, readOnlyToken: github.readOnlyToken, repository: github.repository, pullRequest: github.pullRequest },
  }
}

/** Like Promise.all, but waits for all even when one fails: what starts late has to be stopped too. */
async function allStarted<T extends readonly unknown[]>(starting: { readonly [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(starting)
  return Promise.all(starting)
}
