import type { InputReader } from './input-reader.ts'
import { isPrefectCloud } from '../prefect-cloud.ts'

export type PrefectInputs = {
  /** Without trailing slash; empty only for a plan without credentials. */
  readonly apiUrl: string
  readonly apiKey: string | undefined
  readonly authString: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

export function readPrefectInputs(reader: InputReader): PrefectInputs {
  const apiUrl = (reader.text('prefect-api-url', 'PREFECT_API_URL') ?? '').replace(/\/+$/, '')
  if (apiUrl !== '' && !/^https?:$/.test(URL.parse(apiUrl)?.protocol ?? '')) reader.problem('prefect-api-url', `"${apiUrl}" is not an http(s) URL`)
  return {
    apiUrl,
    apiKey: reader.text('prefect-api-key', 'PREFECT_API_KEY'),
    authString: reader.text('prefect-api-auth-string', 'PREFECT_API_AUTH_STRING'),
    headers: readHeaders(reader),
  }
}

/** Keeps a problem when there is no server, which only a plan without credentials can do without. */
export function requirePrefect({ apiUrl }: PrefectInputs, reader: InputReader): void {
  if (apiUrl === '') reader.problem('prefect-api-url', 'is missing', 'Set prefect-api-url or the variable PREFECT_API_URL.')
}

/** Whether there is no way to Prefect; `isOpen`: a self-hosted server that asks for no login may be meant. */
export function lacksPrefect({ apiUrl, apiKey, authString }: PrefectInputs, isOpen: boolean): boolean {
  const url = URL.parse(apiUrl)
  const hasLogin = apiKey !== undefined || authString !== undefined
  return url === null ? apiUrl === '' : !hasLogin && (!isOpen || isPrefectCloud(url))
}

/** What must not be shown, the Basic header and the password alone too. */
export function secretsOfPrefect({ apiKey, authString, headers }: PrefectInputs): string[] {
  const basic = authString === undefined ? [] : [authString, authString.slice(authString.indexOf(':') + 1), Buffer.from(authString).toString('base64')]
  return [...(apiKey === undefined ? [] : [apiKey]), ...basic, ...Object.values(headers)]
}

function readHeaders(reader: InputReader): Readonly<Record<string, string>> {
  const text = reader.text('prefect-headers', 'PREFECT_CLIENT_CUSTOM_HEADERS')
  if (text === undefined) return {}
  try {
    const headers: unknown = JSON.parse(text)
    if (headers !== null && typeof headers === 'object' && Object.values(headers).every((value) => typeof value === 'string')) {
      return headers as Record<string, string>
    }
  } catch {
    // Said below, without the text: headers hold secrets.
  }
  reader.problem('prefect-headers', 'is not a JSON object of strings', 'For example {"CF-Access-Client-Id": "…"}.')
  return {}
}
