import type { MarkdownRenderer } from 'vitepress'
import { isFinding } from '../../scripts/docs/finding-links.ts'

type Token = ReturnType<MarkdownRenderer['parse']>[number]

/**
 * Pages are text: braces are no expressions of Vue, `:x:` is no picture; and the name of a page, a finding or a device's
 * file is a link. `pages`: paths of those that there are.
 */
export function readAsText(md: MarkdownRenderer, pages: ReadonlySet<string>): void {
  md.disable('emoji', true)
  const text = md.renderer.rules.text
  md.renderer.rules.text = (tokens, at, options, env, self) => {
    const html = text?.(tokens, at, options, env, self) ?? md.utils.escapeHtml(tokens[at]?.content ?? '')
    return html.replaceAll('{', '&#123;')
  }
  md.core.ruler.push('name-links', (state) => {
    for (const [at, token] of state.tokens.entries()) {
      // Indented code looks as fenced code does; and what a command prints is not painted as a string of the shell.
      if (token.type === 'code_block') Object.assign(token, { type: 'fence', tag: 'code', info: 'text' })
      if (token.type === 'fence' && token.info === 'console') token.info = 'text'
      if (token.type !== 'inline' || state.tokens[at - 1]?.type === 'heading_open') continue
      token.children = linkNames(token.children ?? [], {
        hrefOf: (name) => hrefOf(name, pages),
        make: (type, tag, nesting) => new state.Token(type, tag, nesting),
      })
    }
  })
}

interface NameLinks {
  hrefOf(name: string): string | undefined
  make(type: string, tag: string, nesting: -1 | 0 | 1): Token
}

/** Code that is a name becomes a link, where it stands in none. */
function linkNames(tokens: readonly Token[], { hrefOf, make }: NameLinks): Token[] {
  let depth = 0
  return tokens.flatMap((token) => {
    if (token.type === 'link_open') depth++
    if (token.type === 'link_close') depth--
    const href = token.type === 'code_inline' && depth === 0 ? hrefOf(token.content) : undefined
    if (href === undefined) return [token]
    const open = make('link_open', 'a', 1)
    open.attrSet('href', href)
    return [open, token, make('link_close', 'a', -1)]
  })
}

/** `docs/check.md`, `devices/nrf9160.yaml`, `chain-too-large`. */
function hrefOf(name: string, pages: ReadonlySet<string>): string | undefined {
  const page = isFinding(name)
    ? `findings/${name}.md`
    : (/^docs\/([\w/-]+\.md)$/.exec(name)?.[1] ?? name.replace(/^(devices\/[\w-]+)\.yaml$/, '$1.md'))
  return page.endsWith('.md') && pages.has(page) ? `/${page}` : undefined
}
