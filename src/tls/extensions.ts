import { unlessBroken } from '../codec/decode-error.ts'
import { Reader } from '../codec/reader.ts'
import type { Writer } from '../codec/writer.ts'
import type { OfferedExtension } from './client-offer.ts'
import { type ExtensionName, extensionTypes } from './extension-types.ts'

/** Extension, RFC 8446 §4.2 (RFC 5246 §7.4.1.4). The code stays a number, the data stays as sent. */
export interface Extension {
  readonly code: number
  readonly data: Uint8Array
}

/** The extensions of a hello in wire order: `r` stands after the length. Throws `DecodeError`. */
export function decodeExtensions(r: Reader): Extension[] {
  const extensions: Extension[] = []
  while (!r.atEnd) {
    const field = String(extensions.length)
    extensions.push({ code: r.u16(`${field}.extension_type`), data: r.vector16(`${field}.extension_data`) })
  }
  return extensions
}

/** The data of the first extension with that code; undefined when there is none. */
export function findExtension(extensions: readonly Extension[], code: number): Uint8Array | undefined {
  return extensions.find((extension) => extension.code === code)?.data
}

/** The first extension of that name, decoded; undefined when there is none or its data breaks its format. */
export function readExtension<T>(
  extensions: readonly Extension[],
  name: ExtensionName,
  decode: (data: Uint8Array) => T,
): T | undefined {
  const data = findExtension(extensions, extensionTypes[name].code)
  return data && unlessBroken(() => decode(data))
}

/** Code of an offered extension. */
export function codeOf(extension: OfferedExtension): number {
  return extension.kind === 'raw' ? extension.code : extensionTypes[extension.kind].code
}

/** One extension with its code and length. Throws `RangeError` for a value that its field cannot hold. */
export function encodeExtension(w: Writer, extension: OfferedExtension): void {
  w.u16(codeOf(extension)).vector16(() => encodeExtensionData(w, extension))
}

function encodeExtensionData(w: Writer, extension: OfferedExtension): void {
  switch (extension.kind) {
    case 'server_name':
      // server_name_list<1..2^16-1>, RFC 6066 §3
      w.vector16(() => {
        w.u8(0) // name_type = host_name
        w.vector16(() => w.ascii(extension.host))
      })
      return
    case 'max_fragment_length':
      w.u8(encodeMaxFragmentLength(extension.bytes))
      return
    case 'supported_groups':
      writeU16List(w, extension.groups)
      return
    case 'ec_point_formats':
      w.vector8(() => {
        for (const format of extension.formats) w.u8(format)
      })
      return
    case 'signature_algorithms':
      writeU16List(w, extension.schemes)
      return
    case 'application_layer_protocol_negotiation':
      // ProtocolName protocol_name_list<2..2^16-1>, RFC 7301 §3.1
      w.vector16(() => {
        for (const protocol of extension.protocols) w.vector8(() => w.ascii(protocol))
      })
      return
    case 'renegotiation_info':
      w.vector8(() => {}) // empty in a first handshake, RFC 5746 §3.4
      return
    case 'encrypt_then_mac': // RFC 7366 §2
    case 'extended_master_secret': // RFC 7627 §5.1
      return
    case 'session_ticket': // RFC 5077 §3.2
      w.bytes(extension.ticket ?? new Uint8Array(0))
      return
    case 'record_size_limit':
      w.u16(extension.bytes)
      return
    case 'supported_versions':
      w.vector8(() => {
        for (const version of extension.versions) w.u16(version)
      })
      return
    case 'psk_key_exchange_modes':
      w.vector8(() => {
        for (const mode of extension.modes) w.u8(mode)
      })
      return
    case 'key_share':
      throw new RangeError('key_share is offered without TLS 1.3 in supported_versions')
    case 'raw':
      w.bytes(extension.data)
  }
}

function writeU16List(w: Writer, values: readonly number[]): void {
  w.vector16(() => {
    for (const value of values) w.u16(value)
  })
}

/** RFC 6066 §4: 1 to 4 for 2^9 to 2^12. */
function encodeMaxFragmentLength(bytes: 512 | 1024 | 2048 | 4096): number {
  return Math.log2(bytes) - 8
}

/**
 * What the client asked for or the server agreed to, in bytes; undefined for a value that RFC 6066 §4 does not
 * have. Throws `DecodeError`.
 */
export function decodeMaxFragmentLength(data: Uint8Array): number | undefined {
  const r = new Reader(data, 'max_fragment_length')
  const value = r.u8('value')
  r.end()
  return value >= 1 && value <= 4 ? 2 ** (8 + value) : undefined
}

/** RecordSizeLimit in bytes of plaintext, as sent, RFC 8449 §4. Throws `DecodeError`. */
export function decodeRecordSizeLimit(data: Uint8Array): number {
  const r = new Reader(data, 'record_size_limit')
  const limit = r.u16('value')
  r.end()
  return limit
}

/** The first host_name; undefined when the list has none. Hostile text, not checked. Throws `DecodeError`. */
export function decodeServerName(data: Uint8Array): string | undefined {
  const r = new Reader(data, 'server_name')
  const list = r.inside(r.vector16('server_name_list'), 'server_name_list')
  r.end()
  while (!list.atEnd) {
    const type = list.u8('name_type')
    const name = list.vector16('name')
    if (type === 0) return formatLatin1(name)
  }
  return undefined
}

/** Codes of supported_groups, in order. Throws `DecodeError`. */
export function decodeSupportedGroups(data: Uint8Array): number[] {
  return decodeU16List(data, 'supported_groups')
}

/** Codes of signature_algorithms, in order. Throws `DecodeError`. */
export function decodeSignatureAlgorithms(data: Uint8Array): number[] {
  return decodeU16List(data, 'signature_algorithms')
}

/** Codes of ec_point_formats, in order. Throws `DecodeError`. */
export function decodePointFormats(data: Uint8Array): number[] {
  const r = new Reader(data, 'ec_point_formats')
  const formats = r.u8List8('ec_point_format_list')
  r.end()
  return formats
}

/** Names in order; the server's answer has one. Hostile text, byte for character. Throws `DecodeError`. */
export function decodeAlpn(data: Uint8Array): string[] {
  const r = new Reader(data, 'application_layer_protocol_negotiation')
  const list = r.inside(r.vector16('protocol_name_list'), 'protocol_name_list')
  r.end()
  const protocols: string[] = []
  while (!list.atEnd) protocols.push(formatLatin1(list.vector8(String(protocols.length))))
  return protocols
}

/** The versions of a client's supported_versions, in order, RFC 8446 §4.2.1. Throws `DecodeError`. */
export function decodeSupportedVersions(data: Uint8Array): number[] {
  const r = new Reader(data, 'supported_versions')
  const list = r.inside(r.vector8('versions'), 'versions')
  r.end()
  const versions: number[] = []
  while (!list.atEnd) versions.push(list.u16(String(versions.length)))
  return versions
}

/** The version of a server's supported_versions, RFC 8446 §4.2.1. Throws `DecodeError`. */
export function decodeSelectedVersion(data: Uint8Array): number {
  const r = new Reader(data, 'supported_versions')
  const version = r.u16('selected_version')
  r.end()
  return version
}

/** renegotiated_connection, empty in a first handshake, RFC 5746 §3.2. Throws `DecodeError`. */
export function decodeRenegotiationInfo(data: Uint8Array): Uint8Array {
  const r = new Reader(data, 'renegotiation_info')
  const connection = r.vector8('renegotiated_connection')
  r.end()
  return connection
}

function decodeU16List(data: Uint8Array, name: string): number[] {
  const r = new Reader(data, name)
  const values = r.u16List16('list')
  r.end()
  return values
}

function formatLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
