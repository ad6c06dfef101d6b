import { type DefaultTreeAdapterTypes, parse } from 'parse5'

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

/** A page as a browser's parser sees it. */
export interface ParsedHtml {
  /** Codes of the parser's faults, as WHATWG names them. */
  readonly faults: readonly string[]
  readonly elements: readonly Element[]
}

export function parseHtml(page: string): ParsedHtml {
  const faults: string[] = []
  const document = parse(page, { onParseError: ({ code }) => faults.push(code) })
  return { faults, elements: document.childNodes.flatMap(elementsOf) }
}

/** Names of elements and of their attributes, in order, without what they hold: what foreign text must not change. */
export function shapeOf({ elements }: ParsedHtml): string[] {
  return elements.map(({ tagName, attrs }) => `${tagName} ${attrs.map(({ name }) => name).join(' ')}`)
}

export function attributeOf(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value
}

/** All text below an element, in order. */
export function textOf(element: Element): string {
  return element.childNodes
    .map((node) => ('value' in node ? node.value : 'childNodes' in node ? textOf(node as Element) : ''))
    .join('')
}

function elementsOf(node: Node): Element[] {
  if (!('tagName' in node)) return []
  return [node, ...node.childNodes.flatMap(elementsOf)]
}
