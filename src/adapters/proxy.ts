import { HttpClient } from '@actions/http-client'

/** What `fetch` needs to go through the proxy of the environment: Node's knows no HTTPS_PROXY and NO_PROXY. */
export function proxyOf(url: string): Pick<RequestInit, 'dispatcher'> {
  const dispatcher: unknown = new HttpClient().getAgentDispatcher(url)
  // The same class of another release of undici than the one that types fetch.
  return dispatcher === undefined ? {} : { dispatcher: dispatcher as NonNullable<RequestInit['dispatcher']> }
}
