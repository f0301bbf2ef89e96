import { isDeepStrictEqual } from 'node:util'
import type { components } from './prefect-api.d.ts'
import { contentOf, gone } from './prefect-client.ts'
import type { PrefectApi } from './prefect-client.ts'
import type { Write } from './prefect-write.ts'

type Schemas = components['schemas']

/** Makes one write to a work pool. @returns the id of one that was created. */
export async function writeWorkPool(
  api: PrefectApi, write: Write<'create-work-pool' | 'update-work-pool' | 'delete-work-pool'>,
): Promise<string | undefined> {
  switch (write.kind) {
    case 'create-work-pool':
      return createWorkPool(api, write)
    case 'update-work-pool':
      await api.routes.PATCH('/work_pools/{name}', { params: { path: { name: write.name } }, body: write.body })
      return undefined
    case 'delete-work-pool':
      await api.routes.DELETE('/work_pools/{name}', { params: { path: { name: write.name } }, fetch: gone(api) })
      return undefined
  }
}

/** A second POST would be refused: the name is taken, by the pool itself when the answer of the first one was lost. */
async function createWorkPool(api: PrefectApi, { body }: Write<'create-work-pool'>): Promise<string> {
  const sent = body as Schemas['WorkPoolCreate']
  const findAnswer = async () => {
    const fetch = api.sending({ accept: [404] })
    const { data, response } = await api.routes.GET('/work_pools/{name}', { params: { path: { name: sent.name } }, fetch })
    const isOurs = response.ok && data?.type === sent.type && isDeepStrictEqual(data.base_job_template, sent.base_job_template)
    return isOurs ? Response.json(data, { status: 201 }) : undefined
  }
  return (await contentOf(api.routes.POST('/work_pools/', { body: sent, fetch: api.sending({ findAnswer }) }))).id
}
