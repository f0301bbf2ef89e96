import { describe, expect, it } from '@jest/globals'
import { code, plain, table } from '../../src/report/markdown.ts'

describe('inline code', () => {
  it.each<[string, string, string]>([
    ['text', 'etl/nightly', '`etl/nightly`'],
    ['nothing', '', '` `'],
    ['a backtick', 'a`b', '``a`b``'],
    ['more backticks than the usual fence has', 'a``b', '```a``b```'],
    ['a backtick at its start', '`a', '`` `a ``'],
    ['a backtick at its end', 'a`', '`` a` ``'],
    ['nothing but backticks', '```', '```` ``` ````'],
    ['line breaks', 'a\r\n  b\nc\rd', '`a b c d`'],
    ['a line break and a fence', '```\n<script>', '```` ``` <script> ````'],
    ['HTML, which code shows', '<!-- x -->', '`<!-- x -->`'],
    ['a mention, which code is none', '@octocat', '`@octocat`'],
  ])('keeps %s', (_, text, expected) => {
    expect(code(text)).toBe(expected)
  })
})

describe('plain text', () => {
  it.each<[string, string, string]>([
    ['a sentence', 'It runs worker:4 and goes to worker:5.', 'It runs worker:4 and goes to worker:5.'],
    ['emphasis', '**a** _b_ ~~c~~', '\\*\\*a\\*\\* \\_b\\_ \\~\\~c\\~\\~'],
    ['a link', '[a](https://x.example)', '\\[a\\]\\(https://x.example\\)'],
    ['an image', '![a](b)', '\\!\\[a\\]\\(b\\)'],
    ['code', '`a`', '\\`a\\`'],
    ['a heading after a line break', 'a\n# b', 'a \\# b'],
    ['a list after a line break', 'a\n\n- b', 'a - b'],
    ['HTML', '<img src=x onerror=y>', '&lt;img src=x onerror=y&gt;'],
    ['a comment, which would hide the rest', '<!-- rest', '&lt;\\!-- rest'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['a mention', 'ask @octocat or @acme/team', 'ask @\u200Boctocat or @\u200Bacme/team'],
  ])('cannot be %s', (_, text, expected) => {
    expect(plain(text)).toBe(expected)
  })
})

describe('a table', () => {
  it('has a header, a line below it and the rows', () => {
    expect(table(['a', 'b'], [['1', '2'], ['3', '']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |')
  })

  it('keeps its cells apart, whatever is in them', () => {
    expect(table(['a', 'b'], [['`x|y`', 'p|q']])).toBe('| a | b |\n| --- | --- |\n| `x\\|y` | p\\|q |')
  })
})
