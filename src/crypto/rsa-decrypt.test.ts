import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { basicConstraints } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import { decryptWithKey } from './rsa-decrypt.ts'
import { encryptForCertificate } from './rsa-encrypt.ts'
import { Seed } from './seed.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const { der } = issueCertificate({
  subject: [['CN', 'a']],
  key: privateKey,
  issuer: undefined,
  hash: 'sha256',
  notBefore: new Date(0),
  notAfter: new Date(1e12),
  serialBytes: 8,
  keyIds: false,
  seed: 'a',
  extensions: [basicConstraints(false)],
})
const seed = new Seed(new Uint8Array(32))

test('what was encrypted for a certificate is decrypted with its key', () => {
  const message = Uint8Array.from([3, 3, ...new Uint8Array(46).fill(7)])
  expect(decryptWithKey(pem, encryptForCertificate(der, message, seed)!)).toEqual(Buffer.from(message))
})

test('a block of another form, a ciphertext of another length and a key of another kind give nothing', () => {
  const ciphertext = encryptForCertificate(der, Uint8Array.of(1), seed)!
  const broken = Uint8Array.from(ciphertext)
  broken[100]! ^= 1
  expect(decryptWithKey(pem, broken)).toBeUndefined()
  expect(decryptWithKey(pem, ciphertext.subarray(1))).toBeUndefined()
  expect(decryptWithKey(pem, new Uint8Array(128).fill(0xff))).toBeUndefined()
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  expect(decryptWithKey(ec.export({ type: 'pkcs8', format: 'pem' }) as string, ciphertext)).toBeUndefined()
})
