import { Writer } from '../codec/writer.ts'
import { parseIp } from '../x509/ip-address.ts'
import {
  bitString,
  booleanTrue,
  type Der,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  printableString,
  sequence,
} from './der.ts'
import { seededBytes } from './seeded-bytes.ts'

/** One extension to write, RFC 5280 §4.2. `der` is what goes into the OCTET STRING. */
export interface ExtensionToWrite {
  readonly oid: string
  readonly critical: boolean
  readonly der: Der
}

export function encodeExtension(extension: ExtensionToWrite): Der {
  return sequence(
    objectIdentifier(extension.oid),
    ...(extension.critical ? [booleanTrue()] : []),
    octetString(extension.der),
  )
}

/** Any extension by its content. */
export function rawExtension(oid: string, der: Der, critical = false): ExtensionToWrite {
  return { oid, critical, der }
}

/** RFC 5280 §4.2.1.9. `pathLength` undefined: no limit written. */
export function basicConstraints(isCa: boolean, pathLength?: number): ExtensionToWrite {
  const fields = isCa ? [booleanTrue(), ...(pathLength === undefined ? [] : [integer(pathLength)])] : []
  return { oid: '2.5.29.19', critical: true, der: sequence(...fields) }
}

/** RFC 5280 §4.2.1.3, the bits in order of their numbers. */
const keyUsageBits = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const
export type KeyUsage = keyof typeof keyUsageBits

export function keyUsage(...usages: readonly KeyUsage[]): ExtensionToWrite {
  const bits: readonly number[] = usages.map((usage) => keyUsageBits[usage])
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  return { oid: '2.5.29.15', critical: true, der: bitString(Uint8Array.of(byte), 7 - Math.max(...bits)) }
}

/** RFC 5280 §4.2.1.12. */
const keyPurposes = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  anyPurpose: '2.5.29.37.0',
} as const
export type KeyPurpose = keyof typeof keyPurposes

export function extendedKeyUsage(...purposes: readonly KeyPurpose[]): ExtensionToWrite {
  const oids = purposes.map((purpose) => objectIdentifier(keyPurposes[purpose]))
  return { oid: '2.5.29.37', critical: false, der: sequence(...oids) }
}

/** An IP literal becomes an iPAddress, anything else and `dns` a dNSName. */
export type AltName = string | { readonly dns: string }

/** RFC 5280 §4.2.1.6. */
export function subjectAltName(names: readonly AltName[]): ExtensionToWrite {
  const encoded = names.map((name) => {
    const address = typeof name === 'string' ? parseIp(name) : undefined
    if (address !== undefined) return implicit(7, address)
    return implicit(2, Buffer.from(typeof name === 'string' ? name : name.dns, 'latin1'))
  })
  return { oid: '2.5.29.17', critical: false, der: sequence(...encoded) }
}

export function subjectKeyIdentifier(keyId: Uint8Array): ExtensionToWrite {
  return { oid: '2.5.29.14', critical: false, der: octetString(keyId) }
}

export function authorityKeyIdentifier(keyId: Uint8Array): ExtensionToWrite {
  return { oid: '2.5.29.35', critical: false, der: sequence(implicit(0, keyId)) }
}

/** RFC 5280 §4.2.2.1; caIssuers first, then OCSP. */
export function authorityInfoAccess(caIssuers: readonly string[], ocsp: readonly string[]): ExtensionToWrite {
  const access = (method: string) => (url: string) =>
    sequence(objectIdentifier(method), implicit(6, Buffer.from(url, 'latin1')))
  const entries = [...caIssuers.map(access('1.3.6.1.5.5.7.48.2')), ...ocsp.map(access('1.3.6.1.5.5.7.48.1'))]
  return { oid: '1.3.6.1.5.5.7.1.1', critical: false, der: sequence(...entries) }
}

/** RFC 5280 §4.2.1.13: one distribution point with all URLs as its fullName. */
export function crlDistributionPoints(urls: readonly string[]): ExtensionToWrite {
  const names = urls.map((url) => implicit(6, Buffer.from(url, 'latin1')))
  return { oid: '2.5.29.31', critical: false, der: sequence(sequence(explicit(0, explicit(0, ...names)))) }
}

/** RFC 5280 §4.2.1.4. A policy with `cps` carries that URL as its qualifier. */
export function certificatePolicies(
  policies: readonly { readonly oid: string; readonly cps?: string }[],
): ExtensionToWrite {
  const encoded = policies.map(({ oid, cps }) =>
    cps === undefined
      ? sequence(objectIdentifier(oid))
      : sequence(objectIdentifier(oid), sequence(sequence(objectIdentifier('1.3.6.1.5.5.7.2.1'), ia5(cps)))),
  )
  return { oid: '2.5.29.32', critical: false, der: sequence(...encoded) }
}

/**
 * SignedCertificateTimestampList, RFC 6962 §3.3: well-formed, of the size of real ones, signed by nobody.
 * Log ids and signatures come from `seed`.
 */
export function signedCertificateTimestamps(count: number, seed: string, at: Date): ExtensionToWrite {
  const list = new Writer()
  list.vector16(() => {
    for (let i = 0; i < count; i++) {
      list.vector16(() => {
        list.u8(0) // sct_version = v1
        list.bytes(seededBytes(`${seed} log ${i}`, 32))
        list.u32(Math.floor(at.getTime() / 2 ** 32)).u32(at.getTime() % 2 ** 32)
        list.u16(0) // extensions
        list.u8(4).u8(3) // sha256, ecdsa: RFC 5246 §7.4.1.4.1
        list.vector16(() => list.bytes(lookalikeSignature(`${seed} signature ${i}`)))
      })
    }
  })
  return { oid: '1.3.6.1.4.1.11129.2.4.2', critical: false, der: octetString(list.finish()) }
}

/** An ECDSA-Sig-Value over P-256, r with its top bit set and s without: 71 bytes, the mean of real ones. */
function lookalikeSignature(seed: string): Der {
  const r = seededBytes(`${seed} r`, 32)
  const s = seededBytes(`${seed} s`, 32)
  r[0] = r[0]! | 0x80
  s[0] = (s[0]! & 0x7f) | 0x40
  return sequence(integer(r), integer(s))
}

function ia5(text: string): Der {
  return Uint8Array.from(printableString(text), (byte, index) => (index === 0 ? 0x16 : byte))
}
