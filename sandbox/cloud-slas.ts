import { json } from './http-server.ts'
import type { Answer, Message } from './http-server.ts'

type Sla = { readonly name: string; readonly [field: string]: unknown }

/** What Prefect Cloud keeps of service level agreements, which the open-source server does not have. */
export interface CloudSlas {
  /** Undefined for a request that is about something else; `path` as below `/api` of a self-hosted server. */
  answer(message: Pick<Message, 'method' | 'body'>, path: string): Answer | undefined
  /** Those of a deployment. */
  of(deployment: string): readonly Sla[]
}

const ROUTE = /^\/slas\/apply-resource-slas\/(prefect\.deployment\.[^/]+)$/
const KEYS = ['name', 'severity', 'enabled', 'owner_resource', 'duration', 'within', 'stale_after']

/** Matches by name, as _experimental/sla/client.py says: what is not in the list is deleted. */
export function createCloudSlas(): CloudSlas {
  const kept = new Map<string, readonly Sla[]>()
  return {
    of: (deployment) => kept.get(`prefect.deployment.${deployment}`) ?? [],
    answer: ({ method, body }, path) => {
      const resource = ROUTE.exec(path)?.[1]
      if (resource === undefined || method !== 'POST') return undefined
      const slas = JSON.parse(body.toString()) as readonly Sla[]
      const isTaken = slas.every((sla) => sla.owner_resource === resource && Object.keys(sla).every((key) => KEYS.includes(key)))
      if (!isTaken || new Set(namesOf(slas)).size < slas.length) return json(422, { detail: 'Not a list of SLAs of this resource' })
      const before = namesOf(kept.get(resource) ?? [])
      kept.set(resource, slas)
      return json(200, {
        created: slas.filter(({ name }) => !before.includes(name)),
        updated: slas.filter(({ name }) => before.includes(name)),
        deleted: before.filter((name) => !namesOf(slas).includes(name)).map((name) => ({ name })),
      })
    },
  }
}

function namesOf(slas: readonly Sla[]): string[] {
  return slas.map(({ name }) => name)
}
