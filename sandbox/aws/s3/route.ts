import { CommonError } from '../error.ts'
import type { Leaves } from '../leaves.ts'
import { FROM_QUERY } from '../leaves.ts'
import type { OperationModel, ServiceModel } from '../models.ts'
import { shapeOf } from '../models.ts'
import { convert } from '../shapes.ts'
import type { RawRequest } from '../sigv4.ts'
import { headerOf } from '../sigv4.ts'

/** A request whose operation is known; `parameters` as they were sent, by the names of the model. */
export type S3Request = { readonly operationName: string; readonly model: OperationModel; readonly parameters: Readonly<Record<string, unknown>> }

/** The operations by method and by whether an object is named; a query that another operation is known by is refused later as unknown. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'GET bucket': 'ListObjectsV2', 'GET object': 'GetObject', 'HEAD object': 'HeadObject', 'PUT object': 'PutObject',
}

/** What the SDK for JavaScript puts in the query of every operation, for people. */
const FOR_PEOPLE = 'x-id'

/** @throws CommonError for what the simulator has not. */
export function routeS3(service: ServiceModel, request: RawRequest): S3Request {
  const [path = '', search = ''] = request.url.split('?', 2)
  const [bucket = '', ...key] = path.slice(1).split('/').map(decodeURIComponent)
  const query = Object.fromEntries([...new URLSearchParams(search)].filter(([name]) => name !== FOR_PEOPLE))
  const operationName = OPERATIONS[`${request.method} ${key.join('/') === '' ? 'bucket' : 'object'}`] ?? ''
  const model = service.operations[operationName]
  if (model === undefined || (operationName === 'ListObjectsV2' && query['list-type'] !== '2')) {
    throw new CommonError('unknownOperation', `The simulator does not implement ${request.method} ${request.url}`)
  }
  const members = Object.entries(shapeOf(service, model.input ?? { shape: '' }).members ?? {})
  const names = members.flatMap(([, { location, locationName = '' }]) => (location === 'querystring' ? [locationName] : []))
  const unknown = Object.keys(query).find((name) => !names.includes(name) && name !== 'list-type')
  if (unknown !== undefined) throw new CommonError('unknownOperation', `The simulator does not implement ${operationName} with ${unknown}`)
  const values = members.map(([member, { location, locationName = '' }]): [string, string | undefined] => {
    if (location === 'uri') return [member, locationName === 'Bucket' ? bucket : key.join('/')]
    const header = headerOf(request, locationName.toLowerCase())
    return [member, location === 'querystring' ? query[locationName] : location === 'header' && header !== '' ? header : undefined]
  })
  return { operationName, model, parameters: Object.fromEntries(values.filter(([, value]) => value !== undefined)) }
}

const FROM_REST: Leaves = { ...FROM_QUERY, blob: (value) => (Buffer.isBuffer(value) ? value : undefined) }

/** @throws CommonError for parameters that break a rule of the model. */
export function checkedInput(service: ServiceModel, { model, parameters }: S3Request): unknown {
  if (model.input === undefined) return {}
  const { value, problems } = convert(parameters, { model: service, shape: model.input, leaves: FROM_REST })
  const [first] = problems
  if (first !== undefined) throw new CommonError('validation', `Invalid ${first.path}: it ${first.reason}`)
  return value
}
