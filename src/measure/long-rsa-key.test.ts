import { constants, createPublicKey, sign, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeLongRsaKey } from './long-rsa-key.ts'

test('a key of 8,192 bits is made in moments, and what it signs is verified', async () => {
  const key = await makeLongRsaKey()
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(8192)
  const message = Buffer.from('a message')
  for (const padding of [constants.RSA_PKCS1_PADDING, constants.RSA_PKCS1_PSS_PADDING]) {
    const signature = sign('sha256', message, { key, padding })
    expect(verify('sha256', message, { key: createPublicKey(key), padding }, signature)).toBe(true)
    expect(verify('sha256', Buffer.from('another'), { key: createPublicKey(key), padding }, signature)).toBe(
      false,
    )
  }
}, 120_000)
