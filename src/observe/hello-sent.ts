import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts'
import type { ExtensionName } from '../tls/extension-types.ts'
import {
  decodeAlpn,
  decodeMaxFragmentLength,
  decodeServerName,
  decodeSignatureAlgorithms,
  decodeSupportedGroups,
  decodeSupportedVersions,
  readExtension,
} from '../tls/extensions.ts'
import type { HelloSent } from './observation.ts'

/** Type and length of a handshake message. */
const HEADER_BYTES = 4

/**
 * What a ClientHello offers; `message` is the whole handshake message with its 4-byte header. An extension whose data
 * breaks its format counts as not sent. Throws `DecodeError` where the hello itself breaks its format.
 */
export function summarizeHello(message: Uint8Array): HelloSent {
  return helloSentOf(decodeClientHello(message.subarray(HEADER_BYTES)), message.length)
}

/** The same of a hello that is decoded already, as a capture has it. */
export function helloSentOf(
  { version, cipherSuites, extensions }: ClientHello,
  messageBytes: number,
): HelloSent {
  const read = <T>(name: ExtensionName, decode: (data: Uint8Array) => T) =>
    readExtension(extensions, name, decode)
  return {
    messageBytes,
    sni: read('server_name', decodeServerName),
    versions: read('supported_versions', decodeSupportedVersions) ?? [version],
    cipherSuites,
    groups: read('supported_groups', decodeSupportedGroups) ?? [],
    signatureSchemes: read('signature_algorithms', decodeSignatureAlgorithms) ?? [],
    alpn: read('application_layer_protocol_negotiation', decodeAlpn) ?? [],
    maxFragmentLength: read('max_fragment_length', decodeMaxFragmentLength),
    extensions: extensions.map(({ code }) => code),
  }
}
