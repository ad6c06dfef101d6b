import { Reader } from '../codec/reader.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { type ExtensionName, extensionTypes, formatExtensionType } from './extension-types.ts'
import { decodeExtensions, decodeSignatureAlgorithms, type Extension, findExtension } from './extensions.ts'
import { encodeHandshake } from './handshake-message.ts'
import { handshakeTypes } from './handshake-types.ts'

// The messages whose form TLS 1.3 changed or brought, RFC 8446 §4. `body` is one whole handshake body, header removed;
// decoders throw `DecodeError`.

/** The random of a ServerHello that is a HelloRetryRequest, RFC 8446 §4.1.3. */
export const helloRetryRandom: Uint8Array = Uint8Array.from(
  Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
)

/** EncryptedExtensions, RFC 8446 §4.3.1. */
export function decodeEncryptedExtensions(body: Uint8Array): Extension[] {
  const r = new Reader(body, 'EncryptedExtensions')
  const extensions = readExtensions(r)
  r.end()
  return extensions
}

/** RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block." */
export function refuseDuplicates(extensions: readonly Extension[], r: Reader): void {
  const seen = new Set<number>()
  for (const { code } of extensions) {
    if (seen.has(code)) throw r.error('value', 'extensions', `${formatExtensionType(code)} twice`)
    seen.add(code)
  }
}

function readExtensions(r: Reader): Extension[] {
  const extensions = decodeExtensions(r.inside(r.vector16('extensions'), 'extensions'))
  refuseDuplicates(extensions, r)
  return extensions
}

/** The server's key_share, RFC 8446 §4.2.8. */
export function decodeServerShare(data: Uint8Array): { group: number; publicKey: Uint8Array } {
  const r = new Reader(data, 'ServerHello.key_share')
  const share = { group: r.u16('group'), publicKey: r.vector16('key_exchange') }
  r.end()
  return share
}

/** What a HelloRetryRequest's key_share selects, RFC 8446 §4.2.8. */
export function decodeSelectedGroup(data: Uint8Array): number {
  const r = new Reader(data, 'HelloRetryRequest.key_share')
  const group = r.u16('selected_group')
  r.end()
  return group
}

/** Index of the identity chosen, RFC 8446 §4.2.11. */
export function decodeSelectedIdentity(data: Uint8Array): number {
  const r = new Reader(data, 'ServerHello.pre_shared_key')
  const index = r.u16('selected_identity')
  r.end()
  return index
}

/** Certificate, RFC 8446 §4.4.2. */
export interface Certificate13 {
  readonly context: Uint8Array
  /** DER of each as sent, leaf first. */
  readonly certificates: readonly Uint8Array[]
  /** Codes of the extensions beside them, of all. */
  readonly extensions: readonly number[]
}

export function decodeCertificate13(body: Uint8Array): Certificate13 {
  const r = new Reader(body, 'Certificate')
  const context = r.vector8('certificate_request_context')
  const list = r.inside(r.vector24('certificate_list'), 'certificate_list')
  r.end()
  const certificates: Uint8Array[] = []
  const extensions: number[] = []
  while (!list.atEnd) {
    const field = String(certificates.length)
    const certificate = list.vector24(field)
    if (certificate.length === 0) throw list.error('length', field, 'an empty cert_data') // <1..2^24-1>
    extensions.push(...readExtensions(list).map(({ code }) => code))
    certificates.push(certificate)
  }
  return { context, certificates, extensions }
}

/** The whole handshake message; without certificates, the empty list of a client that has none. */
export function encodeCertificate13(context: Uint8Array, certificates: readonly Uint8Array[]): Uint8Array {
  return encodeHandshake(handshakeTypes.certificate.code, (w) => {
    w.vector8(() => w.bytes(context))
    w.vector24(() => {
      for (const certificate of certificates) {
        w.vector24(() => w.bytes(certificate))
        w.vector16(() => {})
      }
    })
  })
}

/** CertificateRequest, RFC 8446 §4.3.2, in the terms of TLS 1.2. */
export function decodeCertificateRequest13(
  body: Uint8Array,
): CertificateRequest & { readonly context: Uint8Array; readonly namesSchemes: boolean } {
  const r = new Reader(body, 'CertificateRequest')
  const context = r.vector8('certificate_request_context')
  const extensions = readExtensions(r)
  r.end()
  const find = (name: ExtensionName) => findExtension(extensions, extensionTypes[name].code)
  const schemes = find('signature_algorithms')
  const authorities = find('certificate_authorities')
  return {
    context,
    namesSchemes: schemes !== undefined,
    certificateTypes: [],
    signatureSchemes: schemes === undefined ? [] : decodeSignatureAlgorithms(schemes),
    authorities: authorities === undefined ? [] : decodeAuthorities(authorities),
  }
}

function decodeAuthorities(data: Uint8Array): Uint8Array[] {
  const r = new Reader(data, 'certificate_authorities')
  const list = r.inside(r.vector16('authorities'), 'authorities')
  r.end()
  const authorities: Uint8Array[] = []
  while (!list.atEnd) authorities.push(list.vector16(String(authorities.length)))
  return authorities
}

/** CertificateVerify, RFC 8446 §4.4.3. */
export interface CertificateVerify {
  readonly signatureScheme: number
  readonly signature: Uint8Array
}

export function decodeCertificateVerify(body: Uint8Array): CertificateVerify {
  const r = new Reader(body, 'CertificateVerify')
  const message = { signatureScheme: r.u16('algorithm'), signature: r.vector16('signature') }
  r.end()
  return message
}

export function encodeCertificateVerify13({ signatureScheme, signature }: CertificateVerify): Uint8Array {
  return encodeHandshake(handshakeTypes.certificate_verify.code, (w) => {
    w.u16(signatureScheme).vector16(() => w.bytes(signature))
  })
}

/** What a CertificateVerify signs, RFC 8446 §4.4.3. */
export function signedContent(signer: 'client' | 'server', transcriptHash: Uint8Array): Uint8Array {
  const context = `${' '.repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`
  return Buffer.concat([Buffer.from(context, 'ascii'), transcriptHash])
}

/** NewSessionTicket, RFC 8446 §4.6.1. */
export interface NewSessionTicket13 {
  readonly lifetimeSeconds: number
  readonly ageAdd: number
  readonly nonce: Uint8Array
  readonly ticket: Uint8Array
}

export function decodeNewSessionTicket13(body: Uint8Array): NewSessionTicket13 {
  const r = new Reader(body, 'NewSessionTicket')
  const message = {
    lifetimeSeconds: r.u32('ticket_lifetime'),
    ageAdd: r.u32('ticket_age_add'),
    nonce: r.vector8('ticket_nonce'),
    ticket: r.vector16('ticket'),
  }
  if (message.ticket.length === 0) throw r.error('length', 'ticket', 'an empty ticket') // <1..2^16-1>
  readExtensions(r)
  r.end()
  return message
}

/** Whether an update is requested of us, RFC 8446 §4.6.3. */
export function decodeKeyUpdate(body: Uint8Array): boolean {
  const r = new Reader(body, 'KeyUpdate')
  const request = r.u8('request_update')
  r.end()
  if (request > 1) throw r.error('value', 'request_update', `value ${request}`)
  return request === 1
}

export function encodeKeyUpdate(requested: boolean): Uint8Array {
  return encodeHandshake(handshakeTypes.key_update.code, (w) => w.u8(requested ? 1 : 0))
}
