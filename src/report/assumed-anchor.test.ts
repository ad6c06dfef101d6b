import { describe, expect, test } from 'vitest'
import { catalogueDevice, deviceIds } from '../../test/support/catalogue-devices.ts'
import { device, limit, noLimits, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  found,
  holding,
  holdingUnknown,
  judged,
  pemOf,
} from '../../test/support/judge-observations.ts'
import { small } from '../../test/support/small-pki.ts'
import type { Device } from '../device/device.ts'
import { unknownBuild } from '../device/unknown.ts'
import type { Finding } from '../finding/finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import { formatFix } from './fixes.ts'
import { formatSentence } from './words.ts'

const s3 = pemOf('chain-aws-s3-eu-west-1', 'bucket.s3-eu-west-1.amazonaws.com')
const edge = pemOf('chain-edge-microsoft-com-g2', 'edge.microsoft.com')

/** All that is said of a finding: its sentence, and each cure with the message to the owner. */
function said(verdict: Verdict, finding: Finding): string[] {
  const { device: of, observation } = verdict
  return [
    formatSentence(finding, observation.source),
    ...finding.fixes.flatMap((one) => {
      const { title, sentence = '' } = formatFix(one, finding, of, observation.target)
      return [title, sentence]
    }),
  ]
}

describe('where nobody said which roots the device holds', () => {
  test.each(deviceIds)('%s: no sentence says that it holds the one that is assumed', (id) => {
    for (const [seen, now] of [
      [s3, '2022-01-01'],
      [edge, '2026-06-01'],
      [edge, '2040-01-01'],
    ] as const) {
      const verdict = judged(seen, {
        device: catalogueDevice(id),
        trust: holdingUnknown(),
        now: new Date(now),
      })
      const all = verdict.findings.flatMap((finding) => said(verdict, finding))
      expect(all.filter((text) => /the device holds [A-Z]/.test(text))).toEqual([])
      expect(all.filter((text) => text.includes('to reach the anchor'))).toEqual([])
      const ends = all.filter((text) => /ending at (Starfield|DigiCert|Amazon|Microsoft)/.test(text))
      expect(ends.filter((text) => !text.includes('(assumed to be held)'))).toEqual([])
    }
  })

  test('what a modem that needs each issuer stored lacks is said beside the assumption', () => {
    const refused = { ...device().trust, sentIntermediates: sourced('refused' as const) }
    const verdict = judged(s3, { device: device({ trust: refused }), trust: holdingUnknown() })
    const finding = found(verdict, 'untrusted-root')!
    expect(finding).toMatchObject({ effect: 'unknown', details: { neededIssuer: 'Amazon', assumed: true } })
    expect(formatSentence(finding as Finding, 'pem')).toMatch(
      /^The chain needs Amazon and Amazon Root CA 1 on the device, beside .*, which it is assumed to hold: no anchor was given\.$/,
    )
    const held = judged(s3, {
      device: device({ trust: refused, verification: required }),
      trust: holding('amazon-root-ca-1'),
    })
    const told = found(held, 'untrusted-root')! as Finding
    expect(formatSentence(told, 'pem')).toBe('The chain needs Amazon; the device holds Amazon Root CA 1.')
  })

  test('an assumed root that has ended, or does not fit where roots are stored, is said to be assumed', () => {
    const late = judged(edge, { trust: holdingUnknown(), now: new Date('2045-01-01') })
    expect(said(late, found(late, 'anchor-expired')! as Finding)[0]).toContain(
      ', which the device is assumed to hold, ended on ',
    )
    const storedAnchorBytes = limit({ value: 600, counts: 'stored' })
    const small = judged(edge, {
      device: device({ limits: { ...noLimits, storedAnchorBytes } }),
      trust: holdingUnknown(),
    })
    expect(said(small, found(small, 'anchor-too-large')! as Finding)[0]).toContain('is assumed to hold: ')
  })

  test('a library that cannot load the assumed root blocks nothing', () => {
    const root = small({ name: 'Root', ca: true })
    const leaf = small({ name: 'host.example', issuer: root, altNames: ['host.example'] })
    const noHash: Partial<Device> = {
      build: { ...unknownBuild, rules: sourced('mbedtls-2'), hashes: sourced(['sha512']) },
      verification: required,
    }
    const known = [
      { id: 'root', certificate: root, owner: 'its owner', distrustedFrom: undefined, source: 'roots/' },
    ]
    const meet = (held: boolean) =>
      judged(dial([connection({ chain: chainOf([leaf]) })]), {
        device: device(noHash),
        trust: held
          ? { held: [{ certificate: root, label: 'root.pem' }], origin: 'given', known }
          : { held: undefined, origin: 'unknown', known },
      })
    expect(meet(true)).toMatchObject({ state: 'blocked' })
    const open = meet(false)
    expect(found(open, 'anchor-unreadable')).toMatchObject({ effect: 'unknown', details: { assumed: true } })
    expect(open.state).not.toBe('blocked')
  })
})

const required = {
  ...device().verification,
  peer: sourced('required' as const),
}
