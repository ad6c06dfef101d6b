import { describe, expect, test } from 'vitest'
import { helloRecordsOf, modelHello } from '../../test/support/model-device.ts'
import { plainServing, withChain } from '../exam/serving-of.ts'
import { rsaSignatureSchemes } from './rsa-signatures.ts'

const rsa = withChain(plainServing, { key: 'rsa-2048' })
const helloWith = (schemes: readonly number[]) =>
  helloRecordsOf({
    ...modelHello,
    extensions: [
      ...modelHello.extensions.filter(({ kind }) => kind !== 'signature_algorithms'),
      { kind: 'signature_algorithms', schemes: [...schemes] },
    ],
  })

describe('what OpenSSL may sign with for an RSA key', () => {
  test('is PKCS #1 v1.5 alone, as all devices take it, or RSA-PSS alone where that is the question', () => {
    expect(rsaSignatureSchemes(rsa, helloRecordsOf(modelHello))).not.toContain('PSS')
    const schemes = rsaSignatureSchemes({ ...rsa, rsaSignature: 'pss' }, helloRecordsOf(modelHello))
    expect(schemes?.split(':').every((one) => one.startsWith('RSA-PSS+'))).toBe(true)
  })

  test('is all that it has for a device that offers RSA-PSS alone, for another key, and in TLS 1.3', () => {
    expect(rsaSignatureSchemes(rsa, helloWith([0x0804, 0x0403]))).toBeUndefined()
    expect(rsaSignatureSchemes(plainServing, helloRecordsOf(modelHello))).toBeUndefined()
    expect(rsaSignatureSchemes({ ...rsa, maxVersion: 'TLSv1.3' }, undefined)).toBeUndefined()
  })
})
