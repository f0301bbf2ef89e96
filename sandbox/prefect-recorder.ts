import { startRecordingProxy } from './recording-proxy.ts'
import type { Exchange } from './recording-proxy.ts'

/** Prefect asks questions by POST too. */
const QUESTION = /\/(filter|paginate|count|count-deployments|get_scheduled_flow_runs|related-to\/[^/]+)(\?|$)/

/** A recording proxy in front of a Prefect server. @returns its own API URL. */
export async function startPrefectRecorder({ apiUrl }: { readonly apiUrl: string }) {
  const proxy = await startRecordingProxy({ target: new URL(apiUrl).origin, isWrite: isPrefectWrite })
  return { url: proxy.url, apiUrl: `${proxy.url}${new URL(apiUrl).pathname}`, stop: () => proxy.stop() }
}

/** Whether the request can change anything on the server. */
export function isPrefectWrite({ method, path }: Pick<Exchange, 'method' | 'path'>): boolean {
  return method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && QUESTION.test(path))
}
