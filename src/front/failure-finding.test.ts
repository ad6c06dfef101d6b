import { describe, expect, test } from 'vitest'
import { alerts } from '../tls/alerts.ts'
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
})
