/** An error that the called operation declares in its model; the code is checked against it before it is sent. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

type Named = { readonly code: string; readonly status: number }

/**
 * What any operation may answer, by the two families of protocols: JSON services name these errors otherwise than
 * query services (STS) do.
 */
const COMMON = {
  accessDenied: { json: { code: 'AccessDeniedException', status: 400 }, query: { code: 'AccessDenied', status: 403 } },
  expiredToken: { json: { code: 'ExpiredTokenException', status: 400 }, query: { code: 'ExpiredToken', status: 403 } },
  incompleteSignature: { json: { code: 'IncompleteSignatureException', status: 400 }, query: { code: 'IncompleteSignature', status: 403 } },
  internalFailure: { json: { code: 'InternalFailure', status: 500 }, query: { code: 'InternalFailure', status: 500 } },
  invalidSignature: { json: { code: 'InvalidSignatureException', status: 400 }, query: { code: 'SignatureDoesNotMatch', status: 403 } },
  missingToken: {
    json: { code: 'MissingAuthenticationTokenException', status: 400 },
    query: { code: 'MissingAuthenticationToken', status: 403 },
  },
  serialization: { json: { code: 'SerializationException', status: 400 }, query: { code: 'MalformedInput', status: 400 } },
  serviceUnavailable: { json: { code: 'ServiceUnavailableException', status: 503 }, query: { code: 'ServiceUnavailable', status: 503 } },
  throttling: { json: { code: 'ThrottlingException', status: 400 }, query: { code: 'Throttling', status: 400 } },
  unknownOperation: { json: { code: 'UnknownOperationException', status: 400 }, query: { code: 'InvalidAction', status: 400 } },
  unrecognizedClient: { json: { code: 'UnrecognizedClientException', status: 400 }, query: { code: 'InvalidClientTokenId', status: 403 } },
  validation: { json: { code: 'ValidationException', status: 400 }, query: { code: 'ValidationError', status: 400 } },
} satisfies Record<string, Record<'json' | 'query', Named>>

export type CommonErrorKind = keyof typeof COMMON

/** An error that every operation may answer; its code and status depend on the protocol. */
export class CommonError extends Error {
  readonly kind: CommonErrorKind

  constructor(kind: CommonErrorKind, message: string) {
    super(message)
    this.kind = kind
  }

  as(family: 'json' | 'query'): Named {
    return COMMON[this.kind][family]
  }
}

/** Whether some operation of that family may answer the code without declaring it. */
export function isCommonCode(code: string, family: 'json' | 'query'): boolean {
  return Object.values(COMMON).some((names) => names[family].code === code)
}
