import { type EscapeOptions, escapeText } from './escape.ts'

/**
 * Foreign text as HTML: in an element's text or in a quoted attribute, where it reads exactly as `escapeText`
 * of it. Not for the inside of `<script>`, `<style>` or a comment, and not for an address in `href`.
 */
export function escapeHtml(text: string, options: EscapeOptions = {}): string {
  return escapeText(text, options).replace(/[&<>"']/g, (char) => entities[char] ?? char)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
