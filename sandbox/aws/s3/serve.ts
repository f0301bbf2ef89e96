import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import XMLBuilder from 'fast-xml-builder'
import { authenticate } from '../authentication.ts'
import { AwsError, CommonError } from '../error.ts'
import { faultError, takeFault } from '../faults.ts'
import type { Principal } from '../identity.ts'
import { TO_XML } from '../leaves.ts'
import type { ServiceModel } from '../models.ts'
import { convert } from '../shapes.ts'
import type { RawRequest } from '../sigv4.ts'
import type { World } from '../world.ts'
import { reportDefect } from '../world.ts'
import { readBody } from './body.ts'
import { named } from './error.ts'
import type { S3Answer } from './operations.ts'
import { s3Operations } from './operations.ts'
import type { S3Request } from './route.ts'
import { checkedInput, routeS3 } from './route.ts'

/** Whether a request is for S3, by its signature, or because no other service here has paths. */
export function isS3Request({ url = '/', headers }: IncomingMessage): boolean {
  return headers.authorization?.includes('/s3/aws4_request') === true || !/^\/(\?|$)/.test(url)
}

type Exchange = { routed?: S3Request; principal?: Principal }

/** Answers one request to S3, buckets in the path, and notes it in the journal. */
export async function serveS3(
  model: ServiceModel | undefined,
  world: World,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  if (model === undefined) throw new Error('There is no model of S3')
  const { method = 'GET', url = '/', headers } = request
  const raw = { method, url, headers, body: await buffer(request) }
  world.timeline.settle()
  const exchange: Exchange = {}
  const requestId = randomUUID()
  const answer = perform({ model, world, raw, exchange })
  const isError = answer instanceof AwsError
  const status = answer === 'reset' || answer === 'hang' ? 0 : isError ? answer.status : 200
  note(world, exchange, { method, status, ...(isError && { errorCode: answer.code }) })
  if (answer === 'reset') request.socket.destroy()
  else if (isError) send(response, { status, requestId, method }, { document: { Error: { Code: answer.code, Message: answer.message, RequestId: requestId } } })
  else if (answer !== 'hang') send(response, { status, requestId, method }, rendered(model, answer))
}

type Performance = { readonly model: ServiceModel; readonly world: World; readonly raw: RawRequest; readonly exchange: Exchange }

function perform({ model, world, raw, exchange }: Performance): S3Answer | AwsError | 'reset' | 'hang' {
  try {
    const routed = routeS3(model, raw)
    exchange.routed = routed
    const fault = takeFault(world.faults, 's3', routed.operationName)
    if (fault === 'reset' || fault === 'hang') return fault
    if (fault !== undefined) throw faultError(fault)
    const principal = authenticate(world, raw, 's3')
    exchange.principal = principal
    const body = readBody(raw)
    const operation = s3Operations[routed.operationName]
    if (operation === undefined) throw new CommonError('unknownOperation', `The simulator does not implement s3:${routed.operationName}`)
    return operation(checkedInput(model, routed) as never, { world, principal }, body) // of the operation's input shape
  } catch (error) {
    if (error instanceof AwsError || error instanceof CommonError) return named(error)
    return named(new CommonError('internalFailure', reportDefect(world, `s3:${exchange.routed?.operationName ?? ''}`, error)))
  }
}

type Sent = { readonly headers?: Readonly<Record<string, string>>; readonly document?: object; readonly content?: Buffer }

/** @throws Error when the simulator's own answer is not what the model says. */
function rendered(model: ServiceModel, { document, ...answer }: S3Answer): Sent {
  if (document === undefined) return answer
  const { value, problems } = convert(document, { model, shape: { shape: 'ListObjectsV2Output' }, leaves: TO_XML })
  if (problems.length > 0) throw new Error(`invalid answer: ${problems.map(({ path, reason }) => `${path} ${reason}`).join('; ')}`)
  return { ...answer, document: { ListBucketResult: { '@xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', ...(value as object) } } }
}

/** An answer to HEAD has no body, not even one that says what went wrong. */
function send(response: ServerResponse, { status, requestId, method }: { status: number; requestId: string; method: string }, { headers, document, content }: Sent): void {
  const xml = document && new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' }).build(document)
  response.writeHead(status, { 'x-amz-request-id': requestId, ...(xml !== undefined && { 'content-type': 'application/xml' }), ...headers })
  response.end(method === 'HEAD' ? undefined : (content ?? xml))
}

type Noted = { readonly method: string; readonly status: number; readonly errorCode?: string }

function note({ journal, timeline }: World, { routed, principal }: Exchange, { method, status, errorCode }: Noted): void {
  journal.push({
    time: timeline.now().toISOString(),
    service: 's3',
    operation: routed?.operationName ?? 'unknown',
    write: method !== 'GET' && method !== 'HEAD',
    request: routed?.parameters ?? null,
    status,
    ...(errorCode !== undefined && { errorCode }),
    principal: principal?.arn ?? 'anonymous',
  })
}
