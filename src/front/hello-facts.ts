import { Reader } from '../codec/reader.ts'
import type { ClientHello } from '../tls/client-hello.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import {
  decodeMaxFragmentLength,
  decodeServerName,
  decodeSignatureAlgorithms,
  decodeSupportedGroups,
  decodeSupportedVersions,
  findExtension,
  readExtension,
} from '../tls/extensions.ts'
import { versions } from '../tls/versions.ts'

/** What a front wants to know of a hello. An extension that is broken counts as absent: OpenSSL judges it. */
export interface HelloFacts {
  /** Undefined: no server_name. */
  readonly serverName: string | undefined
  readonly offersTls13: boolean
  readonly cipherSuites: readonly number[]
  /** Undefined: the extension is absent. */
  readonly signatureAlgorithms: readonly number[] | undefined
  readonly supportedGroups: readonly number[] | undefined
  /** In bytes. */
  readonly maxFragmentLength: number | undefined
  /** It takes tickets of TLS 1.2. */
  readonly takesTickets: boolean
  /** Tickets it came with: of session_ticket, RFC 5077 §3.2, and the identities of pre_shared_key, RFC 8446 §4.2.11. */
  readonly tickets: readonly Uint8Array[]
}

/** Signature algorithms and groups are decoded when they are asked for: with one identity nobody does. */
export function factsOf(hello: ClientHello): HelloFacts {
  const { extensions } = hello
  const ticket = findExtension(extensions, extensionTypes.session_ticket.code)
  const offered = readExtension(extensions, 'supported_versions', decodeSupportedVersions)
  const identities = readExtension(extensions, 'pre_shared_key', decodePskIdentities)
  return {
    serverName: readExtension(extensions, 'server_name', decodeServerName),
    offersTls13: offered?.includes(versions['TLSv1.3'].code) ?? false,
    cipherSuites: hello.cipherSuites,
    get signatureAlgorithms() {
      return readExtension(extensions, 'signature_algorithms', decodeSignatureAlgorithms)
    },
    get supportedGroups() {
      return readExtension(extensions, 'supported_groups', decodeSupportedGroups)
    },
    maxFragmentLength: readExtension(extensions, 'max_fragment_length', decodeMaxFragmentLength),
    takesTickets: ticket !== undefined,
    tickets: [...(ticket !== undefined && ticket.length > 0 ? [ticket] : []), ...(identities ?? [])],
  }
}

/** `identities` of an OfferedPsks, RFC 8446 §4.2.11. Throws `DecodeError`. */
function decodePskIdentities(data: Uint8Array): Uint8Array[] {
  const r = new Reader(data, 'pre_shared_key')
  const list = r.inside(r.vector16('identities'), 'identities')
  const identities: Uint8Array[] = []
  while (!list.atEnd) {
    identities.push(list.vector16(`${identities.length}.identity`))
    list.u32('obfuscated_ticket_age')
  }
  return identities
}
