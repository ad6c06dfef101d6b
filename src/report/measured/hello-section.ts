import type { Exam } from '../../exam/exam.ts'
import { helloFound } from '../../exam/hello-found.ts'
import { type Inset, type Markup, markup } from '../html/markup.ts'
import { formatBytes, formatCount } from '../units.ts'

/** The ClientHello list by list, in the device's own order. */
export function helloSection(exam: Exam): Markup | undefined {
  const hello = helloFound(exam)
  if (hello === undefined) return undefined
  const { names, sent, ja3, ja4, tickets, recordSizeLimit, connections, changes } = hello
  const rows: readonly (readonly [string, Inset])[] = [
    ['versions', names.versions.join(', ')],
    ['server name', sent.sni === undefined ? 'none' : code(sent.sni)],
    ['ALPN', sent.alpn === undefined || sent.alpn.length === 0 ? 'none' : codes(sent.alpn)],
    ['max_fragment_length', bytesOf(sent.maxFragmentLength)],
    ['record_size_limit', bytesOf(recordSizeLimit)],
    ['session tickets', tickets ? 'offered' : 'not offered'],
    [`cipher suites, ${names.cipherSuites.length}`, list(names.cipherSuites)],
    [`groups, ${names.groups.length}`, list(names.groups)],
    [`signature algorithms, ${names.signatureSchemes.length}`, list(names.signatureSchemes)],
    [`extensions, ${names.extensions.length}`, list(names.extensions)],
    ['JA4', ja4 === undefined ? 'not computed' : code(ja4)],
    ['JA3', ja3 === undefined ? 'not computed' : code(ja3)],
    ['seen in', formatCount(connections, 'connection')],
    ['not always the same', changes.length === 0 ? undefined : changes.join(', ')],
  ]
  return markup`<h3>ClientHello</h3>
<table class="pairs"><tbody>
${rows.flatMap(([name, value]) =>
  value === undefined ? [] : [markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`],
)}</tbody></table>
`
}

function bytesOf(value: number | undefined): string {
  return value === undefined ? 'not sent' : formatBytes(value)
}

function code(text: string): Markup {
  return markup`<code>${text}</code>`
}

function codes(texts: readonly string[]): Inset {
  return texts.map((text, at) => [at === 0 ? undefined : ', ', code(text)])
}

function list(names: readonly string[]): Inset {
  return names.length === 0
    ? 'none'
    : markup`<ol class="names">${names.map((name) => markup`<li><code>${name}</code></li>`)}</ol>`
}
