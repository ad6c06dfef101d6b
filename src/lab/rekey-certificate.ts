import type { KeyObject } from 'node:crypto'
import { formatHex } from '../codec/hex.ts'
import { bitString, sequence } from '../issue/der.ts'
import type { Certificate } from '../x509/certificate.ts'
import { DerReader, tags } from '../x509/der.ts'
import { signLike } from './sign-like.ts'

export interface Rekeying {
  /** SubjectPublicKeyInfo in place of the observed one, as long as that; undefined: it stays. */
  readonly spki: Uint8Array | undefined
  /** Key identifiers that are hashes of keys, in hex, and what those of our keys are. */
  readonly keyIds: ReadonlyMap<string, Uint8Array>
  /** Undefined: the signature stays as it was observed, and nothing verifies it. */
  readonly signer: KeyObject | undefined
}

export interface Rekeyed {
  readonly der: Uint8Array
  /** Whether `signer` made the signature. */
  readonly signed: boolean
}

/**
 * The certificate with keys, identifiers of keys and signature of our own, written over those observed: names, dates,
 * serial number, extensions, their order and the algorithms stay, and so do all sizes; only an ECDSA signature can come
 * out a byte shorter or longer, and the lengths around it then say so. Throws `DecodeError`.
 */
export function rekeyCertificate(certificate: Certificate, { spki, keyIds, signer }: Rekeying): Rekeyed {
  const der = Uint8Array.from(certificate.der)
  if (spki !== undefined) overwrite(der, certificate, spki)
  writeKeyIds(der, certificate, keyIds)
  const { tbs } = certificate
  const signed = signer && signLike(certificate, der.subarray(tbs.start, tbs.end), signer)
  if (signed === undefined) return { der, signed: false }
  const { algorithm, signature } = tailOf(certificate.der)
  const value = signature.value.subarray(1)
  if (signed.length === value.length) {
    der.set(signed, signature.end - value.length)
    return { der, signed: true }
  }
  const parts = [der.subarray(tbs.start, tbs.end), algorithm.bytes, bitString(signed)]
  return { der: sequence(...parts), signed: true }
}

function tailOf(der: Uint8Array) {
  const outer = new DerReader(der, 'Certificate', new Set()).sequence('certificate')
  outer.expect(tags.sequence, 'tbs')
  return {
    algorithm: outer.expect(tags.sequence, 'algorithm'),
    signature: outer.expect(tags.bitString, 'signature'),
  }
}

function overwrite(der: Uint8Array, { der: observed, publicKey }: Certificate, spki: Uint8Array): void {
  if (spki.length !== publicKey.spki.length) throw new RangeError('a key of another size')
  // A view of the certificate's own bytes.
  der.set(spki, publicKey.spki.byteOffset - observed.byteOffset)
}

const subjectKeyId = '2.5.29.14'
const authorityKeyId = '2.5.29.35'

function writeKeyIds(der: Uint8Array, certificate: Certificate, keyIds: Rekeying['keyIds']): void {
  for (const { oid, value } of certificate.extensions) {
    if (oid !== subjectKeyId && oid !== authorityKeyId) continue
    const reader = new DerReader(value, oid, new Set(), value.byteOffset - certificate.der.byteOffset)
    const id =
      oid === subjectKeyId
        ? reader.optional(tags.octetString, 'keyId')
        : reader.nextTag === tags.sequence
          ? reader.sequence('authorityKeyId').optional(0x80, 'keyIdentifier')
          : undefined
    const made = id && keyIds.get(formatHex(id.value))
    if (id !== undefined && made?.length === id.value.length) der.set(made, id.valueStart)
  }
}
