import { formatHex } from '../codec/hex.ts'
import { hash } from '../crypto/hash.ts'
import type { ClientHello } from './client-hello.ts'
import { extensionTypes } from './extension-types.ts'
import { decodeSignatureAlgorithms, decodeSupportedVersions, findExtension } from './extensions.ts'
import { isGrease } from './grease.ts'

/**
 * JA4 of a ClientHello over TCP, as FoxIO's specification gives it (JA4: TLS Client Fingerprinting):
 * `t12d1909h2_<suites>_<extensions and signature schemes>`, GREASE left out everywhere. Throws `DecodeError` for an
 * extension that is broken.
 */
export function ja4(hello: ClientHello): string {
  const suites = hello.cipherSuites.filter((code) => !isGrease(code))
  const extensions = hello.extensions.map(({ code }) => code).filter((code) => !isGrease(code))
  const name = extensions.includes(extensionTypes.server_name.code) ? 'd' : 'i'
  const about = `t${version(hello)}${name}${count(suites)}${count(extensions)}${alpn(hello)}`
  return `${about}_${digest(sorted(suites))}_${digest(extensionText(hello, extensions))}`
}

/** The highest of supported_versions where that is sent, else the legacy version. */
function version(hello: ClientHello): string {
  const data = findExtension(hello.extensions, extensionTypes.supported_versions.code)
  const offered = data === undefined ? [] : decodeSupportedVersions(data).filter((code) => !isGrease(code))
  return versionNames[offered.length === 0 ? hello.version : Math.max(...offered)] ?? '00'
}

const versionNames: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
}

/** First and last character of the first protocol, or of its hex where one of them is no letter and no digit. */
function alpn(hello: ClientHello): string {
  const code = extensionTypes.application_layer_protocol_negotiation.code
  const data = findExtension(hello.extensions, code)
  // ProtocolNameList, RFC 7301 §3.1: a length of two bytes, then names behind a length of one.
  const first = data?.subarray(3, 3 + (data[2] ?? 0)) ?? new Uint8Array(0)
  if (first.length === 0) return '00'
  const ends = String.fromCharCode(first[0] ?? 0, first.at(-1) ?? 0)
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends
  const hex = formatHex(first)
  return `${hex[0]}${hex.at(-1)}`
}

/** All but the server name and ALPN, sorted; then the signature schemes as sent. */
function extensionText(hello: ClientHello, codes: readonly number[]): string {
  const named: readonly number[] = [
    extensionTypes.server_name.code,
    extensionTypes.application_layer_protocol_negotiation.code,
  ]
  const listed = sorted(codes.filter((code) => !named.includes(code)))
  const data = findExtension(hello.extensions, extensionTypes.signature_algorithms.code)
  if (data === undefined) return listed
  const schemes = decodeSignatureAlgorithms(data).filter((code) => !isGrease(code))
  return `${listed}_${schemes.map(hex16).join(',')}`
}

function sorted(codes: readonly number[]): string {
  return codes.map(hex16).sort().join(',')
}

function hex16(code: number): string {
  return code.toString(16).padStart(4, '0')
}

function count(codes: readonly number[]): string {
  return String(Math.min(99, codes.length)).padStart(2, '0')
}

/** Twelve digits of SHA-256; of nothing, twelve zeros. */
function digest(text: string): string {
  return text === '' ? '0'.repeat(12) : formatHex(hash('sha256', new TextEncoder().encode(text))).slice(0, 12)
}
