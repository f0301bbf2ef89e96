import { CLOUD_WORKSPACE, isPrefectCloud } from '../prefect-cloud.ts'

/** Where a Prefect API is, and who asks. */
export type PrefectAddress = {
  /** The API's URL without credentials and trailing slash; every route is relative to it. */
  readonly base: string
  readonly isCloud: boolean
  /** `user:password` of the URL itself, which fetch refuses and other clients send as Basic authentication. */
  readonly userInfo: string | undefined
}

export function readAddress(apiUrl: string): PrefectAddress {
  const url = new URL(apiUrl)
  const userInfo = url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  const base = `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  return { base, isCloud: isPrefectCloud(url), userInfo }
}

/** Web page of a deployment, for people: Cloud has it on another host, a server beside its API. */
export function pageOf(base: string, deploymentId: string): string {
  const url = new URL(base)
  const [, account, workspace] = CLOUD_WORKSPACE.exec(url.pathname) ?? []
  const path = `deployments/deployment/${deploymentId}`
  if (account === undefined || workspace === undefined) return `${base.replace(/\/api$/, '')}/${path}`
  return `${url.origin.replace('//api.', '//app.')}/account/${account}/workspace/${workspace}/${path}`
}

/** The API's URL where the given one is a page of the Cloud's user interface, as copied from a browser. */
export function apiUrlOfPage(base: string): string | undefined {
  const [, account, workspace] = PAGE.exec(base) ?? []
  return account === undefined || workspace === undefined
    ? undefined
    : `https://api.prefect.cloud/api/accounts/${account}/workspaces/${workspace}`
}

const PAGE = /\/\/app\.prefect\.cloud\/account\/([^/]+)\/workspace\/([^/]+)/
