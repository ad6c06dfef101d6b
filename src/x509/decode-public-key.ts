import { DecodeError } from '../codec/decode-error.ts'
import type { PublicKeyInfo } from './certificate.ts'
import { type DerElement, DerReader, tags } from './der.ts'
import { bitLength, readBitString, readInteger, readOid } from './der-values.ts'
import { curves, keyAlgorithms } from './oids.ts'

/**
 * Reads SubjectPublicKeyInfo, RFC 5280 §4.1.2.7. A key whose inside cannot be read (explicit EC parameters, a broken
 * RSA key) becomes `unknown` and is noted: the certificate around it is still worth showing.
 */
export function readPublicKey(reader: DerReader, field: string): PublicKeyInfo {
  const element = reader.expect(tags.sequence, field)
  const info = reader.inside(element, field)
  const algorithm = info.sequence('algorithm')
  const oid = readOid(algorithm, 'algorithm')
  const parameters = algorithm.atEnd ? undefined : algorithm.any('parameters')
  algorithm.end()
  const { bytes } = readBitString(info, 'subjectPublicKey')
  info.end()
  const spki = element.bytes
  try {
    switch (oid) {
      case keyAlgorithms.rsaEncryption:
        return { spki, kind: 'rsa', bits: rsaBits(bytes) }
      case keyAlgorithms.ecPublicKey:
        return readEcKey(reader, spki, { parameters, point: bytes })
      case keyAlgorithms.ed25519:
        return { spki, kind: 'ed25519' }
      case keyAlgorithms.ed448:
        return { spki, kind: 'ed448' }
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    reader.odd('an unreadable public key')
  }
  return { spki, kind: 'unknown', oid }
}

/** A curve spelt out, which RFC 5480 §2.1.1 forbids, leaves the key unknown; a compressed point (§2.2) is rare enough to tell. */
function readEcKey(
  reader: DerReader,
  spki: Uint8Array,
  { parameters, point }: { readonly parameters: DerElement | undefined; readonly point: Uint8Array },
): PublicKeyInfo {
  if (parameters?.tag === tags.sequence) {
    reader.odd('explicit curve parameters')
    return { spki, kind: 'unknown', oid: keyAlgorithms.ecPublicKey }
  }
  if (point[0] === 0x02 || point[0] === 0x03) reader.odd('a compressed point')
  return { spki, kind: 'ec', ...readCurve(parameters, point) }
}

/** Bits of the modulus of an RSAPublicKey, RFC 8017 §A.1.1. */
function rsaBits(key: Uint8Array): number {
  const document = new DerReader(key, 'RSAPublicKey', new Set())
  const fields = document.sequence('key')
  const modulus = readInteger(fields, 'modulus')
  if (modulus[0]! >= 0x80) throw fields.error('value', 'modulus', 'negative')
  readInteger(fields, 'publicExponent')
  fields.end()
  document.end()
  return bitLength(modulus)
}

/** namedCurve of ECParameters, RFC 5480 §2.1.1; a curve without a name here shows its OID and the point's size. */
function readCurve(parameters: DerElement | undefined, point: Uint8Array): { curve: string; bits: number } {
  const reader = new DerReader(parameters?.bytes ?? new Uint8Array(), 'ECParameters', new Set())
  const oid = readOid(reader, 'namedCurve')
  const curve = curves[oid]
  if (curve !== undefined) return { curve: curve.name, bits: curve.bits }
  const uncompressed = point[0] === 0x04
  return {
    curve: oid,
    bits: (uncompressed ? Math.floor((point.length - 1) / 2) : Math.max(point.length - 1, 0)) * 8,
  }
}
