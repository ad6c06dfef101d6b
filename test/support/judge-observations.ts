import { readFileSync } from 'node:fs'
import type { FindingId } from '../../src/finding/details.ts'
import type { Finding, FindingOf } from '../../src/finding/finding.ts'
import { judge } from '../../src/judge/judge.ts'
import type { JudgeInput } from '../../src/judge/judge-input.ts'
import type { Verdict } from '../../src/judge/verdict.ts'
import { emptyConnection } from '../../src/observe/empty-connection.ts'
import { certificateMessageBytes, observePem } from '../../src/observe/from-pem.ts'
import type {
  Connection,
  HelloSent,
  HttpExchange,
  HttpRequestSent,
  HttpResponseSeen,
  Observation,
  RecordRun,
  TcpAttempt,
} from '../../src/observe/observation.ts'
import type { TrustStore } from '../../src/trust/trust-store.ts'
import type { Certificate } from '../../src/x509/certificate.ts'
import { modem } from './judge-devices.ts'
import { realRoot } from './real-certificates.ts'
import { fixture } from './tlsfit.ts'

/** The real chain `test/fixtures/chains/<name>.pem` as a file, for that host. */
export function pemOf(name: string, host?: string): Observation {
  return observePem(readFileSync(fixture(`chains/${name}.pem`)), `${name}.pem`, host)
}

/** A live observation of one host, with the connections and whatever else a test says. */
export function dial(
  connections: readonly Connection[],
  rest: Partial<Observation> = {},
  target: Partial<Observation['target']> = {},
): Observation {
  return {
    source: 'dial',
    target: {
      text: 'https://host.example/fw.bin',
      protocol: 'https',
      host: 'host.example',
      port: 443,
      path: '/fw.bin',
      pathBytes: 7,
      ...target,
    },
    startedAt: new Date('2026-09-01T00:00:00Z'),
    lookup: undefined,
    tcp: [attempt()],
    connections,
    otherAddresses: [],
    withheld: undefined,
    ...rest,
  }
}

export function attempt(rest: Partial<TcpAttempt> = {}): TcpAttempt {
  return {
    ...{ address: '192.0.2.1', family: 4, port: 443, purpose: 'target' },
    ...{ outcome: 'connected', errorCode: undefined, durationMs: 30 },
    ...rest,
  }
}

/** An established TLS 1.2 connection without a chain, unless the test says otherwise. */
export function connection(rest: Partial<Connection> = {}): Connection {
  return {
    ...emptyConnection,
    host: 'host.example',
    address: '192.0.2.1',
    port: 443,
    hello: hello(),
    negotiated: negotiated(),
    establishedAtMs: 100,
    ...rest,
  }
}

/** A connection whose hello the server turned down, by that alert or by closing. */
export function refused(alert: number | undefined, rest: Partial<Connection> = {}): Connection {
  return connection({
    negotiated: undefined,
    establishedAtMs: undefined,
    alerts:
      alert === undefined
        ? []
        : [
            {
              direction: 'received',
              level: 2,
              description: alert,
              encrypted: false,
              atMs: 60,
              afterEstablished: false,
            },
          ],
    close: close('fin'),
    ...rest,
  })
}

export function close(how: 'fin' | 'close_notify' | 'timeout' | 'byte-limit' | 'done', atMs = 200) {
  const by = how === 'fin' || how === 'close_notify' ? 'peer' : 'us'
  return {
    ...({ by, how, atMs } as const),
    ...{ applicationRecordsReceived: 0, applicationBytesReceived: 0, applicationRecordsSent: 1 },
  }
}

export function hello(rest: Partial<HelloSent> = {}): HelloSent {
  return {
    ...{ messageBytes: 200, sni: 'host.example', versions: [0x0303], cipherSuites: [0xc02f] },
    ...{
      groups: [0x0017],
      signatureSchemes: [0x0401],
      alpn: [],
      maxFragmentLength: undefined,
      extensions: [],
    },
    ...rest,
  }
}

export function negotiated(version = 0x0303, cipherSuite = 0xc02f): Connection['negotiated'] {
  return {
    ...{ version, cipherSuite, extensions: [], maxFragmentLength: undefined, alpn: undefined },
    ...{ sessionIdBytes: 0, extendedMasterSecret: true, encryptThenMac: false },
  }
}

export function chainOf(certificates: readonly Certificate[]): Connection['chain'] {
  const ders = certificates.map(({ der }) => der)
  return {
    certificates: ders,
    messageBytes: certificateMessageBytes(ders),
    records: 1,
    largestRecordBytes: certificateMessageBytes(ders),
  }
}

export function exchange(
  response: Partial<HttpResponseSeen> | undefined,
  request: Partial<HttpRequestSent> = {},
  error?: string,
): HttpExchange {
  return {
    request: {
      ...{ method: 'GET', path: '/fw.bin', headBytes: 120 },
      ...{ range: undefined, authorizationScheme: undefined, sas: undefined },
      ...request,
    },
    response: response && {
      ...{ status: 200, reason: 'OK', headBytes: 300, httpVersion: '1.1', contentLength: 262_144 },
      ...{ contentRange: undefined, transferEncoding: undefined, contentType: undefined, etag: undefined },
      ...{
        acceptRanges: undefined,
        server: undefined,
        location: undefined,
        bodyBytes: 262_144,
        bodyComplete: true,
      },
      ...{
        errorCode: undefined,
        errorText: undefined,
        headOffset: 0,
        bodyOffset: 300,
        largestRecordBytes: 1500,
      },
      ...response,
    },
    error,
  }
}

/** Records as `size` or `[size, count]`, one after another. */
export function records(...sizes: readonly (number | readonly [number, number])[]): RecordRun[] {
  let offset = 0
  return sizes.map((entry) => {
    const [plaintextBytes, count] = typeof entry === 'number' ? [entry, 1] : entry
    const run = { plaintextBytes, count, offset }
    offset += plaintextBytes * count
    return run
  })
}

/** What the device holds, by the ids of `roots/`, and every root there as known. */
export function holding(...ids: readonly string[]): TrustStore {
  return holdingCertificates(...ids.map((id) => realRoot(id)))
}

export function holdingCertificates(...certificates: readonly Certificate[]): TrustStore {
  return {
    held: certificates.map((certificate) => ({
      certificate,
      label: `${certificate.sha256.slice(0, 8)}.pem`,
    })),
    origin: 'given',
    known: knownRoots(),
  }
}

export function holdingUnknown(): TrustStore {
  return { held: undefined, origin: 'unknown', known: knownRoots() }
}

export function knownRoots(): TrustStore['known'] {
  return knownIds.map((id) => ({
    id,
    certificate: realRoot(id),
    owner: 'its owner',
    distrustedFrom: undefined,
    source: 'roots/',
  }))
}

const knownIds = [
  'amazon-root-ca-1',
  'digicert-global-root-g2',
  'microsoft-tls-rsa-root-g2',
  'starfield-services-root-g2',
  'baltimore-cybertrust-root',
]

export function judged(observation: Observation, rest: Partial<JudgeInput> = {}): Verdict {
  return judge({
    observation,
    device: modem(),
    trust: holdingUnknown(),
    verify: 'full',
    now: new Date('2026-09-01T00:00:00Z'),
    ...rest,
  })
}

/** The finding of that id, with its details typed; undefined when there is none. */
export function found<Id extends FindingId>(verdict: Verdict, id: Id): FindingOf<Id> | undefined {
  return verdict.findings.find((finding: Finding) => finding.id === id) as FindingOf<Id> | undefined
}

export function idsOf(verdict: Verdict, effect?: Finding['effect']): FindingId[] {
  return verdict.findings.filter((one) => effect === undefined || one.effect === effect).map(({ id }) => id)
}
