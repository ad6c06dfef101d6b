import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import {
  basicConstraints,
  encodeExtension,
  keyUsage,
  subjectKeyIdentifier,
} from '../issue/certificate-extensions.ts'
import { bitString, explicit, integer, sequence, time } from '../issue/der.ts'
import { seededBytes } from '../issue/seeded-bytes.ts'
import { type HashToWrite, signatureAlgorithm, signBytes } from '../issue/signature-to-write.ts'
import type { Certificate } from '../x509/certificate.ts'

const TEN_YEARS_MS = 3_652 * 86_400_000

/**
 * A self-signed root for a certificate whose issuer was not seen: with the issuer's name as that certificate writes it,
 * and the key identifier it asks for. It was valid ten years before and after, so that only what was seen expires.
 */
export function issueRootNamed(issued: Certificate, key: KeyObject): Uint8Array {
  const name = issued.issuer.der
  const hash: HashToWrite = 'sha256'
  const signature = { signer: key, hash, pss: false }
  const algorithm = signatureAlgorithm(signature)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const keyId = issued.authorityKeyId
  const extensions = [
    basicConstraints(true),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(
      keyId === undefined ? createHash('sha1').update(spki).digest() : Buffer.from(keyId, 'hex'),
    ),
  ]
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(seededBytes(`root of ${Buffer.from(name).toString('hex')}`, 16)),
    algorithm,
    name,
    sequence(time(shifted(issued.notBefore, -TEN_YEARS_MS)), time(shifted(issued.notAfter, TEN_YEARS_MS))),
    name,
    spki,
    explicit(3, sequence(...extensions.map(encodeExtension))),
  )
  return sequence(tbs, algorithm, bitString(signBytes(tbs, signature)))
}

/** Kept within what a Time can say. */
function shifted(date: Date, ms: number): Date {
  const [first, last] = [Date.UTC(1950, 0, 1), Date.UTC(9999, 0, 1)]
  return new Date(Math.min(Math.max(date.getTime() + ms, first), last))
}
