import type { Clock } from '../ports.ts'
import type { Send } from './prefect-retry.ts'

type Token = { readonly token: string; readonly expiration: string }

/** Renewed this long before it expires, so that it does not expire on its way. */
const MARGIN_MS = 30_000

/**
 * Signs requests to a self-hosted server whose CSRF protection is on: all but GET, so also those that only read
 * (`POST …/filter`). Only its refusal tells that it is on, and most servers do without: none is asked before. One token
 * serves all requests, until it expires or the server has forgotten it.
 * @param askToken asks `GET /csrf-token` for this client; undefined where the server does without.
 */
export function signing({ askToken, clock }: { askToken: (client: string) => Promise<Token | undefined>; clock: Clock }) {
  const client = crypto.randomUUID()
  let current: Promise<Token | undefined> | undefined

  /** Asks for a new token, unless another request has done so since `known` was found wanting. */
  const renew = async (known: typeof current): Promise<Token | undefined> => {
    if (current === known) current = askToken(client)
    const asked = current
    try {
      return await asked
    } catch (error) {
      if (current === asked) current = undefined
      throw error
    }
  }
  const sign = (request: Request, token: Token | undefined): Request => {
    if (token === undefined) return request
    request.headers.set('Prefect-Csrf-Token', token.token)
    request.headers.set('Prefect-Csrf-Client', client)
    return request
  }

  return async (request: Request, send: Send): Promise<Response> => {
    if (request.method === 'GET') return send(request)
    const known = current
    const token = await known
    const fresh = token !== undefined && isExpired(token, clock) ? await renew(known) : token
    const used = current
    const response = await send(sign(request.clone(), fresh))
    return (await isRefusal(response)) ? send(sign(request, await renew(used))) : response
  }
}

function isExpired({ expiration }: Token, clock: Clock): boolean {
  return Date.parse(expiration) - MARGIN_MS <= clock.now().getTime()
}

async function isRefusal(response: Response): Promise<boolean> {
  return response.status === 403 && (await response.clone().text()).includes('CSRF token')
}
