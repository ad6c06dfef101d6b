import { constants, privateDecrypt, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { derOf, Scratch } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { formatHex } from '../codec/hex.ts'
import { encryptForCertificate } from './rsa-encrypt.ts'
import { Seed } from './seed.ts'

const seed = new Seed(new Uint8Array(32))
const message = Uint8Array.from({ length: 48 }, (_, i) => i)

test('nothing is encrypted to what is no certificate', () => {
  expect(encryptForCertificate(new Uint8Array(0), message, seed)).toBeUndefined()
  expect(encryptForCertificate(Uint8Array.of(0x30, 0), message, seed)).toBeUndefined()
})

describe.skipIf(!peer('openssl'))('to a certificate', () => {
  const scratch = new Scratch()

  beforeAll(() => {
    scratch.selfSigned('rsa2048', ['rsa:2048'])
    scratch.selfSigned('rsa1023', ['rsa:1023'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
  })

  afterAll(() => scratch.remove())

  test.each([
    'rsa2048',
    'rsa1023',
  ])('%s the block is 00 02, bytes that are not zero, 00, the message', (name) => {
    const der = derOf(scratch.read(`${name}.pem`))
    const sealed = encryptForCertificate(der, message, seed)!
    const key = { key: scratch.read(`${name}.key`), padding: constants.RSA_NO_PADDING }
    const block = privateDecrypt(key, sealed)
    const { modulusLength } = new X509Certificate(der).publicKey.asymmetricKeyDetails!
    expect(block.length).toBe(Math.ceil(modulusLength! / 8))
    expect([block[0], block[1], block.at(-49)]).toEqual([0, 2, 0])
    expect(block.subarray(2, -49).includes(0)).toBe(false)
    expect(formatHex(block.subarray(-48))).toBe(formatHex(message))
    expect(formatHex(encryptForCertificate(der, message, seed)!)).toBe(formatHex(sealed))
  })

  test('a key that is not RSA, or too short for the message, gives nothing', () => {
    const der = derOf(scratch.read('rsa1023.pem'))
    expect(encryptForCertificate(derOf(scratch.read('p256.pem')), message, seed)).toBeUndefined()
    expect(encryptForCertificate(der, new Uint8Array(118), seed)).toBeUndefined()
    expect(encryptForCertificate(der, new Uint8Array(117), seed)).toBeDefined()
  })
})
