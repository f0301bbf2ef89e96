import type { ScalarTag } from 'yaml'

type Report = (problem: string) => void

/**
 * What a plain scalar means to PyYAML's SafeLoader, with its own expressions (yaml/resolver.py, 6.0): YAML 1.1, but
 * `y` and `n` are text, an exponent needs a sign and a dot, an octal number has no 8. Order matters.
 */
export const PYYAML_SCALARS: ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/, (text) =>
    ['yes', 'true', 'on'].includes(text.toLowerCase())),
  scalar('float', either(
    /[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?/,
    /\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?/,
    /[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*/,
    /[-+]?\.(?:inf|Inf|INF)/,
    /\.(?:nan|NaN|NAN)/,
  ), float),
  scalar('int', either(
    /[-+]?0b[0-1_]+/,
    /[-+]?0[0-7_]+/,
    /[-+]?(?:0|[1-9][0-9_]*)/,
    /[-+]?0x[0-9a-fA-F_]+/,
    /[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+/,
  ), integer),
  scalar('timestamp', either(
    /\d{4}-\d{2}-\d{2}/,
    /\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::\d{2})?))?/,
  ), timestamp),
]

function scalar(name: string, test: RegExp, resolve: (text: string, report: Report) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve }
}

function either(...forms: readonly RegExp[]): RegExp {
  return new RegExp(`^(?:${forms.map(({ source }) => source).join('|')})$`)
}

function integer(text: string, report: Report): number {
  const value = signed(text, (digits) => {
    if (digits.includes(':')) return sexagesimal(digits)
    return /^0[bx]/.test(digits) ? Number(digits) : parseInt(digits, /^0./.test(digits) ? 8 : 10)
  })
  if (!Number.isSafeInteger(value)) report(`${text} is too large to be exact; put it in quotes`)
  return value
}

function float(text: string, report: Report): number {
  const value = signed(text.toLowerCase(), (digits) => (digits.includes(':') ? sexagesimal(digits) : Number(digits)))
  if (!Number.isFinite(value)) report(`${text} has no form in JSON; put it in quotes`)
  return value
}

function signed(text: string, read: (digits: string) => number): number {
  const digits = text.replaceAll('_', '')
  return digits.startsWith('-') ? 0 - read(digits.slice(1)) : read(digits.replace(/^\+/, ''))
}

/** `12:30:00` is 45000: base 60, as clock times are written. */
function sexagesimal(digits: string): number {
  return digits.split(':').reduce((value, digit) => value * 60 + Number(digit), 0)
}

/** A date stays text in JSON, in the form that Prefect's models give it: `2026-01-31`, `2026-01-31T08:00:00Z`. */
function timestamp(text: string, report: Report): string {
  const parts = /^(\d{4})-(\d+)-(\d+)(?:(?:[Tt]|[ \t]+)(\d+):(\d+):(\d+)(?:\.(\d*))?[ \t]*(Z|[-+].*)?)?$/.exec(text)
  const [year = '', month = '', day = '', hour, minute = '', second = '', fraction = '', zone = ''] = (parts ?? []).slice(1)
  const date = [year, two(month), two(day)].join('-')
  if (Number.isNaN(Date.parse(date)) || new Date(date).getUTCDate() !== Number(day)) report(`${text} is not a date`)
  if (hour === undefined) return date
  const time = [two(hour), minute, second].join(':')
  if (Number.isNaN(Date.parse(`${date}T${time}Z`))) report(`${text} is not a time`)
  return `${date}T${time}${/[1-9]/.test(fraction) ? `.${fraction.slice(0, 6).padEnd(6, '0')}` : ''}${offset(zone)}`
}

function offset(zone: string): string {
  const [hours = '', minutes = '00'] = zone.slice(1).split(':')
  return /^[-+]/.test(zone) && /[1-9]/.test(zone) ? `${zone.slice(0, 1)}${two(hours)}:${minutes}` : zone === '' ? '' : 'Z'
}

function two(digits: string): string {
  return digits.padStart(2, '0')
}
