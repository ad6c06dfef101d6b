import { describe, expect, test } from 'vitest'
import type {
  Condition,
  ConditionParts,
  ExpiryDetail,
  FleetHit,
  ForecastDetail,
  MarginDetail,
} from '../fleet/condition.ts'
import type { SnapshotChange } from '../fleet/snapshot-change.ts'
import type { MarginSummary } from '../fleet/verdict-summary.ts'
import { changeWords } from './alert-change-words.ts'
import { type AlertNames, conditionText, stepText } from './alert-words.ts'

const names: AlertNames = {
  endpoint: (id) => (id === 'fw' ? 'firmware' : id),
  fleet: (id) => (id === 'trackers' ? 'Trackers' : id),
}
const chain = {
  digest: 'a',
  bytes: 3_000,
  messageBytes: 3_013,
  count: 2,
  issuer: 'CA 1',
  root: 'Root 1',
  key: 'RSA 2048',
}
const grown: SnapshotChange = {
  ...{ key: 'chain:b', kind: 'root', differs: ['root', 'chain', 'leaf', 'size'] },
  from: { ...chain, notAfter: '2026-12-20T00:00:00.000Z' },
  to: { ...chain, digest: 'b', bytes: 4_465, count: 3, root: 'Root 2', notAfter: '2027-03-20T00:00:00.000Z' },
  ...{ recordFrom: 3_013, recordTo: 4_481 },
}
const margin = (left: number): MarginSummary => ({
  ...{ limit: 'chainBytes', counts: 'path', unit: 'bytes', limitValue: 4_096 },
  ...{ value: 4_096 - left, left, room: left / 4_096 },
})
const parts: ConditionParts = {
  ...{ cause: 'c', endpointId: 'fw', severity: 'critical', fleetIds: ['trackers'], deviceCount: 38_000 },
  ...{ vantages: ['local'], once: false },
}
const hit: FleetHit = {
  ...{ fleetId: 'trackers', device: 'nrf9160@1.3.7', count: 38_000, state: 'blocked', stage: 'chain' },
  finding: {
    ...{ id: 'chain-too-large', effect: 'blocks', stage: 'chain', reached: true, fixes: [] },
    sentence: 'The chain does not fit.',
  },
  margin: margin(-369),
}
const stopped: Condition = { ...parts, kind: 'blocked', detail: { fleets: [hit], change: grown } }

describe('an alert', () => {
  test('names old and new bytes, the limit, what it is over and the devices', () => {
    const { title, lines } = conditionText(stopped, names)
    expect(title).toBe('38,000 devices cannot reach firmware')
    expect(lines).toEqual([
      'It came with a change. The chain went from 3,000 to 4,465 bytes (+1,465), 2 → 3 certificates; root Root 1 → Root 2; largest handshake record 3,013 → 4,481 bytes; valid until 2027-03-20, the one before 2026-12-20.',
      'Trackers (38,000 nrf9160@1.3.7): blocked at chain. The chain does not fit. Certificate chain, path needed: 369 bytes over 4,096.',
    ])
  })

  test('says once how far over the limit it is', () => {
    const sentence = 'The server sends 5,738 bytes of DER; the device takes 4,096: 1,642 too many.'
    const told: FleetHit = { ...hit, finding: { ...hit.finding!, sentence } }
    const { lines } = conditionText({ ...stopped, detail: { fleets: [told] } } as Condition, names)
    expect(lines).toEqual([`Trackers (38,000 nrf9160@1.3.7): blocked at chain. ${sentence}`])
  })

  test('of little room names what is left, and what was left before', () => {
    const fleet = {
      fleetId: 'trackers',
      device: 'nrf9160@1.3.7',
      count: 38_000,
      margin: margin(312),
      leftBefore: 1_777,
    }
    const detail: MarginDetail = { limit: 'chainBytes', unit: 'bytes', fleets: [fleet], rule: 'least' }
    expect(conditionText({ ...parts, kind: 'margin', detail }, names)).toEqual({
      title: 'Little room at firmware: certificate chain, 38,000 devices',
      lines: [
        'Trackers (38,000 nrf9160@1.3.7): certificate chain, path needed: 312 of 4,096 bytes left, before 1,777.',
      ],
    })
  })

  test('of an end names the day and how many days are left', () => {
    const detail: ExpiryDetail = {
      role: 'leaf',
      subject: 'host',
      notAfter: '2026-12-14T08:30:00.000Z',
      days: 13,
      fleets: [],
    }
    const text = (rest: object) =>
      conditionText({ ...parts, kind: 'expiry', detail: { ...detail, ...rest } }, names)
    expect(text({})).toEqual({
      title: 'The leaf host of firmware ends in 13 days',
      lines: ['It is valid until 2026-12-14 08:30 UTC.'],
    })
    expect(text({ days: 0 }).title).toBe('The leaf host of firmware ends today')
    expect(text({ days: -3 }).title).toBe('The leaf host of firmware ended 3 days ago')
    expect(text({ role: 'anchor', subject: 'Root 1', endpointIds: ['fw', 'broker'] })).toMatchObject({
      title: 'The anchor Root 1, held by 38,000 devices, ends in 13 days',
      lines: [{}, 'Needed at firmware and broker.'],
    })
  })

  test('of a change to come says when, how many of which device, and where', () => {
    const detail: ForecastDetail = {
      ...{ entry: 'gen-y', title: 'Generation Y', date: '2027-05-13', timing: 'ahead', certain: true },
      ...{
        bytesBefore: 3_000,
        bytesAfter: 4_465,
        assumed: [],
        avoidedBy: ['the shorter chain'],
        fleets: [hit],
      },
    }
    const text = (rest: object) =>
      conditionText({ ...parts, kind: 'forecast', detail: { ...detail, ...rest } }, names)
    expect(text({}).title).toBe('On 13 May 2027 38,000 nrf9160@1.3.7 stop at firmware')
    expect(text({}).lines).toEqual([
      'What changes: Generation Y.',
      'The chain goes from 3,000 to 4,465 bytes.',
      expect.stringContaining('Trackers'),
      'Avoided by: the shorter chain.',
    ])
    expect(text({ certain: false, date: '2027-05' }).title).toBe(
      'In May 2027 38,000 nrf9160@1.3.7 may stop at firmware',
    )
    expect(text({ timing: 'undated' }).title).toMatch(/^On a day that is not announced yet 38,000/)
  })

  test('of an endpoint that is not reached names the attempts and the failure', () => {
    const detail = {
      since: '2026-12-01T00:00:00.000Z',
      attempts: 3,
      failure: 'ECONNREFUSED',
      reachedFrom: ['virginia'],
    }
    expect(conditionText({ ...parts, kind: 'unreachable', detail }, names)).toEqual({
      title: 'firmware is not reached from local: 38,000 devices',
      lines: ['3 attempts failed (ECONNREFUSED), since 2026-12-01 00:00 UTC. It answers from virginia.'],
    })
  })

  test('that is over says what it was', () => {
    const { title, lines } = stepText({ act: 'recover', condition: stopped }, names)
    expect(title).toBe('Recovered: 38,000 devices cannot reach firmware')
    expect(lines[0]).toBe('This no longer holds.')
    expect(stepText({ act: 'update', condition: stopped }, names).title).toMatch(/^Update: /)
  })

  test('makes visible what a certificate or a name says', () => {
    const hostile = '\u001b[31mroot\u202e'
    const change = { ...grown, to: { ...grown.to, root: hostile } } as SnapshotChange
    const text = conditionText(
      { ...parts, kind: 'blocked', detail: { fleets: [], change } },
      { ...names, endpoint: () => hostile },
    )
    expect(`${text.title}${text.lines.join('')}`).not.toMatch(/[\u001b\u202e]/)
  })
})

describe('a change in words', () => {
  test.each<[SnapshotChange, string, string]>([
    [
      { key: '', kind: 'record', of: 'data', bytesFrom: 1_400, bytesTo: 16_384 },
      'Larger data records',
      'The largest data record went from 1,400 to 16,384 bytes (+14,984).',
    ],
    [
      { key: '', kind: 'version', from: ['TLSv1.2'], to: ['TLSv1.3'] },
      'Another TLS version',
      'TLSv1.2 → TLSv1.3, for the same hello.',
    ],
    [
      { key: '', kind: 'addresses', added: ['192.0.2.3'], removed: ['192.0.2.1'] },
      'Other addresses',
      'The name leads to other addresses; new: 192.0.2.3; gone: 192.0.2.1.',
    ],
    [
      { key: '', kind: 'by-turns', of: 'chains', chains: [chain, { ...chain, bytes: 4_465 }] },
      'Chains come and go',
      'The endpoint gave 2 chains by turns lately, of 3,000, 4,465 bytes.',
    ],
    [
      {
        key: '',
        kind: 'renewed',
        differs: ['leaf'],
        from: chain,
        to: { ...chain, notAfter: '2027-03-20T00:00:00.000Z' },
      },
      'A renewed certificate',
      'The chain has 3,000 bytes as before, 2 certificates; valid until 2027-03-20, the one before unknown.',
    ],
  ])('%j', (change, title, line) => {
    expect(changeWords(change).title).toBe(title)
    expect(changeWords(change).line).toContain(line)
  })
})
