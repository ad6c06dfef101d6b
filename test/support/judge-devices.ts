import type { Device, Sourced } from '../../src/device/device.ts'
import type { FieldRow } from '../../src/device/evidence.ts'
import type { Limit } from '../../src/device/limit.ts'
import {
  unknownBuild,
  unknownHello,
  unknownLimits,
  unknownTrust,
  unknownVerification,
} from '../../src/device/unknown.ts'

export { unknownLimits as noLimits } from '../../src/device/unknown.ts'

/** A device of which nothing is known, with what a test says of it on top. */
export function device(known: Partial<Device> = {}): Device {
  return {
    id: 'test@1.0.0',
    asked: 'test',
    name: 'Test device',
    version: '1.0.0',
    layers: [{ family: 'test', name: 'Test device', version: '1.0.0', range: 'any', defaulted: false }],
    hello: { ...unknownHello, origin: 'derived' },
    limits: unknownLimits,
    verification: unknownVerification,
    build: unknownBuild,
    trust: unknownTrust,
    http: undefined,
    mqtt: undefined,
    anchorsHeld: undefined,
    handshakeFragments: undefined,
    errors: [],
    evidence: [],
    later: [],
    quirks: [],
    ...known,
  }
}

export function limit(known: Partial<Limit>): Limit {
  return {
    value: undefined,
    atLeast: undefined,
    counts: 'unknown',
    candidates: [],
    passes: {},
    fails: {},
    disputed: [],
    confidence: 'documented',
    source: 'the test',
    ...known,
  }
}

export function sourced<T>(value: T): Sourced<T> {
  return { value, source: 'the test', confidence: 'measured' }
}

export function row(known: Partial<FieldRow>): FieldRow {
  return {
    id: 'row',
    family: 'test',
    versions: 'any',
    limit: 'chainBytes',
    endpoint: 'an endpoint',
    seen: '2024',
    certificates: undefined,
    readings: {},
    outcome: 'accepted',
    confidence: 'inferred',
    source: 'the test',
    ...known,
  }
}

/** A device that verifies everything, follows any path, and has one chain limit that may count two ways. */
export function modem(known: Partial<Device> = {}): Device {
  return device({
    limits: {
      ...unknownLimits,
      chainBytes: limit({ value: 4096, candidates: ['sent', 'path'] }),
      recordBytes: limit({
        value: 2303,
        counts: 'record',
        disputed: [{ value: 2048, source: 'an older header', confidence: 'documented' }],
      }),
    },
    verification: {
      peer: sourced('required'),
      name: sourced('checked'),
      dates: sourced('checked'),
      certificateSignatures: undefined,
      ipAddressSan: sourced('unmatched'),
    },
    build: unknownBuild,
    trust: {
      leafAnchor: sourced('refused'),
      intermediateAnchor: sourced('accepted'),
      crossSignedTwin: sourced('accepted'),
      wrongOrder: sourced('refused'),
      sentIntermediates: undefined,
    },
    evidence: [
      row({ id: 'aws-iot', readings: { sent: 4879, path: 2560 } }),
      row({ id: 'aws-s3', endpoint: 'AWS S3', readings: { sent: 5307, path: 2988 } }),
      row({ id: 'broker', readings: { sent: 5279 }, outcome: 'refused' }),
      row({ id: 'azure-new', readings: { sent: 5750, path: 4330 }, outcome: 'refused' }),
    ],
    errors: [
      {
        when: ['chain-too-large', 'untrusted', 'handshake-alert'],
        code: 'errno 111',
        log: 'download_client: Unable to connect, errno 111',
        source: 'the test',
        confidence: 'source-code',
      },
    ],
    ...known,
  })
}
