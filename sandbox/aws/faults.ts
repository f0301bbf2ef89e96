import { AwsError, CommonError } from './error.ts'

/** What is to go wrong with the next requests; `hang` never answers, `reset` ends the connection. */
export type Fault = {
  /** As in the journal. */
  readonly service: string
  /** As in the journal, or `*`. */
  readonly operation: string
  times: number
  readonly kind: 'throttle' | '500' | '503' | 'reset' | 'hang' | FaultyAnswer
}

export type FaultyAnswer = { readonly code: string; readonly message: string; readonly status: number }

/** The next fault for that operation, which is used up by it. */
export function takeFault(faults: readonly Fault[], service: string, operation: string): Fault['kind'] | undefined {
  const fault = faults.find((fault) => fault.times > 0 && fault.service === service && ['*', operation].includes(fault.operation))
  if (fault !== undefined) fault.times -= 1
  return fault?.kind
}

/** The error that a fault is answered with. */
export function faultError(kind: Exclude<Fault['kind'], 'reset' | 'hang'>): AwsError | CommonError {
  switch (kind) {
    case 'throttle':
      return new CommonError('throttling', 'Rate exceeded')
    case '500':
      return new CommonError('internalFailure', 'The request processing has failed because of an unknown error, exception or failure.')
    case '503':
      return new CommonError('serviceUnavailable', 'The request has failed due to a temporary failure of the server.')
    default:
      return new AwsError(kind.code, kind.message, kind.status)
  }
}
