import { randomUUID } from 'node:crypto'
import { forward, json, serve, without } from './http-server.ts'
import type { Answer, Message } from './http-server.ts'

export interface CloudWorkspace {
  /** `…/api/accounts/<id>/workspaces/<id>` */
  readonly apiUrl: string
  /** The only key that is accepted, as a Bearer token. */
  readonly apiKey: string
  stop(): Promise<void>
}

/** A self-hosted server's API in the shape that Prefect Cloud has: path with account and workspace, API keys, no version, no CSRF. */
export async function startCloudProxy({ apiUrl }: { readonly apiUrl: string }): Promise<CloudWorkspace> {
  const server = new URL(apiUrl)
  const apiKey = `pnu_${randomUUID().replaceAll('-', '')}`
  const workspace = `/api/accounts/${randomUUID()}/workspaces/${randomUUID()}`
  const proxy = await serve((message) => {
    const refusal = refuse(message, workspace, apiKey)
    if (refusal !== undefined) return Promise.resolve(refusal)
    return forward({ ...message, headers: without(message.headers, 'authorization'), path: `${server.pathname}${message.path.slice(workspace.length)}` }, server.origin)
  })
  return { apiUrl: `${proxy.url}${workspace}`, apiKey, stop: () => proxy.stop() }
}

function refuse({ path, headers }: Message, workspace: string, apiKey: string): Answer | undefined {
  if (headers.authorization !== `Bearer ${apiKey}`) return json(401, { detail: 'Invalid authentication credentials' })
  if (!path.startsWith(`${workspace}/`)) return json(404, { detail: 'Not Found' })
  return /^\/(admin\/version|csrf-token)(\?|$)/.test(path.slice(workspace.length)) ? json(404, { detail: 'Not Found' }) : undefined
}
