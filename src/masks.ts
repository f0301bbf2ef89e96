import type { Log } from './ports.ts'

/** A log that remembers what it was told to mask, for what the runner does not mask. */
export function rememberingMasks(log: Log): { readonly log: Log; readonly masked: ReadonlySet<string> } {
  const masked = new Set<string>()
  const mask = (secret: string) => {
    masked.add(secret)
    log.mask(secret)
  }
  return { log: { ...log, mask }, masked }
}
