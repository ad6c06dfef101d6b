import { DecodeError } from '../codec/decode-error.ts'
import { DerReader, tags } from './der.ts'
import { readOid, readSmallInteger } from './der-values.ts'

/** Certificates of one SignedData that are read. */
const MAX_PKCS7_CERTIFICATES = 1_000

const signedData = '1.2.840.113549.1.7.2'
const dataOid = '1.2.840.113549.1.7.1'

/**
 * The certificates of a PKCS #7 SignedData in DER (RFC 2315 §9.1, RFC 5652 §5.1), in the order of the file: it is a SET
 * OF, so that the order says nothing of a chain. Attribute certificates and other choices are passed over. Throws
 * `DecodeError`; offsets in it count from the first byte.
 */
export function decodePkcs7(der: Uint8Array): Uint8Array[] {
  const document = new DerReader(der, 'ContentInfo', new Set())
  const info = document.sequence('contentInfo')
  const type = readOid(info, 'contentType')
  if (type !== signedData) throw info.error('value', 'contentType', `${type} and not signedData`)
  const content = info.inside(info.expect(0xa0, 'content'), 'content')
  const signed = content.sequence('signedData')
  readSmallInteger(signed, 'version')
  signed.expect(tags.set, 'digestAlgorithms')
  signed.expect(tags.sequence, 'encapContentInfo')
  const set = signed.optional(0xa0, 'certificates')
  if (set === undefined) return []
  const reader = signed.inside(set, 'certificates')
  const certificates: Uint8Array[] = []
  while (!reader.atEnd) {
    const { tag, bytes } = reader.any('certificate')
    if (tag !== tags.sequence) continue
    if (certificates.length === MAX_PKCS7_CERTIFICATES) {
      throw reader.error('too-large', 'certificates', `more than ${MAX_PKCS7_CERTIFICATES}`)
    }
    certificates.push(bytes)
  }
  return certificates
}

/** What DER is by its first elements; undefined: none of these. Never throws. */
export function kindOfDer(
  der: Uint8Array,
): 'certificate' | 'pkcs7' | 'pkcs12' | 'private-key' | 'request' | undefined {
  try {
    const outer = new DerReader(der, 'file', new Set()).expect(tags.sequence, 'file')
    const inner = new DerReader(outer.value, 'file', new Set())
    const first = inner.any('first')
    if (first.tag === tags.objectIdentifier) {
      const oid = readOid(new DerReader(first.bytes, 'file', new Set()), 'oid')
      return oid === signedData ? 'pkcs7' : undefined
    }
    if (first.tag === tags.integer) return kindOfNumbered(first.value, inner)
    if (first.tag !== tags.sequence) return undefined
    const tbs = new DerReader(first.value, 'file', new Set())
    // TBSCertificate has a version [0] or a serial number and an algorithm; a request a version and a name.
    const explicit = tbs.optional(0xa0, 'version') !== undefined
    tbs.expect(tags.integer, 'number')
    if (explicit) return 'certificate'
    tbs.expect(tags.sequence, 'sequence')
    const next = tbs.nextTag
    return next === tags.sequence && tbs.any('next') && tbs.nextTag === tags.sequence
      ? certificateOr(tbs)
      : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** PKCS #12 has version 3 and a ContentInfo, RFC 7292 §4; keys have versions 0 and 1, RFC 5958, 8017 and 5915. */
function kindOfNumbered(version: Uint8Array, inner: DerReader): 'pkcs12' | 'private-key' | undefined {
  const next = inner.nextTag
  if (version.length !== 1) return undefined
  if (version[0] === 3 && next === tags.sequence) {
    return readOid(inner.sequence('authSafe'), 'oid') === dataOid ? 'pkcs12' : undefined
  }
  const key = next === tags.sequence || next === tags.integer || next === tags.octetString
  return version[0]! <= 1 && key ? 'private-key' : undefined
}

/** Version 1: serial, algorithm, issuer, validity, subject. A request: version, subject, key, attributes [0]. */
function certificateOr(tbs: DerReader): 'certificate' | 'request' {
  tbs.any('next')
  return tbs.nextTag === tags.sequence ? 'certificate' : 'request'
}

/** The same of DER whose end is missing: told by its first two headers. */
export function kindOfCutDer(der: Uint8Array): 'certificate' | 'pkcs7' | undefined {
  const first = headerOf(der, 0)
  if (first === undefined || first.end <= der.length) return undefined
  const oid = Buffer.from(der.subarray(first.valueStart, first.valueStart + 11)).toString('hex')
  if (oid === '06092a864886f70d010702') return 'pkcs7'
  const tbs = headerOf(der, first.valueStart)
  if (tbs === undefined || tbs.end > first.end) return undefined
  // [0] { INTEGER 2 }: version 3.
  const version = Buffer.from(der.subarray(tbs.valueStart, tbs.valueStart + 5)).toString('hex')
  return version === 'a003020102' ? 'certificate' : undefined
}

/** Of a SEQUENCE with a length in two or three octets, as everything of this size has. */
function headerOf(der: Uint8Array, at: number): { valueStart: number; end: number } | undefined {
  const octets = der[at + 1] === 0x82 ? 2 : der[at + 1] === 0x83 ? 3 : 0
  if (der[at] !== 0x30 || octets === 0 || at + 2 + octets > der.length) return undefined
  const valueStart = at + 2 + octets
  const length = der.subarray(at + 2, valueStart).reduce((sum, byte) => sum * 256 + byte, 0)
  return { valueStart, end: valueStart + length }
}
