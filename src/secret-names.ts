/** Variables and options are named freely: this finds the usual words, and hides rather one too many. */
const SECRET = new RegExp([
  'secret|token|pass[-_]?w|pwd|pass[-_]?phrase|credential|(api|private|access|account|ssh)[-_]?key|[-_]key$|(^|[-_])pat$',
  'auth(?!or)|dsn|conn(ection)?[-_]?str|web[-_]?hook',
].join('|'), 'i')
/** An ARN or the name of a block says where a secret is, not what it is. */
const WHEREABOUTS = /(^|[-_])(arn|name|block|id)$/i
/** Where the next word of `secretArn` begins. */
const NEXT_WORD = /(?<=[a-z0-9])(?=[A-Z])/g
/** `postgresql://user:password@host` */
const URL_WITH_PASSWORD = /:\/\/[^/\s:@]*:[^/\s@]+@/

/** Whether a parameter, a job variable or an environment variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const words = name.replace(NEXT_WORD, '_')
  return SECRET.test(words) && !WHEREABOUTS.test(words)
}

/** Whether a text holds a secret, whatever it is called. */
export function isSecretText(text: string): boolean {
  return URL_WITH_PASSWORD.test(text)
}
