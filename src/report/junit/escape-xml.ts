import { type EscapeOptions, escapeText } from '../escape.ts'

/**
 * Foreign text as XML 1.0, in an attribute in double quotes or as the text of an element: a parser reads back
 * exactly `escapeText` of it, which has no character that XML forbids. Opens no tag, entity, comment or section,
 * and ends none.
 */
export function escapeXml(text: string, options: EscapeOptions = {}): string {
  return quoteMarks(escapeText(text, options))
}

/** The same for text of several lines, as the text of an element; each line is escaped by itself. */
export function escapeXmlLines(text: string, options: EscapeOptions = {}): string {
  return text
    .split('\n')
    .map((line) => escapeXml(line, options))
    .join('\n')
}

function quoteMarks(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? mark)
}

/** `>` as well: `]]>` may not stand in text, XML 1.0 §2.4. */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}
