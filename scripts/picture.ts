/**
 * `npm run picture`: pictures of the comment and the job summary of the example report, as GitHub shows them. They are
 * made by hand when the report's looks change; a unit test says when that is so.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marked } from 'marked'
import { exampleRelease, exampleReport } from '../__fixtures__/example-report.ts'
import { findProgram } from '../sandbox/command.ts'
import { formatComment } from '../src/report/comment.ts'
import { formatSummary } from '../src/report/summary.ts'

const FOLDER = join(import.meta.dirname, '../docs/pictures')
const WIDTH = 920

/** A few details are open, as after a click. */
const OPENED = /<details>(?=<summary>(?:Task definition|<code>(?:sales|reports)))/g

const pictures: Readonly<Record<string, string>> = {
  'plan-comment.png': formatComment(exampleReport()),
  'job-summary.png': formatSummary(exampleRelease()),
}

const browser = findBrowser()
const scratch = mkdtempSync(join(tmpdir(), 'picture-'))
try {
  mkdirSync(FOLDER, { recursive: true })
  for (const [name, markdown] of Object.entries(pictures)) takePicture(name, markdown)
  const hash = (markdown: string) => createHash('sha256').update(markdown).digest('hex')
  const sources = Object.fromEntries(Object.entries(pictures).map(([name, markdown]) => [name, hash(markdown)]))
  writeFileSync(join(FOLDER, 'sources.json'), `${JSON.stringify(sources, null, 2)}\n`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function findBrowser(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const found = names.map(findProgram).find((path) => path !== undefined)
  if (found === undefined) throw new Error('No browser on the PATH: install chromium (apt-get install chromium fonts-noto-color-emoji)')
  return found
}

/** As high as the page is, which the page itself tells. */
function takePicture(name: string, markdown: string): void {
  const page = join(scratch, 'page.html')
  writeFileSync(page, pageOf(markdown))
  const height = /data-height="(\d+)"/.exec(browse(page, 1000, '--dump-dom'))?.[1] ?? '1000'
  browse(page, Number(height), `--screenshot=${join(FOLDER, name)}`)
}

function browse(page: string, height: number, option: string): string {
  const profile = `--user-data-dir=${join(scratch, 'profile')}`
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', profile, `--window-size=${WIDTH},${height}`]
  return execFileSync(browser, [...options, option, `file://${page}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

function pageOf(markdown: string): string {
  const css = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'), 'utf8')
  const html = marked.parse(markdown, { gfm: true, async: false })
    .replace(/<code class="language-diff">([\s\S]*?)<\/code>/g, (_, diff: string) => `<code>${coloured(diff)}</code>`)
    .replace(OPENED, '<details open>')
  return `<!doctype html><meta charset="utf-8"><style>${css}
    body { margin: 0; padding: 20px; background: #fff }
    details { margin-bottom: 8px }
    .i { background: #dafbe1; color: #116329 } .d { background: #ffebe9; color: #82071e } .c { background: #ffd8b5; color: #953800 }
  </style><article class="markdown-body">${html}</article>
  <script>document.documentElement.dataset.height = document.documentElement.scrollHeight</script>`
}

/** GitHub's colours of a diff. */
function coloured(diff: string): string {
  const classes: Readonly<Record<string, string>> = { '+': 'i', '-': 'd', '!': 'c' }
  return diff.split('\n').map((line) => `<span class="${classes[line.charAt(0)] ?? ''}">${line}</span>`).join('\n')
}
