import { Reader } from '../codec/reader.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import type { HelloSent } from './observation.ts'

/** max_fragment_length, RFC 6066 §4: 1 is 2^9, 4 is 2^12; undefined for a code that the RFC does not list. */
export function fragmentLengthOf(code: number): number | undefined {
  return code >= 1 && code <= 4 ? 2 ** (8 + code) : undefined
}

/**
 * What a ClientHello offers; `message` is the whole handshake message with its 4-byte header, RFC 8446 §4.1.2
 * (RFC 5246 §7.4.1.2). An extension whose data breaks its format counts as not sent. Throws `DecodeError`
 * where the hello itself breaks its format.
 */
export function summarizeHello(message: Uint8Array): HelloSent {
  const header = new Reader(message, 'ClientHello')
  header.u8('msg_type')
  const body = header.vector24('body')
  const r = header.inside(body, 'body')
  const legacyVersion = r.u16('legacy_version')
  r.bytes(32, 'random')
  r.vector8('legacy_session_id')
  const cipherSuites = r.u16List16('cipher_suites')
  r.vector8('legacy_compression_methods')
  const extensions = new Map<number, Uint8Array>()
  const codes: number[] = []
  if (!r.atEnd) {
    const list = r.inside(r.vector16('extensions'), 'extensions')
    while (!list.atEnd) {
      const code = list.u16('extension_type')
      const data = list.vector16('extension_data')
      codes.push(code)
      if (!extensions.has(code)) extensions.set(code, data)
    }
  }
  const read = <T>(code: number, name: string, decode: (r: Reader) => T): T | undefined => {
    const data = extensions.get(code)
    if (data === undefined) return undefined
    try {
      return decode(new Reader(data, name))
    } catch {
      return undefined
    }
  }
  return {
    messageBytes: message.length,
    sni: read(extensionTypes.server_name.code, 'server_name', decodeHostName),
    versions: read(extensionTypes.supported_versions.code, 'supported_versions', decodeVersions) ?? [
      legacyVersion,
    ],
    cipherSuites,
    groups: read(extensionTypes.supported_groups.code, 'supported_groups', (r) => r.u16List16('list')) ?? [],
    signatureSchemes:
      read(extensionTypes.signature_algorithms.code, 'signature_algorithms', (r) => r.u16List16('list')) ??
      [],
    alpn: read(extensionTypes.application_layer_protocol_negotiation.code, 'alpn', decodeProtocols) ?? [],
    maxFragmentLength: read(extensionTypes.max_fragment_length.code, 'max_fragment_length', (r) =>
      fragmentLengthOf(r.u8('code')),
    ),
    extensions: codes,
  }
}

/** RFC 6066 §3: the first host_name of the list. */
function decodeHostName(r: Reader): string | undefined {
  const list = r.inside(r.vector16('server_name_list'), 'server_name_list')
  while (!list.atEnd) {
    const type = list.u8('name_type')
    const name = list.vector16('name')
    if (type === 0) return latin1(name)
  }
  return undefined
}

/** RFC 8446 §4.2.1. */
function decodeVersions(r: Reader): number[] {
  const list = r.inside(r.vector8('versions'), 'versions')
  const versions: number[] = []
  while (!list.atEnd) versions.push(list.u16('version'))
  return versions
}

/** ProtocolNameList, RFC 7301 §3.1; of the server's hello as well. */
export function decodeProtocols(r: Reader): string[] {
  const list = r.inside(r.vector16('protocol_name_list'), 'protocol_name_list')
  const names: string[] = []
  while (!list.atEnd) names.push(latin1(list.vector8('protocol_name')))
  return names
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
