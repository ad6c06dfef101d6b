import { SaxesParser } from 'saxes'

export interface XmlElement {
  readonly name: string
  readonly attributes: { readonly [name: string]: string }
  readonly children: readonly XmlElement[]
  /** Own text, that of children left out. */
  readonly text: string
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
  text: string
}

/** Reads XML 1.0 with a strict parser. Throws where it is not well-formed, or holds what a report has no use for. */
export function parseXml(xml: string): XmlElement {
  const parser = new SaxesParser({ xmlns: false })
  const open: OpenElement[] = []
  let root: XmlElement | undefined
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    open.push({ name, attributes: { ...attributes }, children: [], text: '' })
  })
  parser.on('text', (text) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  })
  parser.on('closetag', () => {
    const element = open.pop()
    if (element === undefined) return
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  for (const unused of ['comment', 'cdata', 'processinginstruction', 'doctype'] as const) {
    parser.on(unused, () => {
      throw new Error(`a ${unused} that nobody wrote`)
    })
  }
  parser.write(xml).close()
  if (root === undefined) throw new Error('no element')
  return root
}
