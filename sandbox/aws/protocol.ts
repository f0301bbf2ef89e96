import XMLBuilder from 'fast-xml-builder'
import type { AwsError } from './error.ts'
import { CommonError } from './error.ts'
import type { Leaves } from './leaves.ts'
import { FROM_JSON, FROM_QUERY, TO_JSON, TO_XML } from './leaves.ts'
import type { OperationModel, ServiceModel } from './models.ts'
import type { RawRequest } from './sigv4.ts'
import { headerOf } from './sigv4.ts'

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** Models by the folder that botocore keeps them in, which is also what IAM calls the service. */
export type Models = Readonly<Record<string, ServiceModel>>

/** A request whose service and operation are known; `parameters` is its body, not yet checked. */
export type RoutedRequest = {
  readonly service: string
  readonly operationName: string
  readonly model: ServiceModel
  readonly parameters: unknown
  readonly family: Family
}

export type Family = 'json' | 'query'

/** How each family of protocols writes leaves. */
export const LEAVES: Readonly<Record<Family, { readonly from: Leaves; readonly to: Leaves }>> = {
  json: { from: FROM_JSON, to: TO_JSON },
  query: { from: FROM_QUERY, to: TO_XML },
}

/**
 * Which operation a request calls: JSON services say so in a header, query services in the body.
 * @throws CommonError when no model has it, or when its JSON cannot be read.
 */
export function route(models: Models, request: RawRequest): RoutedRequest {
  const target = headerOf(request, 'x-amz-target')
  return target === '' ? routeQuery(models, request) : routeJson(models, { request, target })
}

export function familyOf(request: RawRequest): Family {
  return headerOf(request, 'x-amz-target') === '' ? 'query' : 'json'
}

export function successAnswer({ family, model, operationName }: RoutedRequest, output: unknown, requestId: string): Answer {
  if (family === 'json') return jsonAnswer(200, { version: model.metadata.jsonVersion ?? '1.1', requestId, body: output })
  const result = { [`${operationName}Result`]: output, ResponseMetadata: { RequestId: requestId } }
  return xmlAnswer(200, { [`${operationName}Response`]: { '@xmlns': model.metadata.xmlNamespace ?? '', ...result } }, requestId)
}

export function errorAnswer(error: AwsError | CommonError, family: Family, requestId: string): Answer {
  const { code, status } = error instanceof CommonError ? error.as(family) : error
  const fault = status < 500 ? 'Sender' : 'Receiver'
  if (family === 'query') {
    const Error = { Type: fault, Code: code, Message: error.message }
    return xmlAnswer(status, { ErrorResponse: { '@xmlns': STS_NAMESPACE, Error, RequestId: requestId } }, requestId)
  }
  const answer = jsonAnswer(status, { version: '1.1', requestId, body: { __type: code, message: error.message } })
  const queryCode = QUERY_CODES[code]
  return queryCode === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${queryCode};${fault}` } }
}

const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** SQS moved from query to JSON; its clients still know errors by their query codes, which a header repeats. */
const QUERY_CODES: Readonly<Record<string, string>> = { QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue' }

function routeJson(models: Models, { request, target }: { readonly request: RawRequest; readonly target: string }): RoutedRequest {
  const [prefix, operationName = ''] = target.split('.', 2)
  const [service, model] = Object.entries(models).find(([, { metadata }]) => metadata.targetPrefix === prefix) ?? []
  if (service === undefined || model === undefined) throw new CommonError('unknownOperation', `The simulator does not know ${target}`)
  return known({ service, operationName, model, parameters: parseJson(request.body.toString()), family: 'json' })
}

function routeQuery(models: Models, request: RawRequest): RoutedRequest {
  const {
    Action: operationName = '',
    Version: version = '',
    ...parameters
  } = Object.fromEntries(new URLSearchParams(request.body.toString()))
  const model = models.sts
  if (model === undefined || version !== '2011-06-15') {
    throw new CommonError(
      'unknownOperation',
      `The simulator knows no query service with version '${version}' and action '${operationName}'`,
    )
  }
  return known({ service: 'sts', operationName, model, parameters: nest(parameters), family: 'query' })
}

function known(request: RoutedRequest): RoutedRequest {
  if (request.operationName in request.model.operations) return request
  throw new CommonError('unknownOperation', `Could not find operation ${request.operationName} of ${request.service}`)
}

/** The routed operation's model, which {@link route} has found. */
export function operationModel({ model, operationName }: RoutedRequest): OperationModel {
  const operation = model.operations[operationName]
  if (operation === undefined) throw new Error(`No model of ${operationName}`)
  return operation
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    throw new CommonError('serialization', 'The request body is not valid JSON')
  }
}

/** `PolicyArns.member.1.arn=x` is `{ PolicyArns: [{ arn: 'x' }] }`. */
function nest(parameters: Readonly<Record<string, string>>): unknown {
  const names = new Set(Object.keys(parameters).map((key) => key.split('.', 1)[0] ?? ''))
  const entries = [...names].map((name): [string, unknown] => {
    const inner = Object.entries(parameters).filter(([key]) => key.startsWith(`${name}.`))
    return [name, parameters[name] ?? nest(Object.fromEntries(inner.map(([key, value]) => [key.slice(name.length + 1), value])))]
  })
  const nested = Object.fromEntries(entries)
  return typeof nested.member === 'object' && nested.member !== null ? Object.values(nested.member) : nested
}

function jsonAnswer(status: number, { version, requestId, body }: { version: string; requestId: string; body: unknown }): Answer {
  return {
    status,
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amzn-requestid': requestId },
    body: JSON.stringify(body),
  }
}

function xmlAnswer(status: number, document: object, requestId: string): Answer {
  const body = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' }).build(document)
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body }
}
