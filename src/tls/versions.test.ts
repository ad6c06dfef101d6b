import { expect, test } from 'vitest'
import { isTls13, versions } from './versions.ts'

test('TLS 1.3, its drafts and DTLS 1.3 hide their handshake; DTLS 1.2 does not, though its number is larger', () => {
  const late = Object.entries(versions).filter(([, { code }]) => isTls13(code))
  expect(late.map(([name]) => name)).toEqual(['TLSv1.3', 'DTLSv1.3'])
  expect(isTls13(0x7f1c)).toBe(true)
})
