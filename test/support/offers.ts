import { parseCipherSuite } from '../../src/tls/cipher-suites.ts'
import type { ClientOffer, OfferedExtension } from '../../src/tls/client-offer.ts'
import { namedGroups } from '../../src/tls/named-groups.ts'
import { signatureSchemes } from '../../src/tls/signature-schemes.ts'
import { versions } from '../../src/tls/versions.ts'

/** Schemes that any server of today finds one among. */
export const ordinarySchemes = [
  signatureSchemes.ecdsa_secp256r1_sha256.code,
  signatureSchemes.ecdsa_secp384r1_sha384.code,
  signatureSchemes.ecdsa_secp521r1_sha512.code,
  signatureSchemes.rsa_pss_rsae_sha256.code,
  signatureSchemes.rsa_pkcs1_sha256.code,
  signatureSchemes.rsa_pkcs1_sha384.code,
  signatureSchemes.rsa_pkcs1_sha512.code,
]

/** A TLS 1.2 offer of these suites (RFC names), with groups, schemes and what else is given. */
export function offerOf(
  suites: readonly string[],
  {
    groups = [namedGroups.x25519.code, namedGroups.secp256r1.code, namedGroups.secp384r1.code],
    schemes = ordinarySchemes,
    extensions = [],
  }: { groups?: number[]; schemes?: number[]; extensions?: OfferedExtension[] } = {},
): ClientOffer {
  return {
    version: versions['TLSv1.2'].code,
    cipherSuites: suites.map((name) => {
      const code = parseCipherSuite(name)
      if (code === undefined) throw new Error(`no cipher suite ${name}`)
      return code
    }),
    extensions: [
      { kind: 'supported_groups', groups },
      { kind: 'ec_point_formats', formats: [0] },
      { kind: 'signature_algorithms', schemes },
      ...extensions,
    ],
  }
}

/** Every suite of TLS 1.3 that OpenSSL has. */
export const suites13 = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
] as const

/** A TLS 1.3 offer; shares go with the first group unless others are given. */
export function offer13Of({
  suites = suites13,
  groups = [namedGroups.x25519.code, namedGroups.secp256r1.code, namedGroups.secp384r1.code],
  shares = groups.slice(0, 1),
  offered = [versions['TLSv1.3'].code],
  schemes = ordinarySchemes,
  extensions = [],
}: {
  suites?: readonly string[]
  groups?: number[]
  shares?: number[]
  offered?: number[]
  schemes?: number[]
  extensions?: OfferedExtension[]
} = {}): ClientOffer {
  return offerOf(suites, {
    groups,
    schemes,
    extensions: [
      { kind: 'supported_versions', versions: offered },
      { kind: 'psk_key_exchange_modes', modes: [1] },
      { kind: 'key_share', groups: shares },
      ...extensions,
    ],
  })
}
