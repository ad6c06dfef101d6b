import { basicConstraints, type ExtensionToWrite, keyUsage } from '../issue/certificate-extensions.ts'
import { bitString, objectIdentifier, sequence, setOf, utf8String } from '../issue/der.ts'
import type { CalendarLink } from '../trust/calendar.ts'
import type {
  Certificate,
  CertificateExtension,
  PublicKeyInfo,
  SignatureClaims,
} from '../x509/certificate.ts'
import { tags } from '../x509/der.ts'
import type { Name } from '../x509/name.ts'
import { curves, keyAlgorithms } from '../x509/oids.ts'
import { elementBytes } from '../x509/weight.ts'

const DAY_MS = 86_400_000

/** Long enough that a new leaf is no leaf about to end, on any day of its life that is judged. */
const RENEWED_DAYS = 47

/** What a certificate that is not at hand is made of. */
export interface StandInParts {
  readonly link: Pick<CalendarLink, 'subject' | 'derBytes' | 'leastBytes' | 'until'>
  readonly name: Name
  readonly issuer: Name
  readonly publicKey: PublicKeyInfo
  readonly signatureAlgorithm: string
  readonly signatureClaims: SignatureClaims
  readonly subjectKeyId: string | undefined
  /** The day that is judged. */
  readonly at: Date
}

/**
 * A certificate of which name, size and key are known, as the judge reads one. `der` holds zeros: it is a size, and
 * nobody can take it for a certificate. Its signature is a claim, as in a capsule.
 */
export function standIn(parts: StandInParts): Certificate {
  const { link, name, issuer, publicKey, signatureAlgorithm, signatureClaims, subjectKeyId, at } = parts
  const until = link.until === undefined ? undefined : new Date(`${link.until}T23:59:59Z`)
  return {
    der: new Uint8Array(link.derBytes ?? link.leastBytes ?? 0),
    sha256: `stand-in:${issuer.text}:${name.text}`,
    version: 3,
    serialHex: '00',
    subject: name,
    issuer,
    notBefore: new Date(at.getTime() - DAY_MS),
    notAfter: until ?? new Date(at.getTime() + RENEWED_DAYS * DAY_MS),
    publicKey,
    signatureAlgorithm,
    pssHash: undefined,
    signature: new Uint8Array(),
    tbs: { start: 0, end: 0 },
    isCa: true,
    pathLength: undefined,
    keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    extendedKeyUsage: ['serverAuth'],
    subjectAltNames: [],
    subjectKeyId,
    authorityKeyId: undefined,
    sctCount: 0,
    extensions: caExtensions,
    selfIssued: false,
    oddities: [],
    signatureClaims,
  }
}

/** What every public CA certificate has, BR §7.1.2: some stacks look for the extension, and not for what it says. */
const caExtensions: readonly CertificateExtension[] = [
  read('basicConstraints', basicConstraints(true)),
  read('keyUsage', keyUsage('digitalSignature', 'keyCertSign', 'cRLSign')),
]

function read(name: string, { oid, critical, der: value }: ExtensionToWrite): CertificateExtension {
  return { oid, name, critical, value, range: { start: 0, end: 0 } }
}

/** The same certificate as it would be after renewal: valid on that day, all else as today. */
export function renewed(certificate: Certificate, at: Date): Certificate {
  return {
    ...certificate,
    notBefore: new Date(at.getTime() - DAY_MS),
    notAfter: new Date(at.getTime() + RENEWED_DAYS * DAY_MS),
  }
}

export function nameFrom(commonName: string): Name {
  return {
    der: sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName)))),
    attributes: [{ type: 'CN', value: commonName, tag: tags.utf8String }],
    text: `CN=${commonName}`,
    commonName,
  }
}

/** `RSA 2048`, `EC secp384r1` as a key of that kind which is nobody's: its bits spell its owner's name. */
export function keyFrom(description: string, owner: string): PublicKeyInfo {
  const [kind, detail = ''] = description.split(' ')
  const spell = (length: number) => Buffer.alloc(length, `${owner} `, 'utf8')
  if (kind === 'RSA') {
    const bits = Number(detail)
    const algorithm = sequence(objectIdentifier(keyAlgorithms.rsaEncryption))
    return { kind: 'rsa', bits, spki: sequence(algorithm, bitString(spell(bits / 8))) }
  }
  const [oid, curve] = Object.entries(curves).find(([, { name }]) => name === detail) ?? []
  if (oid === undefined || curve === undefined) throw new RangeError(`no curve ${detail}`)
  const algorithm = sequence(objectIdentifier(keyAlgorithms.ecPublicKey), objectIdentifier(oid))
  const point = bitString(spell(2 * Math.ceil(curve.bits / 8)))
  return { kind: 'ec', curve: curve.name, bits: curve.bits, spki: sequence(algorithm, point) }
}

/** SubjectPublicKeyInfo on P-256, the smallest key that a public CA may have (BR §6.1.5): RFC 5480 §2. */
const LEAST_KEY_BYTES = 91
/** What no certificate is without, RFC 5280 §4.1: two validity dates of 15 bytes in a SEQUENCE of 2. */
const VALIDITY_BYTES = 32

/**
 * What any CA certificate under that issuer has at least: the issuer's signature and name, the smallest key, dates. An
 * ECDSA signature has no least size worth counting.
 */
export function leastBytesUnder({ subject, publicKey }: Certificate): number {
  const signature = publicKey.kind === 'rsa' ? elementBytes(1 + publicKey.bits / 8) : 0
  return signature + subject.der.length + LEAST_KEY_BYTES + VALIDITY_BYTES
}
