import type {
  AlertInfo,
  AuditInfo,
  ChangeInfo,
  EndpointHistory,
  EndpointPage,
  FleetHead,
  LoggedInfo,
  OverviewCell,
  OverviewRow,
  Settings,
} from '../../src/api/contract.ts'
import { builtInDefaults, defaultParts } from '../../src/fleet/endpoint-defaults.ts'
import type { ChainFacts } from '../../src/fleet/snapshot.ts'
import type { SnapshotChange } from '../../src/fleet/snapshot-change.ts'
import type { UntoldCertificate } from '../../src/fleet/untold-certificate.ts'
import type { MarginSummary, VerdictSummary } from '../../src/fleet/verdict-summary.ts'
import { loggedWords } from '../../src/report/logged-words.ts'

/** What a peer or a user may call a thing: none of it may become markup, or turn the page around. */
export const hostileName = '<img src=x onerror=alert(1)>"\'&{{7*7}}\u202egnp.exe'
const hostileLong = `x${'\u00ad'.repeat(3)}${'aaaaaaaaaaaaaaaaaaaa'.repeat(9)}.example`

/** A fleet as large as one asks for, the same each time. */
export interface FixtureFleet {
  readonly fleets: readonly FleetHead[]
  /** Nearest limit first. */
  readonly rows: readonly OverviewRow[]
}

const devices = [
  ['Trackers Europe', 'nrf9160@1.3.7', 38_000, 4096],
  ['Water meters', 'bg96', 12_400, 6144],
  ['Wallbox gateways', 'esp-idf@5.1', 2150, 16_384],
  ['Cold-chain loggers', 'sim7000', 860, 5120],
  [hostileName, 'esp8266-arduino', 96, 8192],
] as const
const hosts = ['ota', 'telemetry', 'broker', 'config', 'firmware-eu', 'time', 'provision', 'logs', 'assets']

export function fixtureFleet(endpoints: number, fleets: number, nowMs: number): FixtureFleet {
  const draw = chance(endpoints * 100 + fleets)
  const heads = Array.from({ length: fleets }, (_, index): FleetHead => {
    const [name, device, count] = devices[index % devices.length] ?? devices[0]
    const round = Math.floor(index / devices.length)
    return {
      id: `fleet-${index}`,
      name: round === 0 ? name : `${name} ${round + 1}`,
      ...{ device, count: Math.max(1, Math.round(count / (round + 1))) },
    }
  })
  const rows = Array.from({ length: endpoints }, (_, index): OverviewRow => {
    const chainBytes = Math.round(1600 + draw() ** (endpoints > 100 ? 9 : 1.6) * 4600)
    const cells = heads.map((_, fleet) => cellOf(chainBytes, limitOf(fleet), draw()))
    const rooms = cells.flatMap((cell) => (cell?.r === undefined ? [] : [cell.r]))
    const host = `${hosts[index % hosts.length]}${index < hosts.length ? '' : `-${index}`}.acme-iot.example`
    const name = index === 3 ? hostileName : index === 7 ? hostileLong : host
    return {
      ...{ id: `e${index}`, name, target: `https://${host}/`, cells },
      ...(rooms.length === 0 ? {} : { room: Math.min(...rooms) }),
      lastProbe: new Date(nowMs - Math.round(draw() * 3_600_000)).toISOString(),
      leafDays: Math.round(draw() * 180) - 1,
    }
  })
  return { fleets: heads, rows: rows.sort((a, b) => (a.room ?? 9) - (b.room ?? 9)) }
}

function limitOf(fleet: number): number {
  return (devices[fleet % devices.length] ?? devices[0])[3]
}

function cellOf(chainBytes: number, limit: number, drawn: number): OverviewCell | null {
  if (drawn < 0.02) return null
  if (drawn < 0.035) return { s: 'u', g: 'path' }
  const l = limit - chainBytes
  const r = Math.round((1000 * l) / limit) / 1000
  if (l < 0) return { s: 'b', r, l, g: 'chain' }
  return drawn > 0.975 ? { s: 'r', r, l, g: 'dates' } : { s: 'f', r, l }
}

/** Mulberry32: the same numbers in the same order each time. */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const day = 86_400_000

function fixtureChain(nowMs: number): ChainFacts {
  const at = (days: number) => new Date(nowMs + days * day).toISOString()
  const certificates = [
    ['leaf', 'ota.acme-iot.example', 'GeoTrust TLS RSA CA G2', 'RSA 2048', 1904, 61],
    ['intermediate', 'GeoTrust TLS RSA CA G2', 'DigiCert Global Root G2', 'RSA 2048', 1168, 1480],
    ['intermediate', 'DigiCert Global Root G2', hostileName, 'RSA 2048', 1514, 740],
  ] as const
  return {
    ...{ digest: 'ab'.repeat(32), bytes: 4586, messageBytes: 4602, count: 3 },
    issuer: 'GeoTrust TLS RSA CA G2',
    root: hostileName,
    certificates: certificates.map(([role, subject, issuer, key, bytes, days], index) => ({
      ...{ role, subject, issuer, key, bytes, notBefore: at(-100), notAfter: at(days) },
      sha256: `${index}`.repeat(64),
    })),
  }
}

export function fixturePage(fleet: FixtureFleet, row: OverviewRow, nowMs: number): EndpointPage {
  const chain = fixtureChain(nowMs)
  const at = (agoMs: number) => new Date(nowMs - agoMs).toISOString()
  return {
    endpoint: {
      ...{ id: row.id, name: row.name, target: row.target, everySeconds: 3600, vantages: ['local'] },
      ...{ thoroughSeconds: 86_400, own: { every: false, thorough: false } },
      ...{ origin: 'api', dueAt: at(-2_400_000) },
      thresholds: {
        ...{ room: { percent: 10 }, shrink: { percent: 5 } },
        expiryDays: { leaf: 21, intermediate: 90, root: 365, anchor: 730 },
      },
    },
    fleets: fleet.fleets.map((head, index) => ({
      ...{ ...head, vantage: 'local', since: at((index + 1) * 3.2 * day) },
      ...(row.cells[index] === null ? {} : { verdict: verdictOf(limitOf(index), chain, index) }),
    })),
    standings: [{ vantage: 'local', reachedAt: at(240_000) }],
    snapshot: {
      ...{ at: at(240_000), addresses: ['203.0.113.20', '203.0.113.21', '2001:db8::20'], chains: [chain] },
      views: [
        {
          ...{ plan: 'p1', chains: [chain.digest], versions: ['TLSv1.2', 'TLSv1.3'] },
          cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
          ...{ handshakeRecordBytes: 4830, dataRecordBytes: 8192 },
        },
      ],
    },
    alerts: fixtureAlerts(fleet, nowMs).filter(({ endpointId }) => endpointId === row.id),
    changes: fixtureChanges(row.id, nowMs),
    lastProbe: {
      ...{ slot: at(240_000), vantage: 'local', startedAt: at(240_000), durationMs: 412 },
      ...{ connections: 6, bytesReceived: 41_200, attempts: 1 },
    },
    logged: fixtureLogged(nowMs),
  }
}

export function fixtureLogged(nowMs: number): LoggedInfo[] {
  const at = (days: number) => new Date(nowMs + days * day).toISOString()
  const facts = {
    ...{ subject: 'ota.acme-iot.example', issuer: hostileName, key: 'EC secp256r1', bytes: 1_402 },
    ...{ notBefore: at(-1), notAfter: at(89) },
  }
  const missing = { name: hostileName, keyId: '0badc0de'.repeat(5) }
  const certificates: readonly UntoldCertificate[] = [
    { ...facts, sha256: 'a1'.repeat(32), loggedAt: at(-0.5), why: 'precertificate' },
    { ...facts, sha256: 'b2'.repeat(32), why: 'issuer-unknown', missing },
  ]
  return certificates.map((certificate) => {
    const { title, line } = loggedWords(certificate)
    return { certificate, title, text: line }
  })
}

function verdictOf(limitValue: number, chain: ChainFacts, index: number): VerdictSummary {
  const margin = (limit: string, counts: string, value: number, most: number): MarginSummary => ({
    ...{ limit, counts, value, limitValue: most, left: most - value, unit: 'bytes' },
    room: (most - value) / most,
  })
  const margins = [
    margin('chainBytes', index === 0 ? 'path' : 'sent', chain.bytes, limitValue),
    margin('recordBytes', 'record', 8192, index === 1 ? 4096 : 16_384),
  ].sort((a, b) => a.room - b.room)
  const [nearest] = margins
  const blocked = margins.some(({ left }) => left < 0)
  return {
    ...{ state: blocked ? 'blocked' : index === 3 ? 'at-risk' : 'fits', addresses: 3, margins },
    ...(blocked ? { stage: chain.bytes > limitValue ? 'chain' : 'records' } : {}),
    ...(nearest === undefined ? {} : { nearest, room: nearest.room }),
    findings: blocked
      ? [
          {
            ...{ id: 'chain-too-large', effect: 'blocks', stage: 'chain', reached: true },
            sentence: `The chain has 4,586 bytes in 3 certificates; this device takes 4,096. Sent for ${hostileName}.`,
            fixes: ['use-shorter-chain', 'front-small-chain', 'tls-on-application-core'],
          },
          {
            ...{ id: 'record-too-large', effect: 'blocks', stage: 'records', reached: false },
            sentence: 'The largest record has 8,192 bytes of plaintext; this device takes 2,303.',
            fixes: ['cap-server-records', 'set-range-size'],
          },
        ]
      : index === 3
        ? [
            {
              ...{ id: 'clock-not-set', effect: 'risks', stage: 'dates', reached: true },
              sentence: 'The device begins in 1980 until it has the time of the network.',
              fixes: ['set-clock'],
            },
          ]
        : [],
    ...{ missing: index === 2 ? [{ needs: 'anchor', about: undefined }] : [], chains: [chain.digest] },
  }
}

function fixtureChanges(endpointId: string, nowMs: number): ChangeInfo[] {
  const brief = (bytes: number, issuer: string) => ({
    ...{
      digest: String(bytes),
      bytes,
      messageBytes: bytes + 16,
      count: bytes > 4000 ? 3 : 2,
      issuer,
      root: 'DigiCert',
    },
  })
  const changes: readonly (readonly [number, SnapshotChange, string])[] = [
    [
      3.2,
      {
        ...{ key: 'k1', kind: 'issuer', differs: ['issuer', 'chain', 'size'] },
        from: brief(3121, 'DigiCert TLS RSA SHA256 2020 CA1'),
        to: brief(4586, 'GeoTrust TLS RSA CA G2'),
      },
      `another CA issues the leaf: GeoTrust TLS RSA CA G2 in place of ${hostileName}; 1,465 bytes more, 3 certificates in place of 2`,
    ],
    [
      31,
      { key: 'k2', kind: 'record', of: 'data', bytesFrom: 4096, bytesTo: 8192 },
      'the largest data record has 8,192 bytes, 4,096 before',
    ],
    [
      58,
      { key: 'k3', kind: 'addresses', added: ['203.0.113.21'], removed: [] },
      'one more address: 203.0.113.21',
    ],
  ]
  return changes.map(([days, change, text], index) => ({
    ...{ id: 30 - index, endpointId, vantage: 'local', change, text },
    title: { issuer: 'Another issuer', record: 'Larger records' }[change.kind as string] ?? 'Other addresses',
    at: new Date(nowMs - days * day).toISOString(),
  }))
}

export function fixtureHistory(endpointId: string, nowMs: number): EndpointHistory {
  const at = (days: number) => nowMs - days * day
  return {
    series: [
      {
        vantage: 'local',
        of: 'chain',
        points: [
          [at(88), 3108],
          [at(58), 3121],
          [at(3.2), 4586],
        ],
      },
      {
        vantage: 'local',
        of: 'certificate',
        points: [
          [at(88), 1880],
          [at(3.2), 1904],
        ],
      },
      {
        vantage: 'local',
        of: 'handshake-record',
        points: [
          [at(88), 3330],
          [at(3.2), 4830],
        ],
      },
      {
        vantage: 'local',
        of: 'data-record',
        points: [
          [at(88), 4096],
          [at(31), 8192],
        ],
      },
    ],
    ...{ changes: fixtureChanges(endpointId, nowMs), verdicts: [] },
  }
}

export function fixtureAlerts({ fleets, rows }: FixtureFleet, nowMs: number): AlertInfo[] {
  const at = (hours: number) => new Date(nowMs - hours * 3_600_000).toISOString()
  const alert = (
    id: number,
    row: number,
    severity: AlertInfo['severity'],
    title: string,
    text: string,
  ): AlertInfo => ({
    ...{ id, severity, title, text, kind: 'unreachable' },
    endpointId: rows[row]?.id ?? '',
    endpointName: rows[row]?.name ?? '',
    ...{ raisedAt: at(id), updatedAt: at(id - 0.5) },
    condition: {
      ...{ kind: 'unreachable', cause: `c${id}`, endpointId: rows[row]?.id ?? '', severity, once: false },
      fleetIds: fleets.slice(0, 2).map((fleet) => fleet.id),
      deviceCount: severity === 'critical' ? 38_000 : 860,
      vantages: ['local'],
      detail: { since: at(id), attempts: 3, failure: 'ECONNREFUSED', reachedFrom: [] },
    },
    deliveries: [{ channelId: 'ops-slack', event: 'raise', state: 'delivered', attempts: 1 }],
  })
  return [
    alert(
      1,
      0,
      'critical',
      'The renewed chain stops 38,000 nRF9160',
      'The chain grew by 1,465 bytes to 4,586; nrf9160@1.3.7 takes 4,096. It came with another issuer: GeoTrust TLS RSA CA G2.',
    ),
    {
      ...alert(
        5,
        2,
        'warning',
        'Only 118 bytes are left to Cold-chain loggers',
        `Fewer than 10 % of the limit. Seen at ${hostileName}.`,
      ),
      ...{ acknowledgedAt: at(4), acknowledgedBy: 'token Grafana' },
    },
    {
      ...alert(9, 1, 'warning', 'The leaf ends in 12 days', 'It has not been renewed.'),
      mutedUntil: at(-20),
      deliveries: [
        {
          channelId: 'ops-mail',
          event: 'raise',
          state: 'given-up',
          attempts: 8,
          lastError: '550 mailbox unavailable',
        },
      ],
    },
    {
      ...alert(30, 4, 'info', 'An address more', 'One more address answers: 203.0.113.21.'),
      recoveredAt: at(2),
    },
  ]
}

export function fixtureSettings({ fleets, rows }: FixtureFleet, nowMs: number): Settings {
  const at = (hours: number) => new Date(nowMs - hours * 3_600_000).toISOString()
  return {
    schedule: {
      ...{ everySeconds: 3600, everyOrigin: 'api', thoroughSeconds: 43_200, thoroughOrigin: 'file' },
    },
    defaults: {
      ...builtInDefaults,
      leafDays: 21,
      origins: {
        ...(Object.fromEntries(
          defaultParts.map((part) => [part, 'built-in']),
        ) as Settings['defaults']['origins']),
        ...{ leafDays: 'file', room: 'api' },
      },
    },
    endpoints: rows.slice(0, 12).map((row, index) => ({
      ...fixturePage({ fleets, rows }, row, nowMs).endpoint,
      origin: index % 3 === 0 ? 'file' : 'api',
    })),
    fleets: fleets.map((fleet, index) => ({
      ...{ ...fleet, origin: index === 0 ? 'file' : 'api', verify: index === 4 ? 'none' : 'full' },
      ...(index === 1 ? {} : { anchors: 2 }),
    })),
    channels: [
      {
        id: 'ops-slack',
        kind: 'slack',
        name: 'Ops',
        origin: 'file',
        from: 'warning',
        where: 'hooks.slack.example',
      },
      {
        id: 'ops-mail',
        kind: 'email',
        name: hostileName,
        origin: 'file',
        from: 'critical',
        where: 'ops@acme.example',
      },
    ],
    silences: [
      {
        ...{ id: 1, kind: 'maintenance', endpointId: rows[0]?.id, startsAt: at(-4), endsAt: at(-8) },
        reason: 'renewal by hand',
      },
    ],
    tokens: [
      { id: 't1', name: 'Grafana', scope: 'read', createdAt: at(900), lastUsedAt: at(0.2) },
      { id: 't2', name: hostileName, scope: 'admin', createdAt: at(50), expiresAt: at(-700) },
    ],
    workers: [
      { id: 'probe-fra-1', vantage: 'fra', version: '0.1.0', seenAt: at(0.001), probes: 41_200 },
      { id: 'probe-sin-1', vantage: 'sin', version: '0.1.0', seenAt: at(0.002), probes: 40_980 },
    ],
    store: { kind: 'postgres', place: 'db.internal/tlsfit' },
  }
}

/** 120 entries, two of them with a hostile name. */
export function fixtureAudit(query: URLSearchParams, nowMs: number): AuditInfo[] {
  const all = Array.from({ length: 120 }, (_, index): AuditInfo => {
    const id = 120 - index
    const at = new Date(nowMs - index * 1_800_000).toISOString()
    if (id % 60 === 0)
      return {
        id,
        at,
        actor: hostileName,
        action: 'fleet-edit',
        subject: hostileName,
        detail: { x: hostileName },
      }
    const address = '203.0.113.9'
    if (id % 7 === 0)
      return { id, at, actor: 'unknown', action: 'log-in-failed', subject: address, detail: { times: 3 } }
    return { id, at, actor: 'token:t1', action: 'endpoint-edit', subject: `e${id}`, detail: { address } }
  })
  const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY)
  const word = query.get('q') ?? ''
  return all
    .filter(({ id, action, subject }) => id < before && `${action} ${subject}`.includes(word))
    .slice(0, Number(query.get('limit')))
}
