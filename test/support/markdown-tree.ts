import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'

export type MarkdownNode = DefaultTreeAdapterTypes.Node

/** GitHub-flavoured markdown, rendered and read by an HTML parser, with every tag that stands in it. */
export function renderMarkdown(markdown: string): MarkdownNode {
  const html = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  })
  return parseFragment(html)
}

/** Its text, as it is shown. */
export function textOf(node: MarkdownNode): string {
  return runsOf(node).join('')
}

/** Text of each place by itself: GitHub looks for mentions and issues within one, outside code. */
export function proseOf(node: MarkdownNode): string[] {
  if ('tagName' in node && node.tagName === 'code') return []
  return 'value' in node ? [node.value] : childrenOf(node).flatMap(proseOf)
}

/** Every element with its attributes, in order, without the span that holds a dollar sign. */
export function tagsOf(node: MarkdownNode): string[] {
  const own = 'tagName' in node ? [`${node.tagName} ${JSON.stringify(node.attrs)}`] : []
  return [...(own[0] === 'span []' ? [] : own), ...childrenOf(node).flatMap(tagsOf)]
}

function runsOf(node: MarkdownNode): string[] {
  return 'value' in node ? [node.value] : childrenOf(node).flatMap(runsOf)
}

function childrenOf(node: MarkdownNode): MarkdownNode[] {
  return 'childNodes' in node ? node.childNodes : []
}
