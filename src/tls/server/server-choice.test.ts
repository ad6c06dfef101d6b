import { describe, expect, test } from 'vitest'
import { modelHello } from '../../../test/support/model-device.ts'
import { decodeClientHello, encodeClientHello } from '../client-hello.ts'
import { chooseFor, type ServerMeans } from './server-choice.ts'

const HEADER_BYTES = 4
const hello = decodeClientHello(encodeClientHello(modelHello, new Uint8Array(32)).subarray(HEADER_BYTES))
const means: ServerMeans = {
  maxVersion: 0x0303,
  leafKey: 'rsa',
  leafCurve: undefined,
  groups: undefined,
  onlyRsaKeyExchange: false,
  rsaSignature: 'pkcs1',
}

describe('the schemes that an RSA key signs with in TLS 1.2', () => {
  test('have RSA-PSS last, or alone where that is asked for', () => {
    expect(chooseFor(hello, means)?.schemes).toEqual([0x0401, 0x0501, 0x0601, 0x0201, 0x0804])
    expect(chooseFor(hello, { ...means, rsaSignature: 'pss' })?.schemes).toEqual([0x0804])
  })

  test('are no matter of a key of another kind', () => {
    const ecdsa = { ...means, leafKey: 'ecdsa', leafCurve: 'prime256v1', rsaSignature: 'pss' } as const
    expect(chooseFor(hello, ecdsa)?.schemes).toEqual([0x0403, 0x0503, 0x0603])
  })
})
