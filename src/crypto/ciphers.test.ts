import { expect, test } from 'vitest'
import { formatHex } from '../codec/hex.ts'
import { openAead, sealAead } from './aead.ts'
import { decryptCbc, encryptCbc } from './cbc.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", Appendix B, test cases 4 and 16.
test.each([
  {
    name: 'aes-128-gcm' as const,
    key: 'feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    name: 'aes-256-gcm' as const,
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    ciphertext:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    tag: '76fc6ece0f4e1768cddf8853bb2d551b',
  },
])('$name gives the published ciphertext and tag', ({ name, key, ciphertext, tag }) => {
  const nonce = hex('cafebabefacedbaddecaf888')
  const data = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
  const plaintext = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  )
  const sealed = Buffer.concat(sealAead(name, hex(key), nonce, data, plaintext))
  expect(formatHex(sealed)).toBe(ciphertext + tag)
  expect(openAead(name, hex(key), nonce, data, sealed)).toEqual(Buffer.from(plaintext))
  for (let at = 0; at < sealed.length; at++) {
    const wrong = Uint8Array.from(sealed)
    wrong[at] = wrong[at]! ^ 1
    expect(openAead(name, hex(key), nonce, data, wrong)).toBeUndefined()
    expect(openAead(name, hex(key), nonce, data, sealed.subarray(0, at))).toBeUndefined()
  }
})

// NIST SP 800-38A, F.2.1 and F.2.5, first block.
test.each([
  {
    name: 'aes-128-cbc' as const,
    key: '2b7e151628aed2a6abf7158809cf4f3c',
    ciphertext: '7649abac8119b246cee98e9b12e9197d',
  },
  {
    name: 'aes-256-cbc' as const,
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    ciphertext: 'f58c4c04d6e5f1ba779eabfb5f7bfbd6',
  },
])('$name gives the published ciphertext', ({ name, key, ciphertext }) => {
  const iv = hex('000102030405060708090a0b0c0d0e0f')
  const plaintext = hex('6bc1bee22e409f96e93d7e117393172a')
  expect(formatHex(encryptCbc(name, hex(key), iv, plaintext))).toBe(ciphertext)
  expect(formatHex(decryptCbc(name, hex(key), iv, hex(ciphertext)))).toBe(formatHex(plaintext))
})
