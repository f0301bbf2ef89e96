import createClient from 'openapi-fetch'
import type { JsonObject } from '../planned.ts'
import type { PrefectApi } from './prefect-client.ts'
import type { Write } from './prefect-write.ts'

/** Prefect Cloud only, so not in the open-source server's OpenAPI document; see _experimental/sla/client.py. */
type SlaPaths = {
  '/slas/apply-resource-slas/{resource_id}': {
    post: {
      parameters: { path: { resource_id: string } }
      requestBody: { content: { 'application/json': readonly JsonObject[] } }
      responses: { 200: { content: { 'application/json': JsonObject } } }
    }
  }
}

/** Replaces all service level agreements of a deployment; each says whose it is. */
export async function applySlas(api: PrefectApi, { deployment, body }: Write<'apply-slas'>): Promise<void> {
  const resource = `prefect.deployment.${deployment}`
  const routes = createClient<SlaPaths>({ baseUrl: api.address.base, fetch: api.sending({}) })
  await routes.POST('/slas/apply-resource-slas/{resource_id}', {
    params: { path: { resource_id: resource } }, body: body.map((sla) => ({ ...sla, owner_resource: resource })),
  })
}
