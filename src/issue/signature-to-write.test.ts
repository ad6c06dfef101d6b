import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type CertificateRecipe, issueCertificate } from './issue-certificate.ts'
import { type HashToWrite, signatureAlgorithm } from './signature-to-write.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

function rootOf(key: CertificateRecipe['key'], hash: HashToWrite, pss = false): X509Certificate {
  const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') }
  const rest = { serialBytes: 12, keyIds: false, extensions: [], seed: 'root', issuer: undefined }
  const { pem } = issueCertificate({ subject: [['CN', 'root']], key, hash, pss, ...dates, ...rest })
  return new X509Certificate(pem)
}

describe('a certificate that OpenSSL verifies', () => {
  for (const hash of ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const) {
    test(`RSA with ${hash}`, () => {
      const root = rootOf(rsa, hash)
      expect(root.verify(root.publicKey)).toBe(true)
    })
  }
  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
    test(`ECDSA and RSA-PSS with ${hash}`, () => {
      const [plain, pss] = [rootOf(ec, hash), rootOf(rsa, hash, true)]
      expect([plain.verify(plain.publicKey), pss.verify(pss.publicKey)]).toEqual([true, true])
    })
  }
  test('Ed25519', () => {
    const root = rootOf(ed25519, 'sha256')
    expect(root.verify(root.publicKey)).toBe(true)
  })
})

test('ECDSA with MD5 has no name in any certificate', () => {
  expect(() => signatureAlgorithm({ signer: ec, hash: 'md5', pss: false })).toThrow('no algorithm identifier')
})
