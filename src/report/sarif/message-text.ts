import { escapeText } from '../escape.ts'

/**
 * Foreign text in a message of SARIF 2.1.0: braces are doubled, for one alone may name an argument (§3.11.5), and
 * `](`, of which a viewer makes a link (§3.11.6), is parted by a space: outside a link it cannot be spelt.
 */
export function messageText(text: string, maxChars: number): string {
  return escapeText(text, { maxChars }).replace(/[{}]/g, '$&$&').replaceAll('](', '] (')
}
