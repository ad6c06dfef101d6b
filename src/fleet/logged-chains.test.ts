import { describe, expect, test } from 'vitest'
import { type SmallRecipe, small } from '../../test/support/small-pki.ts'
import type { LoggedCertificate } from './log-feed.ts'
import { type LoggedContext, loggedChains } from './logged-chains.ts'

const root = small({ name: 'Root', ca: true, notAfter: '2036-01-01T00:00:00Z' })
const issuing = small({ name: 'Issuing', ca: true, issuer: root })
const other = small({ name: 'Other', ca: true, issuer: root })
const now = new Date('2026-11-21T12:00:00Z')
const leaf = (more: Partial<SmallRecipe> = {}) =>
  small({ name: 'fota.example', altNames: ['fota.example'], issuer: issuing, ...more })
const served = leaf()
const renewed = leaf({ notBefore: '2026-11-20T00:00:00Z', notAfter: '2027-06-01T00:00:00Z' })

const entry = (
  certificate: LoggedCertificate['certificate'],
  more: Partial<LoggedCertificate> = {},
): LoggedCertificate => ({
  ...{ certificate, issuers: [], loggedAt: new Date('2026-11-20T08:00:00Z'), isPrecertificate: false },
  ...more,
})

const told = (logged: readonly LoggedCertificate[], more: Partial<LoggedContext> = {}) => {
  const context = { host: 'fota.example', served: [served, issuing], known: [], roots: [root], now }
  const { candidates, untold } = loggedChains(logged, { ...context, ...more })
  return {
    chains: candidates.map(({ certificates }) => certificates.length),
    names: candidates.map(({ name }) => name),
    untold: untold.map(({ why }) => why),
  }
}

describe('a certificate that was logged', () => {
  test('is a chain with the intermediates that are served today, without the root', () => {
    expect(told([entry(renewed)])).toEqual({
      chains: [2],
      names: [`a certificate logged on 2026-11-20 (SHA-256 ${renewed.sha256.slice(0, 16)})`],
      untold: [],
    })
  })

  test('by another issuer is a chain with what came with it, or with what is known', () => {
    const elsewhere = leaf({ issuer: other, notBefore: '2026-11-20T00:00:00Z' })
    expect(told([entry(elsewhere, { issuers: [other] })]).chains).toEqual([2])
    expect(told([entry(elsewhere)], { known: [other] }).chains).toEqual([2])
  })

  test('by an issuer that nobody knows, or that only has the name, cannot be told', () => {
    const elsewhere = leaf({ issuer: other, notBefore: '2026-11-20T00:00:00Z' })
    const impostor = small({ name: 'Other', ca: true, key: 'impostor' })
    expect(told([entry(elsewhere)])).toMatchObject({ chains: [], untold: ['issuer-unknown'] })
    expect(told([entry(elsewhere, { issuers: [impostor] })])).toMatchObject({
      chains: [],
      untold: ['issuer-unknown'],
    })
  })

  test('that cannot be told says what it is, and which issuer is missing on the way to a root', () => {
    const between = small({ name: 'Between', ca: true, issuer: other })
    const elsewhere = leaf({ issuer: between, notBefore: '2026-11-20T00:00:00Z' })
    const of = (logged: readonly LoggedCertificate[]) =>
      loggedChains(logged, { host: 'fota.example', served: [served], known: [], roots: [root], now }).untold
    const facts = {
      ...{ sha256: elsewhere.sha256, subject: 'fota.example', issuer: 'Between', key: 'EC secp256r1' },
      ...{ bytes: elsewhere.der.length, notBefore: '2026-11-20T00:00:00.000Z' },
      ...{ notAfter: '2027-01-01T00:00:00.000Z', loggedAt: '2026-11-20T08:00:00.000Z' },
    }
    expect(of([entry(elsewhere)])).toEqual([
      { ...facts, why: 'issuer-unknown', missing: { name: 'Between', keyId: undefined } },
    ])
    expect(of([entry(elsewhere, { issuers: [between], loggedAt: undefined })])).toEqual([
      {
        ...{ ...facts, loggedAt: undefined },
        ...{ why: 'issuer-unknown', missing: { name: 'Other', keyId: undefined } },
      },
    ])
    expect(of([entry(elsewhere, { isPrecertificate: true })])).toEqual([{ ...facts, why: 'precertificate' }])
  })

  test('whose issuers sign each other leads nowhere, and names nobody as missing', () => {
    const ring = small({ name: 'Ring', ca: true, issuer: issuing })
    const back = small({ name: 'Issuing', ca: true, issuer: ring })
    const elsewhere = leaf({ notBefore: '2026-11-20T00:00:00Z', notAfter: '2027-03-01T00:00:00Z' })
    const context = { host: 'fota.example', served: [served], known: [], roots: [root], now }
    expect(loggedChains([entry(elsewhere, { issuers: [back, ring] })], context).untold).toMatchObject([
      { why: 'issuer-unknown', missing: undefined },
    ])
  })

  test('as a precertificate alone says nothing of its size', () => {
    expect(told([entry(renewed, { isPrecertificate: true })])).toMatchObject({
      chains: [],
      untold: ['precertificate'],
    })
  })

  test('for another host, an older one, one that is over and the one that is served are no news', () => {
    const rest = [
      leaf({ altNames: ['other.example'], notBefore: '2026-11-20T00:00:00Z', key: 'a' }),
      leaf({ notBefore: '2025-01-01T00:00:00Z', notAfter: '2027-01-02T00:00:00Z' }),
      leaf({ notBefore: '2026-11-01T00:00:00Z', notAfter: '2026-11-20T00:00:00Z' }),
      served,
      issuing,
    ]
    expect(told(rest.map((one) => entry(one)))).toEqual({ chains: [], names: [], untold: [] })
  })

  test('twice in the feed is one, and of many the newest count', () => {
    expect(told([entry(renewed), entry(renewed)]).chains).toEqual([2])
    const many = [1, 2, 3, 4, 5, 6].map((day) =>
      leaf({ notBefore: `2026-11-1${day}T00:00:00Z`, notAfter: `2027-01-1${day}T00:00:00Z` }),
    )
    expect(told(many.map((one) => entry(one))).chains).toHaveLength(4)
  })
})
