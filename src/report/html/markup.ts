import { escapeHtml } from '../escape-html.ts'

/** Characters of one text put into a page; what is cut ends in `…`. Callers cut names shorter. */
const maxTextChars = 6000

/** HTML that is safe as it stands. Made by `markup` alone, so that no text gets into a page unescaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Inset = string | number | Markup | undefined | readonly Inset[]

/**
 * Tag of a template: every value put in is escaped, for an element's text or a quoted attribute, but what is `Markup`
 * already. `undefined` is nothing, a list is its items.
 */
export function markup(pieces: TemplateStringsArray, ...insets: readonly Inset[]): Markup {
  return new Markup(pieces.map((piece, at) => (at === 0 ? '' : inset(insets[at - 1])) + piece).join(''))
}

function inset(value: Inset): string {
  if (value === undefined) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'object') return value.map(inset).join('')
  return escapeHtml(String(value), { maxChars: maxTextChars })
}
