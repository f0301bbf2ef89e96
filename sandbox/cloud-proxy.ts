import { randomUUID } from 'node:crypto'
import { createCloudSlas } from './cloud-slas.ts'
import type { CloudSlas } from './cloud-slas.ts'
import { forward, json, serve, without } from './http-server.ts'
import type { Answer, Message } from './http-server.ts'

export interface CloudWorkspace {
  /** `…/api/accounts/<id>/workspaces/<id>` */
  readonly apiUrl: string
  /** The only key that is accepted, as a Bearer token. */
  readonly apiKey: string
  /** What only Prefect Cloud has. */
  readonly slas: CloudSlas
  stop(): Promise<void>
}

/**
 * A self-hosted server's API in the shape that Prefect Cloud has: path with account and workspace, API keys, service
 * level agreements, no version, no CSRF.
 */
export async function startCloudProxy({ apiUrl }: { readonly apiUrl: string }): Promise<CloudWorkspace> {
  const server = new URL(apiUrl)
  const apiKey = `pnu_${randomUUID().replaceAll('-', '')}`
  const workspace = `/api/accounts/${randomUUID()}/workspaces/${randomUUID()}`
  const slas = createCloudSlas()
  const proxy = await serve((message) => {
    const refusal = refuse(message, workspace, apiKey)
    const path = message.path.slice(workspace.length)
    const own = refusal ?? slas.answer(message, path)
    if (own !== undefined) return Promise.resolve(own)
    return forward({ ...message, headers: without(message.headers, 'authorization'), path: `${server.pathname}${path}` }, server.origin)
  })
  return { apiUrl: `${proxy.url}${workspace}`, apiKey, slas, stop: () => proxy.stop() }
}

function refuse({ path, headers }: Message, workspace: string, apiKey: string): Answer | undefined {
  if (headers.authorization !== `Bearer ${apiKey}`) return json(401, { detail: 'Invalid authentication credentials' })
  if (!path.startsWith(`${workspace}/`)) return json(404, { detail: 'Not Found' })
  return /^\/(admin\/version|csrf-token)(\?|$)/.test(path.slice(workspace.length)) ? json(404, { detail: 'Not Found' }) : undefined
}
