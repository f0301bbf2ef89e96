/**
 * Answers without what differs between any two accounts at any two moments: ids, dates, hosts, credentials.
 * @param names what else is called differently, by what stands for it.
 */
export function normalise(answer: unknown, names: Readonly<Record<string, string>>): unknown {
  const text = JSON.stringify(answer, (_, value: unknown) => (isFields(value) ? cleared(value) : value)) as string | undefined
  return JSON.parse(plain(text ?? 'null', names)) as unknown
}

/** The SDK's own notes of an exchange. */
const UNSAID = ['$metadata', '$fault', 'RequestId', 'ResultMetadata']
/** Members whose values are made anew each time. */
const MADE = [
  'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'UserId', 'AssumedRoleId', 'SubjectFromWebIdentityToken', 'authorizationToken', 'uploadId', 'nextToken',
]

function cleared(fields: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    if (UNSAID.includes(key) || value === undefined) return []
    return MADE.includes(key) && typeof value === 'string' ? [[key, '(made)']] : [[key, value]]
  })
  return Object.fromEntries(entries)
}

function plain(json: string, names: Readonly<Record<string, string>>): string {
  const known = Object.entries(names).reduce((text, [name, own]) => text.replaceAll(own, `(${name})`), json)
  return known
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"(date)"')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '(id)')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '(id)')
    .replaceAll(/\b\d{16,19}\b/g, '(id)')
    .replaceAll(/\beni-[0-9a-f]+\b|\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|\bip-\d+(-\d+){3}\b|\b10(\.\d+){3}\b/g, '(network)')
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
