import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { authenticate } from './authentication.ts'
import { authorize } from './authorization.ts'
import { AwsError, CommonError, isCommonCode } from './error.ts'
import type { Fault } from './faults.ts'
import { faultError, takeFault } from './faults.ts'
import type { Principal } from './identity.ts'
import type { JournalEntry } from './journal.ts'
import { isWrite } from './journal.ts'
import { errorsOf } from './models.ts'
import type { Operations } from './operation.ts'
import type { Answer, Models, RoutedRequest } from './protocol.ts'
import { errorAnswer, familyOf, LEAVES, operationModel, route, successAnswer } from './protocol.ts'
import type { Problem } from './shapes.ts'
import { convert } from './shapes.ts'
import type { RawRequest } from './sigv4.ts'
import type { World } from './world.ts'
import { reportDefect } from './world.ts'

export type Api = { readonly models: Models; readonly operations: Readonly<Record<string, Operations>> }

/** What became known of a request while it was answered. */
type Exchange = { routed?: RoutedRequest; principal?: Principal; errorCode?: string }

/** Answers one request to any of the services, and notes it in the journal. */
export async function serveApi(
  api: Api,
  world: World,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const raw = { method, url, headers, body: await buffer(request) }
  world.timeline.settle()
  const exchange: Exchange = {}
  const answer = await perform(api, { world, raw, exchange })
  world.journal.push(entryOf(world, exchange, typeof answer === 'string' ? 0 : answer.status))
  if (answer === 'reset') request.socket.destroy()
  else if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end(answer.body)
}

type Performance = { readonly world: World; readonly raw: RawRequest; readonly exchange: Exchange }

async function perform(api: Api, performance: Performance): Promise<Answer | 'reset' | 'hang'> {
  const { world, raw, exchange } = performance
  const requestId = randomUUID()
  try {
    const routed = route(api.models, raw)
    exchange.routed = routed
    const fault = takeFault(world.faults, routed.service, routed.operationName)
    if (fault === 'reset' || fault === 'hang') return fault
    return successAnswer(routed, await run(api, performance, { routed, fault }), requestId)
  } catch (error) {
    const known = declared(error, world, exchange)
    exchange.errorCode = known instanceof CommonError ? known.as(familyOf(raw)).code : known.code
    return errorAnswer(known, familyOf(raw), requestId)
  }
}

type Run = { readonly routed: RoutedRequest; readonly fault: Exclude<Fault['kind'], 'reset' | 'hang'> | undefined }

/** Authenticates, checks, authorizes and does what is asked. @returns the output as it goes over the wire. */
async function run({ operations }: Api, { world, raw, exchange }: Performance, { routed, fault }: Run): Promise<unknown> {
  if (fault !== undefined) throw faultError(fault)
  const model = operationModel(routed)
  const principal = model.authtype === 'none' ? ANONYMOUS : authenticate(world, raw, signingNameOf(routed))
  exchange.principal = principal
  const operation = operations[routed.service]?.[routed.operationName]
  if (operation === undefined) {
    throw new CommonError('unknownOperation', `The simulator does not implement ${routed.service}:${routed.operationName}`)
  }
  const input = checkedInput(routed) as never // of the operation's input shape, which its parameter type describes
  const call = { world, principal }
  authorize(principal, operation.grants?.(input, call) ?? [])
  return checkedOutput(routed, await operation.run(input, call))
}

const ANONYMOUS: Principal = { arn: 'anonymous', userId: 'anonymous', identity: { policy: { Version: '2012-10-17', Statement: [] } } }

function signingNameOf({ model: { metadata } }: RoutedRequest): string {
  return metadata.signingName ?? metadata.endpointPrefix
}

function checkedInput(routed: RoutedRequest): unknown {
  const { input } = operationModel(routed)
  if (input === undefined) return {}
  const { value, problems } = convert(routed.parameters, { model: routed.model, shape: input, leaves: LEAVES[routed.family].from })
  if (problems.length > 0) throw inputError(routed, problems)
  return value
}

/** What cannot be read fails as such; what breaks a rule with the error that the operation declares for it. */
function inputError(routed: RoutedRequest, problems: readonly Problem[]): AwsError | CommonError {
  const unreadable = problems.find(({ kind }) => kind === 'type' || kind === 'unknown')
  if (unreadable !== undefined) return new CommonError('serialization', `'${unreadable.path}' ${unreadable.reason}`)
  const declared = errorsOf(routed.model, operationModel(routed))
  const code = ['InvalidParameterException', 'ClientException'].find((code) => declared.has(code))
  const details = problems.map(({ path, reason }) => `Invalid parameter at '${path}' failed to satisfy constraint: '${reason}'`).join('; ')
  if (code !== undefined) return new AwsError(code, details)
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`
  return new CommonError(
    'validation',
    `${count}: ${problems.map(({ path, reason }) => `Value at '${path}' failed to satisfy constraint: Member ${reason}`).join('; ')}`,
  )
}

/** @throws Error when the simulator's own answer is not what the model says. */
function checkedOutput(routed: RoutedRequest, output: object): unknown {
  const { output: shape } = operationModel(routed)
  if (shape === undefined) return {}
  const { value, problems } = convert(output, { model: routed.model, shape, leaves: LEAVES[routed.family].to })
  if (problems.length > 0) throw new Error(`invalid answer: ${problems.map(({ path, reason }) => `${path} ${reason}`).join('; ')}`)
  return value
}

/** An error that the operation may answer as it is; anything else is a defect of the simulator, said aloud. */
function declared(error: unknown, world: World, { routed }: Exchange): AwsError | CommonError {
  if (error instanceof CommonError) return error
  if (error instanceof AwsError && routed !== undefined && mayAnswer(routed, error.code)) return error
  const where = routed === undefined ? 'a request' : `${routed.service}:${routed.operationName}`
  const defect = error instanceof AwsError ? `${error.code} is not an error of this operation` : error
  return new CommonError('internalFailure', reportDefect(world, where, defect))
}

/** Whether the operation can answer that code, by its model or because all operations can. */
export function mayAnswer(routed: Pick<RoutedRequest, 'model' | 'operationName' | 'family'>, code: string): boolean {
  const operation = routed.model.operations[routed.operationName]
  return isCommonCode(code, routed.family) || (operation !== undefined && errorsOf(routed.model, operation).has(code))
}

function entryOf(world: World, { routed, principal, errorCode }: Exchange, status: number): JournalEntry {
  return {
    time: world.timeline.now().toISOString(),
    service: routed?.service ?? 'unknown',
    operation: routed?.operationName ?? 'unknown',
    write: routed !== undefined && isWrite(routed.operationName),
    request: routed?.parameters ?? null,
    status,
    ...(errorCode !== undefined && { errorCode }),
    principal: principal?.arn ?? 'anonymous',
  }
}
