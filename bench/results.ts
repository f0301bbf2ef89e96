/** What one run did, by the account of the proxy in front of the server. */
export type Measured = {
  /** From the start of the process to its end. */
  readonly seconds: number
  /** Requests to the Prefect API, but for those that {@link isCounted} leaves out. */
  readonly requests: number
  readonly writes: number
  /** The same requests once more, one after the other by a client that does nothing else: what the server alone takes. */
  readonly serverSeconds?: number
}

/** `new`: none is there; `changed`: a field of each; `unchanged`: none. */
export const CASES = ['new', 'changed', 'unchanged'] as const
export type Case = (typeof CASES)[number]

/** `cli` is undefined where `prefect deploy` was not waited for. */
export type Comparison = { readonly size: number; readonly case: Case; readonly ours: Measured; readonly cli: Measured | undefined }

/** Its last line, for programs; `requests` and `writes` are ours. */
export type Summary = {
  readonly [size: string]: { readonly [each in Case]: Measured & { readonly ratio?: number; readonly cli?: Measured } }
}

/** How many times faster than `prefect deploy`. */
export function ratioOf(ours: Measured, cli: Measured): number {
  return cli.seconds / ours.seconds
}

export function describe({ size, case: kind, ours, cli }: Comparison): string {
  const told = ({ seconds, requests, writes }: Measured) => `${seconds.toFixed(1)} s, ${requests} requests, ${writes} writes`
  const alone = ours.serverSeconds === undefined ? '' : ` (the server alone ${ours.serverSeconds.toFixed(1)} s)`
  const beside = cli === undefined ? '' : `; prefect deploy ${told(cli)}: ${ratioOf(ours, cli).toFixed(1)} times faster`
  return `${size} deployments, ${kind}: this action ${told(ours)}${alone}${beside}`
}

export function summarize(comparisons: readonly Comparison[]): Summary {
  const sizes = [...new Set(comparisons.map(({ size }) => size))]
  return Object.fromEntries(sizes.map((size) => {
    const cases = comparisons.filter((each) => each.size === size)
    return [size, Object.fromEntries(cases.map(({ case: kind, ours, cli }) => [kind, { ...(cli !== undefined && { ratio: rounded(ratioOf(ours, cli)), cli }), ...ours }]))]
  })) as Summary // each size has all cases
}

function rounded(ratio: number): number {
  return Math.round(ratio * 10) / 10
}
