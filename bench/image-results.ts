export const IMAGE_CASES = ['unchanged', 'one flow changed', 'requirements changed'] as const
export type ImageCase = (typeof IMAGE_CASES)[number]

/** From the start of the process to its end, in seconds. */
export type ImageComparison = { readonly case: ImageCase; readonly ours: number; readonly buildx: number }

export function describeImage({ case: kind, ours, buildx }: ImageComparison): string {
  return `${kind}: this action's whole release ${ours.toFixed(1)} s; docker buildx build --push alone ${buildx.toFixed(1)} s`
}

export function imageTable(comparisons: readonly ImageComparison[]): string {
  const rows = comparisons.map(({ case: kind, ours, buildx }) => [kind, `${ours.toFixed(1)} s`, `${buildx.toFixed(1)} s`])
  const header = ['case', 'this action, the whole release', '`docker buildx build --push` alone']
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
