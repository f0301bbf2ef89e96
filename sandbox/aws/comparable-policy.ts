/** IAM cares neither for the order of members and lists nor whether a single value is in one; equal results are equal policies. */
export function comparablePolicy(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? comparablePolicy(value[0]) : value.map((item) => comparablePolicy(item)).sort(byText)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparablePolicy(item)] as const).sort(byText))
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
