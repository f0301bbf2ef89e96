import { isSecretName } from '../secret-names.ts'

/** `NAME=value`, `name: value`, `"name": "value"`; the value to the next space or quote. */
const ASSIGNMENT = /(["']?)([\w.-]+)\1(\s*[=:]\s*)(["']?)([^\s"',;&]+)/g
/** Prefect's API keys, AWS's access keys and session keys, and what follows `Bearer` or `Basic`. */
const KEYS = /\bpn[ub]_\w+|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?<=\b(?:Bearer|Basic)\s)[\w.~+/=-]+/gi
/** `postgresql://user:password@host` */
const PASSWORD = /(?<=:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g

/**
 * A line of a container's log without what looks like a secret: the runner masks what this step knows, and a
 * container knows others.
 */
export function redact(line: string): string {
  const withoutKeys = line.replace(PASSWORD, '***').replace(KEYS, '***')
  return withoutKeys.replace(ASSIGNMENT, (all: string, quote: string, name: string, sign: string, open: string) =>
    isSecretName(name) ? `${quote}${name}${quote}${sign}${open}***` : all)
}
