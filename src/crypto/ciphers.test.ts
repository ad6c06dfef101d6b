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

// RFC 8439 §2.8.2.
test('chacha20-poly1305 gives the published ciphertext and tag', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
  const nonce = hex('070000004041424344454647')
  const data = hex('50515253c0c1c2c3c4c5c6c7')
  const words =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
  const sealed = Buffer.concat(sealAead('chacha20-poly1305', key, nonce, data, Buffer.from(words)))
  expect(formatHex(sealed)).toBe(
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b' +
      '1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b6116' +
      '1ae10b594f09e26a7e902ecbd0600691',
  )
  expect(openAead('chacha20-poly1305', key, nonce, data, sealed)).toEqual(Buffer.from(words))
})

// RFC 3610 §8, packet vector 1.
test('aes-128-ccm with a tag of 8 bytes gives the published packet', () => {
  const key = hex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf')
  const nonce = hex('00000003020100a0a1a2a3a4a5')
  const data = hex('0001020304050607')
  const plaintext = hex('08090a0b0c0d0e0f101112131415161718191a1b1c1d1e')
  const sealed = Buffer.concat(sealAead('aes-128-ccm', key, nonce, data, plaintext, 8))
  expect(formatHex(sealed)).toBe('588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0')
  expect(openAead('aes-128-ccm', key, nonce, data, sealed, 8)).toEqual(Buffer.from(plaintext))
  for (let at = 0; at < sealed.length; at++) {
    const wrong = Uint8Array.from(sealed)
    wrong[at] = wrong[at]! ^ 1
    expect(openAead('aes-128-ccm', key, nonce, data, wrong, 8)).toBeUndefined()
    expect(openAead('aes-128-ccm', key, nonce, data, sealed.subarray(0, at), 8)).toBeUndefined()
  }
})
