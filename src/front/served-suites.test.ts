import { describe, expect, test } from 'vitest'
import { parseCipherSuite } from '../tls/cipher-suites.ts'
import { openingFor } from './served-suites.ts'

const codes = (...names: readonly string[]) => names.map((name) => parseCipherSuite(name)!)
const rsa = new Set(['rsa'] as const)
const ecdsa = new Set(['ecdsa'] as const)

describe('what opens a listener to the suites of a client', () => {
  test('is nothing where one of them is served', () => {
    const both = codes('TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
    expect(openingFor(both, { kinds: rsa, oldSuites: false })).toEqual({ kind: undefined, oldSuites: false })
  })

  test('is old suites for static RSA and for CBC, and a key of RSA where there is none', () => {
    const fixed = codes('TLS_RSA_WITH_AES_128_GCM_SHA256')
    expect(openingFor(fixed, { kinds: rsa, oldSuites: false })).toEqual({ kind: undefined, oldSuites: true })
    expect(openingFor(fixed, { kinds: ecdsa, oldSuites: false })).toEqual({ kind: 'rsa', oldSuites: true })
    expect(openingFor(fixed, { kinds: rsa, oldSuites: true })).toEqual({ kind: undefined, oldSuites: false })
    const cbc = codes('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256')
    expect(openingFor(cbc, { kinds: ecdsa, oldSuites: false })).toEqual({ kind: undefined, oldSuites: true })
  })

  test('is the other key where that alone will do, and nothing for suites that are never served', () => {
    const forRsa = codes('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA')
    expect(openingFor(forRsa, { kinds: ecdsa, oldSuites: false })).toEqual({ kind: 'rsa', oldSuites: false })
    const never = codes('TLS_RSA_WITH_RC4_128_SHA', 'TLS_PSK_WITH_AES_128_GCM_SHA256')
    expect(openingFor(never, { kinds: ecdsa, oldSuites: false })).toBe(undefined)
  })
})
