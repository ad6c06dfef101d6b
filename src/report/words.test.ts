import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import { azureVerdict, finding } from '../../test/support/verdict-fixture.ts'
import { type Details, type FindingId, findings } from '../finding/details.ts'
import type { Effect } from '../finding/finding.ts'
import { fixIds } from '../finding/fix.ts'
import type { Stage } from '../finding/stage.ts'
import type { UnknownRoot } from '../trust/missing-issuer.ts'
import { fixWords, formatFix } from './fixes.ts'
import { formatSentence, formatTitle } from './words.ts'

const ids = Object.keys(findings) as FindingId[]

describe('words', () => {
  test('every finding has a title of its own, short, lower case, without a full stop', () => {
    const titles = ids.map(formatTitle)
    expect(new Set(titles).size).toBe(ids.length)
    for (const title of titles) {
      expect(title).toMatch(/^(?:[a-z]|TLS)/)
      expect(title).not.toMatch(/\.$/)
      expect(title.length).toBeLessThan(80)
    }
  })

  test('a wrong server name is refused at the hello, or closed on after the handshake', () => {
    const details = { sent: 'a.example', host: 'b.example', closed: 'fin' }
    const at = (stage: Stage) => formatSentence(finding('sni-wrong', details, { stage }), 'dial')
    expect(at('mqtt')).toContain('The handshake completes')
    expect(at('hello')).not.toContain('completes')
  })

  test('what the certificate does not have weighs nothing and is not listed', () => {
    const weight = { namesBytes: 58, names: 2, keyBytes: 294, signatureBytes: 517, otherBytes: 900 }
    const at = { index: 0, subject: 'a.example', certificateBytes: 1769 }
    const said = (sctBytes: number, scts: number) =>
      formatSentence(finding('heavy-certificate', { ...at, ...weight, sctBytes, scts }), 'dial')
    expect(said(0, 0)).toContain('58 for 2 names, 294 for the key')
    expect(said(387, 3)).toContain('58 for 2 names, 387 for 3 SCTs, 294 for the key')
  })

  test('a device that speaks no TLS and reads no certificate is said to, without an empty list', () => {
    const version = { offered: [], alert: undefined, serverSpeaks: undefined }
    expect(formatSentence(finding('no-common-version', version), 'dial')).toBe(
      'The device speaks no version of TLS.',
    )
    const signed = { index: 0, subject: 'a.example', algorithm: 'ecdsa-with-SHA256', accepted: [] }
    expect(formatSentence(finding('sigalg-unsupported', signed), 'dial')).toMatch(
      /takes no certificate at all\.$/,
    )
  })

  test('an address that this stack may or may not find is not said to be missed', () => {
    const details = { host: '192.0.2.7', names: ['192.0.2.7'], namesTotal: 1, kind: 'ip' } as const
    const said = (effect: Effect) => formatSentence(finding('name-mismatch', details, { effect }), 'dial')
    expect(said('unknown')).toContain('is not known')
    expect(said('blocks')).toContain('finds it in no name')
  })

  test('a file has no records: that its chain would be cut rests on a server that does as it is asked', () => {
    const details = {
      reason: 'message-fragmented',
      index: undefined,
      subject: undefined,
      detail: 'Certificate over 6 records',
    } as const
    expect(formatSentence(finding('stack-refuses', details), 'pem')).toContain(
      'would send the chain in pieces',
    )
    expect(formatSentence(finding('stack-refuses', details), 'dial')).toContain('stops here')
  })

  test('a root that is not known is not called no public one: a cross-signer is, and a leaf is its own anchor', () => {
    const said = (root: UnknownRoot) =>
      formatSentence(finding('root-unknown', { issuer: 'Some CA', root }), 'dial')
    expect(said('cross-signer')).toContain('is or was one itself')
    expect(said('self-signed-leaf')).toContain('signed itself')
    expect(said('unknown')).toContain('Some CA, which is none of the public roots known here')
  })

  test('what the chain needs is told whole: each issuer that lacks, and that another root would do', () => {
    const said = (details: Partial<Details['untrusted-root']>) =>
      formatSentence(finding('untrusted-root', { neededIssuer: 'A', held: ['R'], ...details }), 'dial')
    expect(said({})).toBe('The chain needs A; the device holds R.')
    expect(said({ besides: ['B', 'C'] })).toBe('The chain needs A, B and C; the device holds R.')
    expect(said({ otherRoots: true })).toBe(
      'The chain needs A, or another root that it leads to; the device holds R.',
    )
  })

  test('of an issuer that is not sent it says where it is, and denies its holding only where that is known', () => {
    const facts = { subject: 'a.example', issuer: 'Mid', urls: ['http://ca.example/mid.crt'] }
    const said = (held: boolean) =>
      formatSentence(finding('missing-intermediate', { ...facts, held }), 'dial')
    expect(said(true)).toContain('the device does not hold')
    expect(said(false)).not.toContain('the device does not hold')
    expect(said(false)).toContain('its issuer is at http://ca.example/mid.crt')
  })

  test('a chain over the limit says sent, limit, excess, and that all is needed', () => {
    const sentence = formatSentence(
      finding('chain-too-large', {
        ...{
          sentBytes: 5753,
          pathBytes: 5753,
          certificates: 3,
          pathCertificates: 3,
          limitBytes: 4096,
          overBytes: 1657,
        },
      }),
      'dial',
    )
    expect(sentence).toBe(
      'The server sends 3 certificates, 5,753 bytes of DER; the device takes 4,096: 1,657 too many, and all of them are needed to reach the anchor.',
    )
  })

  test('a chain whose path alone is over the limit says both readings', () => {
    const sentence = formatSentence(
      finding('chain-too-large', {
        ...{
          sentBytes: 5753,
          pathBytes: 4332,
          certificates: 3,
          pathCertificates: 2,
          limitBytes: 4096,
          overBytes: 236,
        },
      }),
      'dial',
    )
    expect(sentence).toContain('5,753')
    expect(sentence).toContain('Even the 2 needed to reach the anchor are 4,332 bytes, 236 too many.')
  })

  test('a path of one certificate is told as one', () => {
    const details = {
      sentBytes: 7887,
      certificates: 2,
      pathCertificates: 1,
      limitBytes: 4096,
      overBytes: 3791,
    }
    const sentence = formatSentence(finding('chain-too-large', { ...details, pathBytes: 6598 }), 'dial')
    expect(sentence).toContain('Even the one needed to reach the anchor is 6,598 bytes, 2,502 too many.')
  })

  test('an open chain limit names both readings and the rows that speak', () => {
    const sentence = formatSentence(
      finding('chain-size-undecided', {
        ...{
          sentBytes: 5307,
          pathBytes: 2988,
          limitBytes: 4096,
          rows: ['AWS S3 2021: 5,307 sent, accepted'],
        },
      }),
      'pem',
    )
    expect(sentence).toMatch(/5,307.*4,096.*2,988.*AWS S3 2021/)
  })

  test('hostile names in details never reach the sentence raw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        const sentences = [
          formatSentence(finding('untrusted-root', { neededIssuer: name, held: [name] }), 'dial'),
          formatSentence(
            finding('name-mismatch', { host: name, names: [name], namesTotal: 9, kind: 'dns' }),
            'dial',
          ),
          formatSentence(finding('protocol-violation', { reason: name, detail: name }), 'dial'),
        ]
        for (const sentence of sentences)
          expect(sentence).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
      }),
    )
  })
})

describe('cures', () => {
  test('every cure has words', () => {
    for (const id of fixIds) expect(fixWords[id]).toBeDefined()
  })

  test('the cure of a version names no suites, that of a suite those that the device offers', () => {
    const { target } = azureVerdict().observation
    const version = finding('no-common-version', {
      offered: ['TLSv1.2'],
      alert: undefined,
      serverSpeaks: undefined,
    })
    const commands = (facts: { readonly version?: string }) =>
      formatFix({ id: 'enable-suite', with: facts }, version, catalogueDevice('esp-idf'), target).commands
    expect(commands({ version: 'TLSv1.2' })).toEqual(['ssl_protocols TLSv1.2 TLSv1.3;  # nginx'])
    expect(commands({})[1]).toMatch(/^# the device offers: TLS_ECDHE_/)
  })

  test('no cure switches verification off or falls back to plain HTTP', () => {
    for (const file of ['fixes/server-fixes.ts', 'fixes/device-fixes.ts']) {
      const source = readFileSync(new URL(file, import.meta.url), 'utf8')
      expect(source).not.toMatch(
        /VERIFY_NONE|setInsecure|SKIP_SERVER_CERT|skip_cert_common_name_check = true|http:\/\//i,
      )
      expect(source).not.toMatch(/CONFIG_ESP_TLS_INSECURE=y|verify off|-k /)
    }
  })
})
