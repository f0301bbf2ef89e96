import type { CommonErrorKind } from '../error.ts'
import { AwsError, CommonError } from '../error.ts'

/** S3's own names and statuses for what any service may answer (S3 API reference, Error responses). */
const COMMON: Readonly<Record<CommonErrorKind, readonly [code: string, status: number]>> = {
  accessDenied: ['AccessDenied', 403],
  expiredToken: ['ExpiredToken', 400],
  incompleteSignature: ['AuthorizationHeaderMalformed', 400],
  internalFailure: ['InternalError', 500],
  invalidSignature: ['SignatureDoesNotMatch', 403],
  missingToken: ['AccessDenied', 403],
  serialization: ['InvalidRequest', 400],
  serviceUnavailable: ['ServiceUnavailable', 503],
  throttling: ['SlowDown', 503],
  unknownOperation: ['NotImplemented', 501],
  unrecognizedClient: ['InvalidAccessKeyId', 403],
  validation: ['InvalidArgument', 400],
}

const OWN = {
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  BadDigest: [400, 'The checksum you specified did not match the calculated checksum.'],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
  IncompleteBody: [400, 'The request body terminated unexpectedly'],
} as const

/** All that the simulated S3 can answer. */
export const S3_CODES: readonly string[] = [...Object.values(COMMON).map(([code]) => code), ...Object.keys(OWN)]

/** An error that only S3 has. */
export function s3Error(code: keyof typeof OWN): AwsError {
  const [status, message] = OWN[code]
  return new AwsError(code, message, status)
}

export function named(error: AwsError | CommonError): AwsError {
  if (error instanceof AwsError) return error
  const [code, status] = COMMON[error.kind]
  return new AwsError(code, error.message, status)
}
