import type { Certificate } from '../x509/certificate.ts'
import { formatPem } from '../x509/pem.ts'
import { plainName } from './plain-text.ts'

/** What a comment says of an anchor: plain ASCII of one line. */
export function describeAnchor(anchor: Certificate): string {
  const until = anchor.notAfter.toISOString().slice(0, 10)
  return `${plainName(anchor)}, valid until ${until}, DER ${anchor.der.length} bytes, SHA-256 ${anchor.sha256}`
}

/** String literals of C, one a line of PEM; the compiler joins them and ends them with a NUL. */
export function pemLiterals(anchors: readonly Certificate[]): string {
  return anchors
    .flatMap(({ der }) => formatPem(der).trimEnd().split('\n'))
    .map((line) => `    "${line}\\n"`)
    .join('\n')
}

/** Rows of `0x30, 0x82, …`, twelve a row: valid in C, C++ and C#. */
export function byteRows(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`)
  const rows = []
  for (let at = 0; at < hex.length; at += 12) rows.push(`    ${hex.slice(at, at + 12).join(', ')},`)
  return rows.join('\n')
}

/** A header of C that may be included twice; `name` is an identifier. */
export function guarded(name: string, lines: readonly string[]): string {
  const guard = `TLSFIT_${name.toUpperCase()}_H`
  return [
    '/* Trust anchors, written by tlsfit. */',
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    ...lines,
    '',
    '#endif',
    '',
  ].join('\n')
}

export function textFile(
  name: string,
  text: string,
  about: string,
): { name: string; bytes: Uint8Array; about: string } {
  return { name, bytes: Buffer.from(text, 'latin1'), about }
}
