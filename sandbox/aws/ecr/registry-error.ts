import { AwsError, CommonError } from '../error.ts'

/** An error of the registry's HTTP API. */
export class RegistryError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Any error as the registry answers it. */
export function asRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error
  if (error instanceof AwsError) return new RegistryError(error.status, error.code, error.message)
  if (!(error instanceof CommonError)) return new RegistryError(500, 'UNKNOWN', error instanceof Error ? error.message : String(error))
  if (error.kind === 'throttling') return new RegistryError(429, 'TOOMANYREQUESTS', error.message)
  return new RegistryError(error.as('json').status, 'UNAVAILABLE', error.message)
}
