/** One request that reached the simulator, in the order in which they were answered. */
export type JournalEntry = {
  /** ISO 8601 */
  readonly time: string
  /** `sts`, `ecr`, `ecs`, `s3`, `logs`, `sqs`; `registry` for what the container engine asks of ECR's registry. */
  readonly service: string
  /** `UpdateService`; of the registry the HTTP method. */
  readonly operation: string
  /** Of the registry. */
  readonly path?: string
  readonly write: boolean
  /** The body as it was sent, JSON or the query's parameters; of S3 all parameters but the body. */
  readonly request: unknown
  /** HTTP status; 0 when the connection ended without an answer. */
  readonly status: number
  readonly errorCode?: string
  /** ARN, or `anonymous`. */
  readonly principal: string
}

/** Whether an operation of these services changes something. */
export function isWrite(operation: string): boolean {
  return !/^(Get|List|Describe|Batch(Get|Check)|Assume)/.test(operation)
}
