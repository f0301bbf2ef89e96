import { describe, expect, it } from '@jest/globals'
import { rendered } from '../../__fixtures__/rendered.ts'
import { HOSTILE } from '../../__fixtures__/report-situations.ts'
import { code, cut, details, fenced, htmlCode, link, plain, table, textBlock } from '../../src/report/markdown.ts'

describe('inline code', () => {
  it.each<[string, string, string]>([
    ['text', 'etl/nightly', '`etl/nightly`'],
    ['nothing', '', '` `'],
    ['spaces only', '  ', '` `'],
    ['a backtick', 'a`b', '``a`b``'],
    ['more backticks than the usual fence has', 'a``b', '```a``b```'],
    ['a backtick at its start', '`a', '`` `a ``'],
    ['a backtick at its end', 'a`', '`` a` ``'],
    ['nothing but backticks', '```', '```` ``` ````'],
    ['line breaks', 'a\r\n  b\nc\rd', '`a b c d`'],
    ['a line break and a fence', '```\n<script>', '```` ``` <script> ````'],
    ['HTML, which code shows', '<!-- x -->', '`<!-- x -->`'],
    ['a mention, which code is none', '@octocat', '`@octocat`'],
    ['a colour of a terminal as its number', '\u001B[31mred', '`\\u{1b}[31mred`'],
    ['text that turns around as its number', 'a\u202Eb', '`a\\u{202e}b`'],
    ['what cannot be seen as its number', 'a\u200Bb\uFEFFc', '`a\\u{200b}b\\u{feff}c`'],
    ['half of a character as its number', 'a\uD800b', '`a\\u{d800}b`'],
  ])('keeps %s', (_, text, expected) => {
    expect(code(text)).toBe(expected)
  })
})

describe('plain text', () => {
  it.each<[string, string, string]>([
    ['a sentence', 'It runs worker:4 and goes to worker:5.', 'It runs worker:4 and goes to worker:5.'],
    ['emphasis', '**a** _b_ ~~c~~', '\\*\\*a\\*\\* \\_b\\_ \\~\\~c\\~\\~'],
    ['a link', '[a](b)', '\\[a\\](b)'],
    ['code', '`a`', '\\`a\\`'],
    ['a list after a line break', 'a\n\n- b', 'a - b'],
    ['HTML', '<img src=x onerror=y>', '&lt;img src=x onerror=y&gt;'],
    ['a comment, which would hide the rest', '<!-- rest', '&lt;!-- rest'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['a formula', '$a$', '&#36;a&#36;'],
    ['a mention', 'ask @octocat or @acme/team', 'ask @\u200Boctocat or @\u200Bacme/team'],
    ['a reference', '#123, acme/flows#9 and GH-7', '#\u200B123, acme/flows#\u200B9 and GH-\u200B7'],
    ['an address', 'https://x.example and www.x.example', 'https:\u200B//x.example and www\u200B.x.example'],
  ])('cannot be %s', (_, text, expected) => {
    expect(plain(text)).toBe(expected)
  })
})

describe('a link', () => {
  it.each<[string, string | null, string]>([
    ['a page', 'https://prefect.example/a?b=c', '[x](https://prefect.example/a?b=c)'],
    ['an address that would end the link', 'https://prefect.example/a)b|c`', '[x](https://prefect.example/a%29b%7cc%60)'],
    ['nothing', null, 'x'],
    ['no address', 'deployments/1', 'x'],
    ['a script', 'javascript:alert(1)', 'x'],
    ['an address without end', `https://prefect.example/${'a'.repeat(1000)}`, 'x'],
  ])('leads to %s, or is its text', (_, address, expected) => {
    expect(link('x', address)).toBe(expected)
  })
})

describe('a block of lines', () => {
  it('is fenced by more backticks than it has', () => {
    expect(fenced('diff', ['+ a: ````', '- b'])).toBe('`````diff\n+ a: ````\n- b\n`````')
  })

  it('keeps a line break of a value on the line of the value', () => {
    expect(fenced('diff', ['+ a: 1\n- b: 2'])).toBe('```diff\n+ a: 1 - b: 2\n```')
  })

  it.each(['```', '~~~', '<!-- x -->', '</details>', '    ```'])('is not ended by a line %s', (line) => {
    const { code: blocks, elements, comments } = rendered(`${fenced('text', [line, line])}\n\nafter`)

    expect(blocks).toHaveLength(1)
    expect([...elements].sort()).toEqual(['body', 'code', 'head', 'html', 'p', 'pre'])
    expect(comments).toEqual([])
  })
})

describe('a table', () => {
  it('has a header, a line below it and the rows', () => {
    expect(table(['a', 'b'], [['1', '2'], ['3', '']])).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |')
  })

  it.each(['p|q', '\\|', '\\\\|', '\\\\\\|', '|', '||', HOSTILE])('keeps its cells apart with %j in them', (text) => {
    const { rows } = rendered(table(['a', 'b'], [[code(text), plain(text)], [plain(text), code(text)]]))

    expect(rows).toEqual([2, 2, 2])
  })
})

describe('text in HTML', () => {
  it('is shown as it is', () => {
    const { code: texts } = rendered(details(htmlCode('a"b</code></summary>&amp; **c**'), 'body'))

    expect(texts).toEqual(['a"b</code></summary>&amp; **c**'])
  })
})

describe('a text that is cut', () => {
  it.each<[string, number, string]>([
    ['abc', 3, 'abc'], ['abcd', 3, 'abc…'], ['ab😀c', 3, 'ab…'], ['a😀bc', 3, 'a😀…'],
  ])('%s to %d is %s', (text, length, expected) => {
    expect(cut(text, length)).toBe(expected)
  })
})

describe('a text of several lines', () => {
  it.each<[string, string, number, string]>([
    ['keeps its lines', 'a\nb\r\nc', 10, '```text\na\nb\nc\n```'],
    ['is cut', 'a\nbcd', 3, '```text\na\nb…\n```'],
    ['is as long as it is seen', '\u202E\u202E', 8, '```text\n\\u{202e}…\n```'],
  ])('%s', (_, text, length, expected) => {
    expect(textBlock(text, length)).toBe(expected)
  })
})
