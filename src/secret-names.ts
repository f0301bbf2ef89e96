/** Variables and options are named freely: this finds the usual words, and hides rather one too many. */
const SECRET = /secret|token|passw|pwd|passphrase|credential|(api|private|access|account)[-_]?key|auth(?!or)|dsn|conn(ection)?[-_]?str/i
/** An ARN or the name of a block says where a secret is, not what it is. */
const WHEREABOUTS = /(arn|name|block|id)$/i
/** `postgresql://user:password@host` */
const URL_WITH_PASSWORD = /:\/\/[^/\s:@]*:[^/\s@]+@/

/** Whether a parameter, a job variable or an environment variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name) && !WHEREABOUTS.test(name)
}

/** Whether a text holds a secret, whatever it is called. */
export function isSecretText(text: string): boolean {
  return URL_WITH_PASSWORD.test(text)
}
