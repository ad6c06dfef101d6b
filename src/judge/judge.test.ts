import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { device, modem, sourced } from '../../test/support/judge-devices.ts'
import {
  chainOf,
  connection,
  dial,
  exchange,
  holdingUnknown,
  judged,
  knownRoots,
  pemOf,
  records,
} from '../../test/support/judge-observations.ts'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { small } from '../../test/support/small-pki.ts'
import { unknownHttp } from '../device/unknown.ts'
import { findings as rows } from '../finding/details.ts'
import { stages } from '../finding/stage.ts'
import type { Connection, Observation } from '../observe/observation.ts'
import { judge } from './judge.ts'

const ders = [
  ...realChain('chain-edge-microsoft-com-g2'),
  ...realChain('chain-aws-s3-eu-west-1'),
  small({ name: 'Self' }),
].map(({ der }) => der)

describe('a verdict', () => {
  test('has every stage once, in order, and not-seen where nothing was seen', () => {
    const verdict = judged(pemOf('chain-edge-microsoft-com-g2'))
    expect(verdict.stages.map(({ stage }) => stage)).toEqual(stages)
    const unseen = verdict.stages.filter(({ state }) => state === 'not-seen').map(({ stage }) => stage)
    expect(unseen).toEqual(['dns', 'tcp', 'hello', 'name', 'handshake', 'records', 'http', 'mqtt'])
  })

  test('tells what lies beyond the point where the device stops, as not reached', () => {
    const chain = chainOf(realChain('chain-edge-microsoft-com-g2'))
    const seen = dial([connection({ chain, records: records(9000), exchanges: [exchange({ status: 404 })] })])
    const verdict = judged(seen)
    expect(verdict.stage).toBe('chain')
    const reached = Object.fromEntries(verdict.findings.map((finding) => [finding.id, finding.reached]))
    expect(reached).toMatchObject({
      'chain-too-large': true,
      'name-mismatch': false,
      'record-too-large': false,
      'http-status': false,
    })
  })

  test('lists findings by stage, and within a stage blocking ones first', () => {
    const chain = chainOf(realChain('chain-edge-microsoft-com-g2'))
    const verdict = judged(dial([connection({ chain, records: records(9000) })]))
    const order = verdict.findings.map(({ stage }) => stages.indexOf(stage))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(verdict.findings.filter(({ stage }) => stage === 'chain')[0]!.id).toBe('chain-too-large')
  })

  test('fits where all that was seen fits', () => {
    const small404 = dial([
      connection({ records: records(300, 900), exchanges: [exchange({ bodyBytes: 900 })] }),
    ])
    expect(judged(small404, { device: device() })).toMatchObject({
      state: 'fits',
      stage: undefined,
      leans: undefined,
    })
  })
})

describe('for any observation', () => {
  const seen = observations()

  test('judge does not throw, and its verdict hangs together', () => {
    const subjects = [device(), modem(), modem({ http: { ...unknownHttp, rangeBytes: sourced(1024) } })]
    const held = [undefined, [], [{ certificate: realRoot('digicert-global-root-g2'), label: 'g2' }]]
    fc.assert(
      fc.property(
        seen,
        fc.constantFrom(...subjects),
        fc.constantFrom(...held),
        fc.constantFrom('full' as const, 'no-name' as const, 'none' as const),
        (observation, subject, anchors, verify) => {
          const origin = anchors === undefined ? 'unknown' : 'given'
          const trust = { held: anchors, origin, known: knownRoots() } as const
          const verdict = judge({ observation, device: subject, trust, verify, now: new Date('2026-09-01') })
          const reached = verdict.findings.filter((finding) => finding.reached).map(({ effect }) => effect)
          expect(verdict.state === 'blocked').toBe(reached.includes('blocks'))
          expect(verdict.stage === undefined).toBe(verdict.state !== 'blocked')
          if (verdict.state === 'fits') expect(reached.every((effect) => effect === 'info')).toBe(true)
          for (const { id, cause } of verdict.findings)
            if (rows[id].cause !== undefined) expect(cause).toBeDefined()
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a device of which no limit is known is never blocked by a size', () => {
    const sizes = new Set([
      'chain-too-large',
      'cert-too-large',
      'message-too-large',
      'record-too-large',
      'chain-too-deep',
    ])
    const subject = device({ http: unknownHttp })
    const trust = holdingUnknown()
    fc.assert(
      fc.property(seen, (observation) => {
        const verdict = judge({
          observation,
          device: subject,
          trust,
          verify: 'full',
          now: new Date('2026-09-01'),
        })
        expect(verdict.findings.filter(({ id, effect }) => effect === 'blocks' && sizes.has(id))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('a further certificate at the end never turns blocked into fits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ders), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...ders),
        (sent, more) => {
          const state = (certificates: readonly Uint8Array[]) => {
            const messageBytes = certificates.reduce((sum, der) => sum + der.length + 3, 7)
            const chain = { certificates, messageBytes, records: 1, largestRecordBytes: messageBytes }
            const verdict = judged(dial([connection({ chain })]))
            return verdict.stages.find(({ stage }) => stage === 'chain')!.state
          }
          if (state(sent) === 'blocked') expect(state([...sent, more])).not.toBe('fits')
        },
      ),
      { numRuns: 100 },
    )
  })
})

function observations(): fc.Arbitrary<Observation> {
  const bytes = fc.integer({ min: 0, max: 20_000 })
  const ms = fc.integer({ min: 0, max: 60_000 })
  const code = fc.integer({ min: 0, max: 0xffff })
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const host = fc.constantFrom('host.example', 'edge.microsoft.com', '192.0.2.1', '::1', 'Other.Example')
  const der = fc.oneof(fc.constantFrom(...ders), fc.uint8Array({ maxLength: 60 }))
  const alert = fc.record({
    direction: fc.constantFrom('sent' as const, 'received' as const),
    level: fc.constantFrom(1, 2),
    description: fc.integer({ min: 0, max: 255 }),
    encrypted: fc.boolean(),
    atMs: ms,
    afterEstablished: fc.boolean(),
  })
  const close = fc.record({
    by: fc.constantFrom('peer' as const, 'us' as const),
    how: fc.constantFrom('close_notify', 'fin', 'reset', 'timeout', 'byte-limit', 'done'),
    atMs: ms,
    applicationRecordsReceived: fc.nat(9),
    applicationBytesReceived: bytes,
    applicationRecordsSent: fc.nat(9),
  }) as fc.Arbitrary<NonNullable<Connection['close']>>
  const response = fc.record({
    status: fc.constantFrom(200, 206, 301, 302, 401, 403, 404, 409, 416, 503),
    headBytes: bytes,
    bodyBytes: bytes,
    headOffset: bytes,
    bodyOffset: bytes,
    contentLength: maybe(bytes),
    contentRange: maybe(fc.constantFrom('bytes 0-1023/9000', 'bytes */9000', 'nonsense')),
    location: maybe(fc.record({ url: fc.oneof(fc.webUrl(), fc.string()), bytes })),
    server: maybe(fc.constantFrom('Windows-Azure-Blob/1.0', 'nginx')),
    errorCode: maybe(fc.constantFrom('AuthenticationFailed', 'ResourceNotFound')),
  })
  const request = fc.record({
    range: maybe(fc.record({ first: bytes, last: bytes })),
    authorizationScheme: maybe(fc.constantFrom('Basic', 'SharedAccessSignature')),
  })
  const connections = fc.record({
    role: fc.constantFrom('first' as const, 'range' as const, 'redirect' as const, 'probe' as const),
    host: maybe(host),
    hello: maybe(
      fc.record({
        messageBytes: bytes,
        sni: maybe(host),
        versions: fc.array(code, { maxLength: 3 }),
        cipherSuites: fc.array(code, { maxLength: 4 }),
        groups: fc.array(code, { maxLength: 3 }),
        signatureSchemes: fc.array(code, { maxLength: 3 }),
        alpn: fc.constant([]),
        maxFragmentLength: fc.constant(undefined),
        extensions: fc.array(code, { maxLength: 3 }),
      }),
    ),
    negotiated: maybe(
      fc.record({
        version: fc.constantFrom(0x0303, 0x0304),
        cipherSuite: code,
        extensions: fc.constant([]),
        maxFragmentLength: fc.constant(undefined),
        alpn: fc.constant(undefined),
        sessionIdBytes: fc.constant(0),
        extendedMasterSecret: fc.boolean(),
        encryptThenMac: fc.boolean(),
      }),
    ),
    chain: maybe(
      fc.record({
        certificates: fc.array(der, { maxLength: 5 }),
        messageBytes: bytes,
        records: maybe(fc.nat(5)),
        largestRecordBytes: maybe(bytes),
      }),
    ),
    clientCertificateRequest: maybe(
      fc.constant({ certificateTypes: [1], signatureSchemes: [0x0401], authorities: 0 }),
    ),
    clientCertificateSent: fc.boolean(),
    alerts: fc.array(alert, { maxLength: 2 }),
    establishedAtMs: maybe(ms),
    keyExchange: maybe(
      fc.record({
        group: maybe(code),
        dhBits: maybe(code),
        signatureScheme: maybe(code),
        signatureValid: maybe(fc.boolean()),
      }),
    ),
    records: fc.array(
      fc.record({ plaintextBytes: bytes, count: fc.integer({ min: 1, max: 9 }), offset: bytes }),
      {
        maxLength: 5,
      },
    ),
    exchanges: fc.array(
      fc
        .tuple(
          maybe(response),
          request,
          maybe(fc.constantFrom('closed', 'timeout', 'byte-limit', 'not-http')),
        )
        .map(([answer, asked, error]) => exchange(answer, asked, error)),
      { maxLength: 3 },
    ),
    mqtt: maybe(
      fc.record({
        connectBytes: bytes,
        protocolLevel: fc.constant(4),
        clientId: fc.string(),
        connack: maybe(fc.record({ returnCode: fc.nat(255), sessionPresent: fc.boolean() })),
        error: maybe(fc.constantFrom('closed', 'timeout', 'not-mqtt')),
      }),
    ),
    close: maybe(close),
    violation: maybe(
      fc.record({
        reason: fc.constantFrom('not-tls', 'malformed', 'bad-signature', 'too-large'),
        field: maybe(fc.string()),
        offset: maybe(bytes),
        detail: fc.string(),
      }),
    ),
  })
  const tcp = fc.record({
    address: fc.constantFrom('127.0.0.1', '::1'),
    family: fc.constantFrom(4 as const, 6 as const),
    port: fc.constant(443),
    purpose: fc.constantFrom('target' as const, 'contrast' as const),
    outcome: fc.constantFrom('connected', 'refused', 'timeout', 'unreachable', 'reset', 'failed'),
    errorCode: maybe(fc.string()),
    durationMs: ms,
  }) as fc.Arbitrary<Observation['tcp'][number]>
  return fc
    .record({
      connections: fc.array(
        connections.map((one) => connection(one)),
        { maxLength: 4 },
      ),
      tcp: fc.array(tcp, { maxLength: 3 }),
      host: maybe(host),
      path: fc.constantFrom('/', '/fw.bin', undefined),
      protocol: fc.constantFrom('https' as const, 'mqtts' as const, 'tls' as const, 'file' as const),
      withheld: maybe(fc.record({ what: fc.constant(['query' as const]), host, reason: fc.string() })),
      otherAddresses: fc.array(
        fc.record({
          address: fc.constant('192.0.2.9'),
          outcome: fc.constant('connected' as const),
          chainSha256: maybe(fc.array(fc.string(), { maxLength: 2 })),
          chainBytes: maybe(bytes),
        }),
        { maxLength: 2 },
      ),
    })
    .map(({ connections: all, tcp: attempts, host: name, path, protocol, withheld, otherAddresses }) =>
      dial(all, { tcp: attempts, withheld, otherAddresses }, { host: name, path, protocol }),
    )
}
