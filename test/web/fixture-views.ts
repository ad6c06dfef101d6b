import { measureStatus } from '../../src/api/views/measure-status.ts'
import type { LiveView, ViewHead } from '../../src/api/views/view-contract.ts'
import { SESSION_SCHEMA, type SessionHeader } from '../../src/exam/session.ts'
import { examine } from '../support/examine.ts'
import { hostileName } from './fixture-fleet.ts'

export const viewHeads: readonly ViewHead[] = [
  { kind: 'gateway', id: 'edge', name: 'Edge gateway' },
  { kind: 'measure', id: 'bench', name: 'Bench' },
  { kind: 'gateway', id: 'gone', name: 'Gateway in the works' },
]

/** A gateway with all that one counts, a measurement that is half done, and a gateway that is not there. */
export function fixtureView(id: string, nowMs: number): LiveView | undefined {
  const at = new Date(nowMs).toISOString()
  if (id === 'gone') return { kind: 'gateway', id, name: 'Gateway in the works', at, fault: 'ECONNREFUSED' }
  if (id === 'bench') return { kind: 'measure', id, name: 'Bench', at, session: halfDone(nowMs) }
  if (id !== 'edge') return undefined
  return {
    ...{ kind: 'gateway', id, name: 'Edge gateway', at },
    status: {
      ...{ state: 'degraded', workers: { running: 2, wanted: 2 } },
      faults: ['the certificate of fota.example cannot be renewed: rate limited'],
      ...{ connections: 214, handshakes: 18_402, resumed: 12_007, failures: 96, requests: 40_118 },
      ...{ mqttEnds: 0, bytesSent: 9_120_000_000, bytesSaved: 61_480_000 },
      versions: [
        { name: 'TLSv1.2', count: 17_900 },
        { name: 'TLSv1.3', count: 502 },
      ],
      listeners: [{ name: 'fota', count: 214 }],
      statuses: [
        { name: '206', count: 39_902 },
        { name: '404', count: 216 },
      ],
      denied: [{ name: 'path', count: 12 }],
      errors: [
        { device: 'nrf9160', finding: 'anchor-missing', how: 'alert unknown_ca', count: 88 },
        { device: hostileName, finding: 'unknown', how: 'closed after server-flight', count: 8 },
      ],
      upstreams: [{ upstream: 'blob', code: 'ETIMEDOUT', count: 3 }],
      cache: {
        ...{ bytesServed: 8_900_000_000, bytesFetched: 52_000_000 },
        ...{ fills: 14, revalidations: 310, refused: 0 },
      },
    },
  }
}

function halfDone(nowMs: number) {
  const { answers } = examine({ message: 4096, joins: false })
  const some = answers.slice(0, 30)
  const recorded = some.map((answer, index) => ({
    device: '192.0.2.9 abcdef0123',
    answer: {
      ...answer,
      outcome: { ...answer.outcome, at: new Date(nowMs - (some.length - index) * 4_000) },
    },
  }))
  const header: SessionHeader = {
    schema: SESSION_SCHEMA,
    ...{ hosts: ['fw.example'], port: 8443, mqttPort: 8883 },
    ...{ caSha256: '00', startedAt: new Date(nowMs - 300_000), version: '0' },
  }
  return measureStatus({ header, recorded })
}
