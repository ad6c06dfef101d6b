import { sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { small } from '../../test/support/small-pki.ts'
import { bitString, element, sequence } from '../issue/der.ts'
import { signatureAlgorithm } from '../issue/signature-to-write.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { DerReader, tags } from '../x509/der.ts'
import { checkSignature } from './check-signature.ts'

const azure = realChain('chain-edge-microsoft-com-g2')
const x1 = realRoot('isrg-root-x1')
const x2 = realRoot('isrg-root-x2')

test('each certificate of a real chain is signed by the next', () => {
  expect(checkSignature(azure[0]!, azure[1]!)).toBe('valid')
  expect(checkSignature(azure[1]!, azure[2]!)).toBe('valid')
  expect(checkSignature(azure[2]!, realRoot('digicert-global-root-g2'))).toBe('valid')
})

test('a root of 2006 with a SHA-1 signature of its own verifies', () => {
  const root = realRoot('digicert-global-root-ca')
  expect(checkSignature(root, root)).toBe('valid')
})

test('another key, of the same or another kind, is invalid', () => {
  expect(checkSignature(azure[0]!, azure[2]!)).toBe('invalid')
  expect(checkSignature(azure[0]!, x2)).not.toBe('valid')
  expect(checkSignature(x2, x1)).not.toBe('valid')
})

test('the answer is the same when asked again', () => {
  expect(checkSignature(azure[0]!, azure[1]!)).toBe('valid')
  expect(checkSignature(azure[0]!, azure[2]!)).toBe('invalid')
})

test('a key that OpenSSL cannot read, or a huge one, is unchecked', () => {
  const broken = {
    ...x1,
    publicKey: { kind: 'unknown', oid: '1.2.3', spki: Uint8Array.of(0x30, 0) },
  } as const
  expect(checkSignature(azure[0]!, broken)).toBe('unchecked')
  const huge = { ...x1, publicKey: { ...x1.publicKey, kind: 'rsa', bits: 16_384 } } as const
  expect(checkSignature(x1, huge)).toBe('unchecked')
})

/** A certificate of the root with one field of its TBSCertificate changed, by its place, and signed anew. */
function resigned(place: number, change: (value: Uint8Array) => Uint8Array) {
  const root = small({ name: 'root', ca: true })
  const { der, tbs } = small({ name: 'device.test', issuer: root, altNames: ['device.test'] })
  const fields = new DerReader(der.subarray(tbs.start, tbs.end), 'tbs', new Set()).sequence('tbs')
  const parts: Uint8Array[] = []
  while (!fields.atEnd) {
    const { tag, value, bytes } = fields.any('field')
    parts.push(parts.length === place ? element(tag, change(value)) : bytes)
  }
  const body = sequence(...parts)
  const { key } = root.issued
  const algorithm = signatureAlgorithm({ signer: key, hash: 'sha256', pss: false })
  const signature = bitString(sign('sha256', body, key))
  return { root, certificate: decodeCertificate(sequence(body, algorithm, signature)) }
}

test('the signature of a certificate that OpenSSL cannot read, or that names two algorithms, is a signature', () => {
  const padded = resigned(1, (serial) => Buffer.concat([Uint8Array.of(0), serial]))
  expect(padded.certificate.oddities).toContain('serialNumber in more bytes than it needs')
  expect(checkSignature(padded.certificate, padded.root)).toBe('valid')
  expect(checkSignature(padded.certificate, small({ name: 'other', ca: true }))).toBe('invalid')
  // ecdsa-with-SHA384 in place of ecdsa-with-SHA256.
  const two = resigned(2, () => element(tags.objectIdentifier, Buffer.from('2a8648ce3d040303', 'hex')))
  expect(two.certificate.oddities).toContain('two signature algorithms')
  expect(checkSignature(two.certificate, two.root)).toBe('valid')
})
