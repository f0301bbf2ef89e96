/** What the runner keeps out of its log. */

/** A mask hides the value, each of its lines, and their common encodings. */
export function maskedForms(secret: string): string[] {
  const values = [secret, ...secret.split(/\r?\n/)].filter((value) => value.trim() !== '')
  return [...new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...base64Forms(value)]))]
}

export function mask(text: string, masks: ReadonlySet<string>): string {
  return [...masks].toSorted((left, right) => right.length - left.length).reduce((masked, value) => masked.replaceAll(value, '***'), text)
}

/** The middle of the value's base64 at each of the three offsets it can have in a longer text. */
function base64Forms(value: string): string[] {
  const encoded = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]).toString('base64').replaceAll('=', '')
    return text.slice(Math.ceil((offset * 4) / 3), -1)
  })
  return encoded.filter((text) => text.length >= 8)
}
