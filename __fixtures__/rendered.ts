import { marked } from 'marked'
import { parse } from 'parse5'
import type { DefaultTreeAdapterTypes } from 'parse5'

type Node = DefaultTreeAdapterTypes.Node

/** What a browser makes of Markdown as GitHub's flavour has it. */
export type Rendered = {
  /** Names of all elements that are in it. */
  readonly elements: ReadonlySet<string>
  readonly attributes: ReadonlySet<string>
  readonly addresses: readonly string[]
  readonly comments: readonly string[]
  /** Text outside of code, in which GitHub looks for mentions and references. */
  readonly prose: string
  /** Texts of code, inline and in blocks. */
  readonly code: readonly string[]
  readonly rows: readonly number[]
}

export function rendered(markdown: string): Rendered {
  const nodes = [...everyNode(parse(marked.parse(markdown, { gfm: true, async: false })))]
  const elements = nodes.filter((node) => 'tagName' in node)
  const attributes = elements.flatMap(({ attrs }) => attrs)
  return {
    elements: new Set(elements.map(({ tagName }) => tagName)),
    attributes: new Set(attributes.map(({ name }) => name)),
    addresses: attributes.filter(({ name }) => name === 'href' || name === 'src').map(({ value }) => value),
    comments: nodes.flatMap((node) => (node.nodeName === '#comment' && 'data' in node ? [node.data] : [])),
    prose: nodes.filter((node) => !isInCode(node)).map(ownText).join(' '),
    code: elements.filter(({ tagName }) => tagName === 'code').map((element) => [...everyNode(element)].map(ownText).join('')),
    rows: elements.filter(({ tagName }) => tagName === 'tr').map(({ childNodes }) => childNodes.filter((node) => 'tagName' in node).length),
  }
}

function* everyNode(node: Node): Generator<Node> {
  yield node
  for (const child of 'childNodes' in node ? node.childNodes : []) yield* everyNode(child)
}

function ownText(node: Node): string {
  return node.nodeName === '#text' && 'value' in node ? node.value : ''
}

function isInCode(node: Node): boolean {
  for (let parent: Node | null | undefined = node; parent; parent = 'parentNode' in parent ? parent.parentNode : null) {
    if (parent.nodeName === 'code') return true
  }
  return false
}
