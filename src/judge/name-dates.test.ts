import { describe, expect, test } from 'vitest'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import { modem, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holdingCertificates,
  holdingUnknown,
  idsOf,
  judged,
  pemOf,
} from '../../test/support/judge-observations.ts'
import { type SmallRecipe, small } from '../../test/support/small-pki.ts'
import type { Device } from '../device/device.ts'
import type { VerifyMode } from './judge-input.ts'

const root = small({ name: 'Root', ca: true, notAfter: '2040-01-01T00:00:00Z' })

function meet(
  host: string,
  recipe: Partial<SmallRecipe>,
  device = modem(),
  verify: VerifyMode = 'full',
  now = '2026-09-01',
) {
  const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: root, ...recipe })
  const seen = dial([connection({ chain: chainOf([leaf]), host })], {}, { host })
  return judged(seen, { device, verify, now: new Date(now), trust: holdingCertificates(root) })
}

function verifying(rest: Partial<Device['verification']>) {
  return modem({ verification: { ...modem().verification, ...rest } })
}

describe('name', () => {
  test('the host is among the names', () => {
    expect(idsOf(meet('host.example', {}))).not.toContain('name-mismatch')
    expect(idsOf(meet('a.host.example', { altNames: ['*.host.example'] }))).not.toContain('name-mismatch')
  })

  test('a host with a dot at its end is another name to libraries that compare text, and to others it may be', () => {
    const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: root })
    const seen = dial([connection({ chain: chainOf([leaf]), host: 'host.example' })], {}, { finalDot: true })
    const given = { now: new Date('2026-09-01'), trust: holdingCertificates(root) }
    const bySource = judged(seen, { ...given, device: catalogueDevice('openssl') })
    expect(bySource).toMatchObject({ state: 'blocked', stage: 'name' })
    expect(found(bySource, 'name-mismatch')).toMatchObject({
      details: { host: 'host.example.' },
      deviceWords: { code: 'certificate verify failed' },
      fixes: [{ id: 'connect-by-name', with: { name: 'host.example' } }],
    })
    const unknown = judged(seen, { ...given, device: modem() })
    expect(unknown.state).toBe('undecided')
    expect(unknown.missing).toContainEqual(
      expect.objectContaining({ needs: 'measured-limit', about: 'name' }),
    )
  })

  test('another host is not', () => {
    const verdict = meet('other.example', {})
    expect(verdict).toMatchObject({ state: 'blocked', stage: 'name' })
    expect(found(verdict, 'name-mismatch')).toMatchObject({
      cause: 'name-mismatch',
      details: { host: 'other.example', names: ['host.example'], namesTotal: 1, kind: 'dns' },
      fixes: [{ id: 'connect-by-name', with: { name: 'host.example' } }, { id: 'reissue-with-name' }],
    })
  })

  test('a name in the certificate that is no host name is not offered to connect by', () => {
    const hostile = '</td><img src=x onerror=alert(1)>'
    const fixesOf = (...altNames: string[]) =>
      found(meet('other.example', { name: hostile, altNames }), 'name-mismatch')!.fixes
    expect(fixesOf(hostile)).toEqual([expect.objectContaining({ id: 'reissue-with-name' })])
    expect(fixesOf(hostile, 'host.example')[0]).toMatchObject({ with: { name: 'host.example' } })
  })

  test('a common name does not count beside a subjectAltName', () => {
    expect(found(meet('common.example', { name: 'common.example' }), 'name-mismatch')!.details.kind).toBe(
      'cn-ignored',
    )
  })

  test('an address in an iPAddress SAN is found by stacks that look there, and by no other', () => {
    const recipe = { name: 'Board', altNames: ['192.0.2.7'] }
    const stack = (value: 'matched' | 'unmatched' | undefined) =>
      meet('192.0.2.7', recipe, verifying({ ipAddressSan: value && sourced(value) }))
    expect(stack('matched').state).toBe('fits')
    expect(found(stack('unmatched'), 'name-mismatch')).toMatchObject({
      effect: 'blocks',
      details: { kind: 'ip' },
    })
    expect(found(stack(undefined), 'name-mismatch')).toMatchObject({ effect: 'unknown' })
    expect(stack(undefined).missing).toContainEqual(expect.objectContaining({ needs: 'measured-limit' }))
  })

  test('an address as common name does not count beside an iPAddress SAN', () => {
    const recipe = { name: '192.0.2.7', altNames: ['192.0.2.7'] }
    const stack = (value: 'unmatched' | undefined) =>
      meet('192.0.2.7', recipe, verifying({ ipAddressSan: value && sourced(value) }))
    expect(found(stack('unmatched'), 'name-mismatch')).toMatchObject({
      effect: 'blocks',
      fixes: [{ id: 'reissue-with-name' }],
    })
    expect(found(stack(undefined), 'name-mismatch')).toMatchObject({ effect: 'unknown' })
  })

  test('an address as common name without SAN is matched by embedded stacks', () => {
    expect(meet('192.0.2.7', { name: '192.0.2.7', altNames: [] }).findings.map(({ id }) => id)).not.toContain(
      'name-mismatch',
    )
  })

  test('switched off by request: a risk, no mismatch, and on some stacks no server name either', () => {
    const device = modem({ hello: { ...modem().hello, sni: sourced('with-name-check') } })
    const verdict = meet('other.example', {}, device, 'no-name')
    expect(verdict.state).toBe('at-risk')
    expect(found(verdict, 'name-check-off')).toMatchObject({
      effect: 'risks',
      details: { by: 'request', dropsSni: true },
    })
    expect(found(verdict, 'name-mismatch')).toMatchObject({ effect: 'info' })
  })

  test('unchecked by default is a risk as well', () => {
    const verdict = meet('other.example', {}, verifying({ name: sourced('unchecked') }))
    expect(found(verdict, 'name-check-off')!.details).toEqual({ by: 'default', dropsSni: false })
  })

  test('not known to be checked: a mismatch leaves it undecided', () => {
    expect(meet('other.example', {}, verifying({ name: undefined })).state).toBe('undecided')
  })

  test('a file without a host is not compared', () => {
    const verdict = judged(pemOf('chain-edge-microsoft-com-g2'))
    expect(found(verdict, 'name-untested')).toMatchObject({ effect: 'info' })
    expect(verdict.stages.find(({ stage }) => stage === 'name')!.state).toBe('not-seen')
    expect(verdict.missing).toContainEqual(expect.objectContaining({ needs: 'host-name' }))
  })
})

describe('dates', () => {
  test('of two certificates of one name and key, those of the one that is sent first count', () => {
    const ca = { name: 'Middle', ca: true, issuer: root }
    const ended = small({ ...ca, notAfter: '2026-02-01T00:00:00Z' })
    const renewed = small({ ...ca, notAfter: '2030-02-01T00:00:00Z' })
    const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: renewed })
    const meeting = (...sent: readonly (typeof root)[]) =>
      judged(dial([connection({ chain: chainOf([leaf, ...sent]) })]), {
        ...{ now: new Date('2026-09-01'), trust: holdingCertificates(root) },
        device: verifying({ dates: sourced('checked') }),
      })
    expect(found(meeting(ended, renewed), 'cert-expired')).toMatchObject({ details: { index: 1 } })
    expect(meeting(renewed, ended).state).toBe('fits')
  })

  const dates = (value: 'checked' | 'unchecked' | undefined) => verifying({ dates: value && sourced(value) })

  test('an expired leaf blocks a device that looks, is a risk for one that does not, else unknown', () => {
    const at = (value: 'checked' | 'unchecked' | undefined) =>
      meet('host.example', {}, dates(value), 'full', '2027-01-11T00:00:00Z')
    expect(found(at('checked'), 'cert-expired')).toMatchObject({
      effect: 'blocks',
      cause: 'cert-expired',
      details: { index: 0, daysAgo: 10, deviceChecks: 'checked' },
    })
    expect(at('unchecked').state).toBe('at-risk')
    expect(at(undefined).state).toBe('undecided')
  })

  test('an expired issuer blocks where it is on the path; where no path is known it may be on none', () => {
    const root = small({ name: 'Root', ca: true })
    const old = small({ name: 'Middle', ca: true, issuer: root, notAfter: '2026-02-01T00:00:00Z' })
    const leaf = small({ name: 'host.example', issuer: old, altNames: ['host.example'] })
    const seen = dial([connection({ chain: chainOf([leaf, old]) })])
    const effectFor = (trust: ReturnType<typeof holdingUnknown>) =>
      found(judged(seen, { device: dates('checked'), trust }), 'cert-expired')!.effect
    expect(effectFor(holdingCertificates(root))).toBe('blocks')
    expect(effectFor(holdingUnknown())).toBe('unknown')
  })

  test('dates that are checked where the device verifies, and not known whether it verifies', () => {
    const device = verifying({ peer: undefined })
    const verdict = meet('host.example', {}, device, 'full', '2027-01-11T00:00:00Z')
    expect(found(verdict, 'cert-expired')).toMatchObject({
      effect: 'unknown',
      details: { deviceChecks: 'where-verified' },
    })
    expect(verdict.missing[0]).toMatchObject({ needs: 'measured-limit', about: 'peer' })
  })

  test('what settles an open date speaks of dates, and comes before what nothing hangs on', () => {
    const device = modem({
      limits: noLimits,
      evidence: [],
      verification: { ...modem().verification, dates: undefined },
    })
    const verdict = meet('host.example', {}, device, 'full', '2027-01-11T00:00:00Z')
    expect(verdict.missing.map(({ about }) => about)).toEqual(['dates', 'chainBytes'])
    expect(meet('host.example', {}, device).missing.map(({ about }) => about)).toEqual(['chainBytes'])
  })

  test('a leaf that begins later', () => {
    const verdict = meet('host.example', { notBefore: '2026-09-03T00:00:00Z' })
    expect(found(verdict, 'cert-not-yet-valid')).toMatchObject({ effect: 'blocks', details: { inDays: 2 } })
  })

  test('the last 14 days of a year are a risk, and the last tenth of a short life', () => {
    const left = (now: string, notBefore: string) =>
      idsOf(meet('host.example', { notBefore }, modem(), 'full', now)).includes('expires-soon')
    expect(left('2026-12-18T00:00:00Z', '2026-01-01T00:00:00Z')).toBe(false)
    expect(left('2026-12-18T12:00:00Z', '2026-01-01T00:00:00Z')).toBe(true)
    expect(left('2026-12-22T00:00:00Z', '2026-10-03T00:00:00Z')).toBe(false)
    expect(left('2026-12-24T00:00:00Z', '2026-10-03T00:00:00Z')).toBe(true)
  })

  test('a clock is needed within what all certificates share', () => {
    expect(found(meet('host.example', {}), 'clock-needed')!.details).toEqual({
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
    })
    expect(found(meet('host.example', {}, dates('unchecked')), 'dates-unchecked')).toMatchObject({
      effect: 'info',
    })
  })

  test('an expired anchor is what stacks differ over', () => {
    const old = small({ name: 'Old', ca: true, notAfter: '2026-02-01T00:00:00Z' })
    const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: old })
    const seen = dial([connection({ chain: chainOf([leaf]) })])
    const verdict = judged(seen, { trust: holdingCertificates(old) })
    expect(found(verdict, 'anchor-expired')).toMatchObject({ effect: 'unknown', details: { subject: 'Old' } })
  })

  test('an expired certificate that the path does not need is not looked at', () => {
    const cross = small({
      name: 'Root',
      key: 'Root',
      ca: true,
      issuer: small({ name: 'Gone', ca: true }),
      notAfter: '2026-02-01T00:00:00Z',
    })
    const leaf = small({ name: 'host.example', altNames: ['host.example'], issuer: root })
    const seen = dial([connection({ chain: chainOf([leaf, cross]) })])
    expect(judged(seen, { trust: holdingCertificates(root) }).state).toBe('fits')
  })
})
