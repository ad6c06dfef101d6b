import { describe, expect, test } from 'vitest'
import { alerts } from '../tls/alerts.ts'
import { parseCipherSuite } from '../tls/cipher-suites.ts'
import { findingOf } from './failure-finding.ts'
import type { FrontFailure } from './front.ts'

describe('a failed handshake in words', () => {
  test('unknown_ca says that the CA is to be loaded', () => {
    expect(findingOf({ kind: 'alert-received', description: 48 })).toMatchObject({
      cause: 'untrusted-root',
      what: 'the client sent unknown_ca',
      loadCa: true,
    })
  })

  test('an alert that several faults share names no cause', () => {
    for (const description of [42, 46, 80, 50, 47]) {
      expect(findingOf({ kind: 'alert-received', description }).cause).toBe(undefined)
    }
    expect(findingOf({ kind: 'alert-received', description: 177 }).what).toBe('the client sent alert(177)')
  })

  test('every failure has words that are plain, and a fix that is', () => {
    const stages = ['connect', 'client-hello', 'server-flight', 'handshake'] as const
    const failures: FrontFailure[] = [
      ...Object.values(alerts).map(({ code }) => ({ kind: 'alert-received' as const, description: code })),
      ...(['version', 'suite', 'client-certificate', 'other'] as const).map((reason) => ({
        kind: 'refused' as const,
        reason,
        detail: 'no shared cipher',
      })),
      ...stages.flatMap((after) => [
        { kind: 'closed' as const, after, reset: true },
        { kind: 'closed' as const, after, reset: false },
        { kind: 'timeout' as const, after },
      ]),
      { kind: 'not-tls', firstBytes: new Uint8Array(), plainHttp: true },
      { kind: 'not-tls', firstBytes: new Uint8Array(), plainHttp: false },
      { kind: 'too-many', limit: 'address' },
      { kind: 'too-many', limit: 'connections' },
    ]
    for (const failure of failures) {
      const { what, fix } = findingOf(failure)
      for (const text of [what, fix ?? 'none']) expect(text).toMatch(/^[a-z][ -~]*[^. ]$/)
    }
  })

  test('silence and a refused version are told apart', () => {
    expect(findingOf({ kind: 'closed', after: 'server-flight', reset: false }).loadCa).toBe(true)
    expect(findingOf({ kind: 'refused', reason: 'version', detail: 'unsupported protocol' }).cause).toBe(
      'no-common-version',
    )
    expect(findingOf({ kind: 'not-tls', firstBytes: new Uint8Array(), plainHttp: true }).fix).toContain(
      'https://',
    )
  })

  test('a refused suite names what opens the listener to what was offered', () => {
    const refused = { kind: 'refused', reason: 'suite', detail: 'no shared cipher' } as const
    const ways = { oldSuites: 'add --old-suites', rsa: 'add --rsa', ecdsa: 'leave --rsa out' }
    const fix = (offered: readonly string[], kind: 'rsa' | 'ecdsa', oldSuites = false) => {
      const served = { kinds: new Set([kind]), oldSuites }
      return findingOf(refused, { offered: offered.map((name) => parseCipherSuite(name)!), served, ways }).fix
    }
    const fixed = ['TLS_RSA_WITH_AES_128_GCM_SHA256']
    expect(fix(fixed, 'rsa')).toMatch(/static RSA, and here ECDHE .* or add --old-suites$/)
    expect(fix(fixed, 'ecdsa')).toMatch(/or add --rsa and add --old-suites$/)
    expect(fix(fixed, 'rsa', true)).toMatch(/group or signature algorithm is not/)
    expect(fix(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], 'ecdsa')).toMatch(/key of RSA: add --rsa$/)
    expect(fix(['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], 'rsa')).toMatch(/ECDSA: leave --rsa out$/)
    expect(fix(['TLS_RSA_WITH_RC4_128_SHA'], 'rsa')).toMatch(/no suite that can be served/)
  })
})
