import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openKnownRoots } from '../io/root-files.ts'
import { observePem } from '../observe/from-pem.ts'
import type { Connection, HelloSent, Observation } from '../observe/observation.ts'
import { compareObservations } from './differences.ts'

const chains = resolve(import.meta.dirname, '../../test/fixtures/chains')
const known = openKnownRoots()

function chain(...files: string[]): Observation {
  const pem = files.map((file) => readFileSync(join(chains, file), 'utf8')).join('')
  return observePem(Buffer.from(pem), files.join(), undefined)
}

const hello: HelloSent = {
  messageBytes: 200,
  sni: 'a.example',
  versions: [0x0303],
  cipherSuites: [0x0a0a, 0xc02f, 0xc030],
  groups: [0x1a1a, 29],
  signatureSchemes: [0x0403],
  alpn: [],
  maxFragmentLength: undefined,
  extensions: [0x2a2a, 0, 10, 13],
}

function withHello(part: Partial<HelloSent>, rest: Partial<Connection> = {}): Observation {
  const base: Observation = { ...chain('chain-edge-microsoft-com-g2.pem'), source: 'capture' }
  const [connection] = base.connections
  return { ...base, connections: [{ ...(connection as Connection), hello: { ...hello, ...part }, ...rest }] }
}

const idsOf = (a: Observation, b: Observation) => compareObservations(a, b, known).map(({ id }) => id)

describe('differences', () => {
  test('none between the same; GREASE drawn anew is none', () => {
    expect(
      idsOf(
        withHello({}),
        withHello({
          cipherSuites: [0x3a3a, 0xc02f, 0xc030],
          groups: [0x4a4a, 29],
          extensions: [0x5a5a, 0, 10, 13],
        }),
      ),
    ).toEqual([])
  })

  test('of names, suites and their order', () => {
    expect(idsOf(withHello({}), withHello({ sni: undefined, extensions: [10, 13] }))).toEqual(['sni'])
    const [difference] = compareObservations(
      withHello({}),
      withHello({ cipherSuites: [0xc030, 0xc02f] }),
      known,
    )
    expect(difference).toMatchObject({ id: 'suites-offered', onlyA: [], onlyB: [], reordered: true })
  })

  test('of chains: what only one side sends, and which of it is a cross-signed root', () => {
    const [difference] = compareObservations(
      chain('chain-aws-s3-eu-west-1.pem'),
      chain('chain-edge-microsoft-com-g2.pem'),
      known,
    )
    expect(difference).toMatchObject({ id: 'certificates', bytesA: 5307, bytesB: 5753, countA: 4, countB: 3 })
    if (difference?.id !== 'certificates') throw new Error('the chains differ')
    expect(
      difference.onlyB
        .filter(({ crossSigned }) => crossSigned)
        .map(({ certificate }) => certificate.subject.commonName),
    ).toEqual(['Microsoft TLS RSA Root G2'])
  })

  test('a file of certificates has no hello, answer or end to differ in', () => {
    const seen = withHello({}, { establishedAtMs: 5, clientCertificateSent: true })
    expect(idsOf({ ...seen, source: 'capture' }, chain('chain-edge-microsoft-com-g2.pem'))).toEqual([])
    expect(idsOf({ ...seen, source: 'capture' }, chain('chain-aws-s3-eu-west-1.pem'))).toEqual([
      'certificates',
    ])
  })

  test('a side that was not reached is no side without a difference', () => {
    const nobody: Observation = { ...withHello({}), source: 'dial', connections: [] }
    expect(compareObservations(nobody, withHello({}), known)).toEqual([
      { id: 'reached', stage: 'tcp', a: false, b: true },
    ])
  })

  test('of who closed, after what', () => {
    const close = { how: 'fin', atMs: 9, applicationBytesReceived: 0 } as const
    const a = withHello(
      {},
      { close: { ...close, by: 'us', applicationRecordsReceived: 3, applicationRecordsSent: 1 } },
    )
    const b = withHello(
      {},
      { close: { ...close, by: 'peer', applicationRecordsReceived: 0, applicationRecordsSent: 1 } },
    )
    expect(idsOf(a, b)).toEqual(['close'])
  })
})
