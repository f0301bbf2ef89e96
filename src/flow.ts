import type { JsonObject } from './planned.ts'

/** A flow as it is in the image. */
export type Flow = {
  readonly entrypoint: string
  readonly name: string
  readonly description: string | null
  readonly version: string | null
  /** Prefect's parameter schema, exactly what `prefect deploy` sends as `parameter_openapi_schema`. */
  readonly parameterSchema: JsonObject
}
