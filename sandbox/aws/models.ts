import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** `location` and `locationName` are of the REST protocols: where in a request or an answer a member is, and under which name. */
export type Reference = {
  readonly shape: string
  readonly location?: 'header' | 'headers' | 'querystring' | 'uri' | 'statusCode'
  readonly locationName?: string
}

/** A shape of a botocore model; which fields a shape has depends on its type. */
export type Shape = {
  readonly type: 'structure' | 'list' | 'map' | 'string' | 'blob' | 'boolean' | 'timestamp' | 'integer' | 'long' | 'float' | 'double'
  readonly members?: Readonly<Record<string, Reference>>
  /** Of the REST protocols: the member that is the body. */
  readonly payload?: string
  readonly required?: readonly string[]
  readonly member?: Reference
  readonly key?: Reference
  readonly value?: Reference
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
  /** Of an exception: the code of the query protocols, where it differs from the shape's name. */
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number }
}

export type OperationModel = {
  readonly name: string
  readonly input?: Reference
  readonly output?: Reference & { readonly resultWrapper?: string }
  readonly errors?: readonly Reference[]
  readonly authtype?: string
  readonly http?: { readonly method: string; readonly requestUri: string }
}

/** One service as botocore describes it (`service-2.json.gz`), without the prose. */
export type ServiceModel = {
  readonly metadata: {
    readonly protocol: string
    readonly endpointPrefix: string
    readonly signingName?: string
    readonly jsonVersion?: string
    readonly targetPrefix?: string
    readonly xmlNamespace?: string
    readonly awsQueryCompatible?: object
  }
  readonly operations: Readonly<Record<string, OperationModel>>
  readonly shapes: Readonly<Record<string, Shape>>
}

/** @param folder botocore's `data` folder. @param service its folder in there, as `ecs`; the newest API version counts. */
export function loadModel(folder: string, service: string): ServiceModel {
  const version = readdirSync(join(folder, service)).sort().at(-1)
  if (version === undefined) throw new Error(`botocore has no model of ${service} in ${folder}`)
  const file = gunzipSync(readFileSync(join(folder, service, version, 'service-2.json.gz')))
  return JSON.parse(file.toString()) as ServiceModel // botocore's own schema
}

/** @throws Error when the model has no such shape. */
export function shapeOf(model: ServiceModel, { shape: name }: Reference): Shape {
  const shape = model.shapes[name]
  if (shape === undefined) throw new Error(`The model has no shape ${name}`)
  return shape
}

/** Codes and statuses that the operation declares. */
export function errorsOf(model: ServiceModel, operation: OperationModel): ReadonlyMap<string, number> {
  return new Map(
    (operation.errors ?? []).map((reference) => {
      const { error } = shapeOf(model, reference)
      return [error?.code ?? reference.shape, error?.httpStatusCode ?? 400]
    }),
  )
}
