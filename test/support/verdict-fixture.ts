import { readFileSync } from 'node:fs'
import type { Device } from '../../src/device/device.ts'
import type { Limit } from '../../src/device/limit.ts'
import { unknownLimits } from '../../src/device/unknown.ts'
import type { Details, FindingId } from '../../src/finding/details.ts'
import { findings } from '../../src/finding/details.ts'
import type { Finding, FindingOf } from '../../src/finding/finding.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { observePem } from '../../src/observe/from-pem.ts'
import type { Connection, Observation } from '../../src/observe/observation.ts'
import { device } from './judge-devices.ts'
import { fixture } from './tlsfit.ts'

/** Verdicts by hand, for tests of words: the shape of what `judge` gives, with numbers of the real chains. */
export function azureVerdict(overrides: Partial<Verdict> = {}): Verdict {
  const chainTooLarge = finding(
    'chain-too-large',
    {
      sentBytes: 5753,
      pathBytes: 5753,
      certificates: 3,
      pathCertificates: 3,
      limitBytes: 4096,
      overBytes: 1657,
    },
    {
      effect: 'blocks',
      limit: chainLimit,
      deviceWords: { code: 'errno 111 (ECONNREFUSED)', log: 'download_client: Unable to connect, errno 111' },
      fixes: [
        { id: 'front-small-chain', with: { anchor: 'DigiCert Global Root G2' } },
        { id: 'use-shorter-chain', with: {} },
        { id: 'tls-on-application-core', with: {} },
      ],
    },
  )
  return {
    observation: azureObservation(),
    device: nrf9160(),
    state: 'blocked',
    leans: undefined,
    stage: 'chain',
    stages: [
      { stage: 'chain', state: 'blocked', basis: 'judged' },
      { stage: 'path', state: 'fits', basis: 'judged' },
      { stage: 'http', state: 'not-seen', basis: 'not-seen' },
    ],
    findings: [chainTooLarge],
    margins: [
      {
        limit: 'chainBytes',
        counts: 'sent',
        value: 5753,
        limitValue: 4096,
        left: -1657,
        unit: 'bytes',
      },
      { limit: 'chainBytes', counts: 'path', value: 5753, limitValue: 4096, left: -1657, unit: 'bytes' },
    ],
    missing: [],
    ...overrides,
  }
}

export function azureObservation(): Observation {
  const path = fixture('chains/chain-edge-microsoft-com-g2.pem')
  return observePem(readFileSync(path), 'chain-edge.pem', 'edge.microsoft.com')
}

/** A live connection that shows the Azure chain, with what is given on top. */
export function liveObservation(
  target: string,
  address: string,
  overrides: Partial<Connection> = {},
): Observation {
  const pem = azureObservation()
  const first = pem.connections[0] as Connection
  const message = (direction: 'sent' | 'received', name: string, messageBytes: number, atMs: number) => ({
    ...{ direction, name, messageBytes, records: 1, largestRecordBytes: messageBytes, atMs },
  })
  const connection: Connection = {
    ...first,
    host: 'edge.microsoft.com',
    address,
    port: 443,
    messages: [
      message('sent', 'ClientHello', 213, 31),
      message('received', 'ServerHello', 97, 62),
      message('received', 'Certificate', 5769, 62),
      message('received', 'ServerHelloDone', 4, 63),
    ],
    ...overrides,
  }
  return {
    ...pem,
    source: 'dial',
    target: {
      text: target,
      protocol: 'https',
      host: 'edge.microsoft.com',
      port: 443,
      path: '/',
      pathBytes: 1,
    },
    startedAt: new Date('2026-09-01T00:00:00Z'),
    tcp: [
      {
        address,
        family: 4,
        port: 443,
        purpose: 'target',
        outcome: 'connected',
        errorCode: undefined,
        durationMs: 31,
      },
    ],
    connections: [connection],
  }
}

const chainLimit: Limit = {
  value: 4096,
  atLeast: undefined,
  counts: 'unknown',
  candidates: ['sent', 'path'],
  passes: { sent: 5307, path: 3640 },
  fails: { path: 4330 },
  disputed: [],
  confidence: 'documented',
  source: 'vendor staff, devzone 114031, quoting the release notes of the modem firmware: 4 kB',
}

export function nrf9160(overrides: Partial<Device> = {}): Device {
  return device({
    id: 'nrf9160@1.3.7+ncs@2.7.0',
    asked: 'nrf9160@1.3.7',
    name: 'nRF9160',
    version: '1.3.7',
    layers: [
      { family: 'nrf9160', name: 'nRF9160 modem', version: '1.3.7', range: '1.3.1..1.3.7', defaulted: false },
      { family: 'ncs', name: 'nRF Connect SDK', version: '2.7.0', range: '2.0.0..2.8.x', defaulted: true },
    ],
    limits: { ...unknownLimits, chainBytes: chainLimit, recordBytes: recordLimit },
    ...overrides,
  })
}

const recordLimit: Limit = {
  value: 2303,
  atLeast: 2048,
  counts: 'record',
  candidates: [],
  passes: {},
  fails: {},
  disputed: [],
  confidence: 'documented',
  source: 'asset tracker documentation of the SDK',
}

/** One finding with the row's own cause and stage; effect `info` unless said otherwise. */
export function finding<Id extends FindingId>(
  id: Id,
  details: Details[Id],
  rest: Partial<Omit<FindingOf<Id>, 'id' | 'details'>> = {},
): Finding {
  const row = findings[id]
  return {
    id,
    cause: row.cause,
    effect: 'info',
    stage: row.stage,
    details,
    limit: undefined,
    deviceWords: undefined,
    fixes: [],
    reached: true,
    ...rest,
  } as Finding
}
