import { isIP } from 'node:net'
import { unlessBroken } from '../codec/decode-error.ts'
import { wideCipherSuites, wideGroups, wideSignatureSchemes } from '../device/wide-offer.ts'
import type { Connection } from '../observe/observation.ts'
import { cipherSuites, parseCipherSuite } from '../tls/cipher-suites.ts'
import type { ClientOffer, OfferedExtension } from '../tls/client-offer.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { parseNamedGroup } from '../tls/named-groups.ts'
import { parseSignatureScheme } from '../tls/signature-schemes.ts'
import { versions } from '../tls/versions.ts'
import { matchHost } from '../trust/name-match.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'

/** Whether the server turned the hello down: an alert or the end of the connection in place of a ServerHello. */
export function helloRefused(connection: Connection): boolean {
  if (connection.negotiated || connection.violation || !connection.hello) return false
  if (connection.alerts.some((alert) => alert.direction === 'received' && alert.level !== 1)) return true
  return connection.close?.by === 'peer'
}

/** Whether the connection ended where the ServerHello should have come, without an alert that says why. */
export function closedOnHello(connection: Connection): boolean {
  const isFatal = connection.alerts.some(({ direction, level }) => direction === 'received' && level !== 1)
  return helloRefused(connection) && !isFatal
}

/** Whether the leaf presented is for another host, by RFC 6125; false where none was seen or it cannot be read. */
export function showsAnotherHost({ chain }: Connection, host: string): boolean {
  const leaf = chain?.certificates[0]
  const certificate = leaf && unlessBroken(() => decodeCertificate(leaf))
  return certificate !== undefined && !matchHost(certificate, host).matched
}

/**
 * A hello that any TLS 1.2 server takes, or (`tls13`) any server of TLS 1.3: it asks for a HelloRetryRequest by an
 * empty key_share (RFC 8446 §4.2.8), which names the version. Nothing of it comes from a device.
 */
export function wideOffer(host: string | undefined, tls13: boolean): ClientOffer {
  const suites = Object.values(cipherSuites)
  const usual = known(wideCipherSuites, parseCipherSuite)
  const others = suites
    .filter(
      ({ kx, auth }) =>
        (kx === 'ecdhe' || kx === 'dhe' || kx === 'rsa') && (auth === 'rsa' || auth === 'ecdsa'),
    )
    .map(({ code }) => code)
  const tls12Suites = [...new Set([...usual, ...others])]
  const tls13Suites = suites.filter(({ kx }) => kx === 'tls13').map(({ code }) => code)
  const extensions: OfferedExtension[] = [
    ...(host === undefined ? [] : [{ kind: 'server_name', host } as const]),
    { kind: 'supported_groups', groups: known(wideGroups, parseNamedGroup) },
    { kind: 'ec_point_formats', formats: [0] },
    { kind: 'signature_algorithms', schemes: known(wideSignatureSchemes, parseSignatureScheme) },
    { kind: 'encrypt_then_mac' },
    { kind: 'extended_master_secret' },
    { kind: 'renegotiation_info' },
  ]
  if (tls13) {
    extensions.push(
      { kind: 'raw', code: extensionTypes.supported_versions.code, data: offeredVersions },
      { kind: 'raw', code: extensionTypes.key_share.code, data: Uint8Array.of(0, 0) },
    )
  }
  return {
    version: versions['TLSv1.2'].code,
    cipherSuites: tls13 ? [...tls13Suites, ...tls12Suites] : tls12Suites,
    extensions,
  }
}

/** TLS 1.3 and 1.2, RFC 8446 §4.2.1. */
const offeredVersions = Uint8Array.of(4, 0x03, 0x04, 0x03, 0x03)

function known(names: readonly string[], parse: (name: string) => number | undefined): number[] {
  return names.map(parse).filter((code) => code !== undefined)
}

export function isLiteral(host: string): boolean {
  return isIP(host.split('%')[0]!) !== 0
}

/** The same hello with that server_name, put first where it had none. */
export function withServerName(offer: ClientOffer, host: string): ClientOffer {
  const others = offer.extensions.filter(({ kind }) => kind !== 'server_name')
  return { ...offer, extensions: [{ kind: 'server_name', host }, ...others] }
}
