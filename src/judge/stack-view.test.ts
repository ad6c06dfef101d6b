import { expect, test } from 'vitest'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import {
  connection,
  dial,
  found,
  hello,
  holding,
  holdingUnknown,
  judged,
  negotiated,
  pemOf,
} from '../../test/support/judge-observations.ts'

const s3 = pemOf('chain-aws-s3-eu-west-1', 'bucket.s3-eu-west-1.amazonaws.com')
const now = new Date('2022-01-01T00:00:00Z')

// The last certificate of S3 is Starfield's second root, signed by Starfield's Class 2: a device that holds that one passes.
test('a library that does not find an anchor blocks nothing as long as nobody knows which roots the device holds', () => {
  const device = catalogueDevice('wolfssl-no-alt')
  const verdict = judged(s3, { device, trust: holdingUnknown(), now })
  expect(verdict.state).toBe('undecided')
  expect(found(verdict, 'stack-refuses')).toMatchObject({
    effect: 'unknown',
    details: { reason: 'untrusted' },
  })
  expect(verdict.missing.map(({ needs }) => needs)).toContain('anchor')
})

test('with the roots known it does', () => {
  const device = catalogueDevice('wolfssl-no-alt')
  const verdict = judged(s3, { device, trust: holding('amazon-root-ca-1'), now })
  expect(verdict).toMatchObject({ state: 'blocked', stage: 'path' })
})

test('a server without RFC 5746 is refused by OpenSSL where the client seen asked for it, and else says nothing', () => {
  const device = catalogueDevice('openssl')
  const refused = (cipherSuites: readonly number[]) => {
    const seen = connection({ hello: hello({ cipherSuites }), negotiated: negotiated() })
    const verdict = judged(dial([seen]), { device, now })
    return found(verdict, 'stack-refuses')?.details.reason === 'extension-refused'
  }
  expect(refused([0xc02f, 0x00ff])).toBe(true)
  expect(refused([0xc02f])).toBe(false)
})

test('a server that names its groups below TLS 1.3 is refused by wolfSSL, whatever else the client asked for', () => {
  const device = catalogueDevice('wolfssl-no-alt')
  const seen = connection({ negotiated: { ...negotiated()!, extensions: [0x000a] } })
  const verdict = judged(dial([seen]), { device, now })
  expect(found(verdict, 'stack-refuses')).toMatchObject({
    details: { reason: 'extension-refused' },
    deviceWords: { code: '-424' },
  })
})

test('a server of an older version is refused in the number of the library', () => {
  const refusedBy = (id: string) => {
    const seen = connection({ hello: hello({ versions: [0x0303] }), negotiated: negotiated(0x0301, 0xc013) })
    return found(judged(dial([seen]), { device: catalogueDevice(id), now }), 'no-common-version')?.deviceWords
  }
  expect(refusedBy('mbedtls@3.6')?.code).toBe('-0x6E80')
  expect(refusedBy('wolfssl-no-alt')?.code).toBe('-326')
})
