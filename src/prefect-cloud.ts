/** Whether an API is Prefect Cloud's, which answers nobody without a key; a proxy may have it on another host. */
export function isPrefectCloud({ hostname, pathname }: URL): boolean {
  return hostname === 'api.prefect.cloud' || CLOUD_WORKSPACE.test(pathname)
}

/** Path of a workspace's API, with the ids of account and workspace. */
export const CLOUD_WORKSPACE = /\/api\/accounts\/([^/]+)\/workspaces\/([^/]+)\/?$/
