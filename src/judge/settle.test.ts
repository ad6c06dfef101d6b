import { describe, expect, test } from 'vitest'
import { limit, modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holdingCertificates,
  judged,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'
import type { Device, Verification } from '../device/device.ts'
import { unknownBuild } from '../device/unknown.ts'

const root = small({ name: 'Root', ca: true, notAfter: '2040-01-01T00:00:00Z' })
const other = small({ name: 'Other root', ca: true, notAfter: '2040-01-01T00:00:00Z' })
const checksAll: Partial<Verification> = {
  peer: sourced('required'),
  name: sourced('checked'),
  dates: sourced('checked'),
}

/** A device over Mbed TLS that holds `held`, at a server with a leaf for host.example that ends in 2030. */
function meet(verification: Partial<Verification>, host: string, now: string, held = root) {
  const leaf = small({
    ...{ name: 'host.example', altNames: ['host.example'], issuer: root },
    notAfter: '2030-01-01T00:00:00Z',
  })
  const device = modem({
    build: { ...unknownBuild, rules: sourced('mbedtls-2') },
    verification: { ...modem().verification, ...checksAll, ...verification },
  })
  const seen = dial([connection({ chain: chainOf([leaf]), host })], {}, { host })
  return judged(seen, { device, now: new Date(now), trust: holdingCertificates(held) })
}

describe('a limit of bytes that a profile gives beside the rules of a library', () => {
  const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: root })
  const meetLimit = (limits: Partial<Device['limits']>) => {
    const device = modem({
      build: { ...unknownBuild, rules: sourced('mbedtls-2') },
      verification: { ...modem().verification, ...checksAll },
      limits: { ...noLimits, ...limits },
      evidence: [],
    })
    return judged(dial([connection({ chain: chainOf([leaf]) })]), {
      device,
      trust: holdingCertificates(root),
    })
  }
  const ofBytes = (value: number, counts: 'sent' | 'certificate') =>
    limit({ value, counts, candidates: [counts] })

  test('blocks a chain over it, whatever the library would take', () => {
    expect(meetLimit({ chainBytes: ofBytes(100, 'sent') })).toMatchObject({
      state: 'blocked',
      stage: 'chain',
    })
    expect(meetLimit({ certificateBytes: ofBytes(100, 'certificate') })).toMatchObject({ state: 'blocked' })
  })

  test('does not where the chain is within it', () => {
    expect(meetLimit({ chainBytes: ofBytes(4_096, 'sent') }).state).toBe('fits')
  })
})

describe('a signature of the key exchange that the library refuses', () => {
  const pss = 0x0804
  const mbedtls3 = { ...unknownBuild, rules: sourced('mbedtls-3' as const) }
  const meetPss = (
    hello: Partial<Device['hello']>,
    build = mbedtls3 as Device['build'],
    signatureScheme = pss,
  ) => {
    const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: root })
    const device = modem({
      build,
      hello: { ...modem().hello, ...hello },
      verification: { ...modem().verification, ...checksAll },
    })
    const keyExchange = { group: 0x0017, dhBits: undefined, signatureScheme, signatureValid: true }
    const seen = dial([connection({ chain: chainOf([leaf]), keyExchange })])
    return judged(seen, { device, trust: holdingCertificates(root) })
  }

  test('blocks where the schemes of the device are known', () => {
    const signatureSchemes = sourced(['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])
    expect(meetPss({ signatureSchemes })).toMatchObject({ state: 'blocked', stage: 'handshake' })
  })

  test('decides nothing where they were offered wide', () => {
    expect(meetPss({ signatureSchemes: undefined }).state).toBe('fits')
  })

  test('is what was measured, where that was, with the rules of a library or without', () => {
    const signatureSchemes = sourced(['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])
    const states = (pssBelow13: 'verified' | 'refused') =>
      (['mbedtls-3', 'mbedtls-2', undefined] as const).map((rules) => {
        const build = { ...unknownBuild, rules: rules && sourced(rules), pssBelow13: sourced(pssBelow13) }
        const verdict = meetPss({ signatureSchemes }, build)
        return [verdict.state, verdict.findings.filter(({ id }) => id === 'stack-refuses').length]
      })
    expect(states('refused')).toEqual(Array(3).fill(['blocked', 1]))
    expect(states('verified')).toEqual(Array(3).fill(['fits', 0]))
  })

  test('is not refused where the server signs by PKCS #1 v1.5, or no scheme of the device is known', () => {
    const build = { ...unknownBuild, pssBelow13: sourced('refused' as const) }
    const signatureSchemes = sourced(['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])
    expect(meetPss({ signatureSchemes }, build, 0x0401).state).toBe('fits')
    expect(meetPss({ signatureSchemes: undefined }, build).state).toBe('fits')
  })
})

describe('the last word of a library', () => {
  test('is its refusal, where the device verifies', () => {
    expect(meet({}, 'host.example', '2026-01-01')).toMatchObject({ state: 'fits' })
    expect(meet({}, 'host.example', '2026-01-01', other)).toMatchObject({ state: 'blocked', stage: 'path' })
    expect(meet({}, 'wrong.example', '2026-01-01')).toMatchObject({ state: 'blocked', stage: 'name' })
    expect(meet({}, 'host.example', '2031-01-01')).toMatchObject({ state: 'blocked', stage: 'dates' })
  })

  test('is nothing, where it is not known whether the device verifies at all', () => {
    const unverified = (host: string, now: string, held = root) => meet({ peer: undefined }, host, now, held)
    expect(unverified('host.example', '2026-01-01', other).state).toBe('undecided')
    expect(unverified('wrong.example', '2026-01-01').state).toBe('undecided')
    expect(unverified('host.example', '2031-01-01').state).toBe('undecided')
  })

  test('is nothing on the name or the dates, where it is not known whether they are compared', () => {
    const named = meet({ name: undefined }, 'wrong.example', '2026-01-01')
    expect(named.state).toBe('undecided')
    expect(found(named, 'name-mismatch')?.effect).toBe('unknown')
    expect(meet({ dates: undefined }, 'host.example', '2031-01-01').state).toBe('undecided')
  })

  test('is not needed on what the device is known not to compare', () => {
    expect(
      found(meet({ name: sourced('unchecked') }, 'wrong.example', '2026-01-01'), 'name-mismatch')?.effect,
    ).not.toBe('blocks')
  })
})
