import type { Outcome, RequestSeen } from '../../src/exam/outcome.ts'
import { type KeyKind, REDIRECTED_PATH, redirectPath, type Serving } from '../../src/exam/serving.ts'
import type { OldVersion } from '../../src/exam/topics/old-versions.ts'
import type { CheckId } from '../../src/exam/topics/verification.ts'
import type { HashToWrite } from '../../src/issue/signature-to-write.ts'
import { encodeClientHello } from '../../src/tls/client-hello.ts'
import type { ClientOffer } from '../../src/tls/client-offer.ts'
import { versions } from '../../src/tls/versions.ts'

/** A device as numbers: what it takes and what it does not look at. For tests of what an exam concludes. */
export interface ModelDevice {
  readonly record?: number
  readonly message?: number
  readonly sent?: number
  readonly path?: number
  readonly certificate?: number
  /** Of all handshake messages together, both sides. */
  readonly handshake?: number
  readonly dataRecord?: number
  readonly head?: number
  readonly joins?: boolean
  /** Speaks TLS 1.3 and nothing else. */
  readonly only13?: boolean
  /** Speaks TLS 1.3 beside 1.2. */
  readonly both?: boolean
  /** What differs where a server speaks TLS 1.3, which it offers then, too. */
  readonly in13?: ModelDevice
  /** Takes no records but those of OpenSSL. */
  readonly refusesOwn?: boolean
  /** Several messages in one record; absent: taken. */
  readonly merged?: boolean
  /** Certificates of the path, of all that is sent, and names of the leaf. */
  readonly pathCertificates?: number
  readonly certificates?: number
  readonly names?: number
  /** Kinds of chain that it takes although it should not. */
  readonly accepts?: readonly (CheckId | 'stranger' | 'another')[]
  readonly asks?: boolean
  /** What it cannot do although it offers it. */
  readonly lacks?: readonly (KeyKind | HashToWrite | string)[]
  /** What it accepts beyond that in one version only. */
  readonly acceptsIn?: { readonly version: 'TLSv1.2' | 'TLSv1.3'; readonly checks: readonly CheckId[] }
  /** Forms of its name that it does not take. */
  readonly refusesNames?: readonly ('common-name-only' | 'address-as-dns-name' | 'wildcard')[]
  readonly host?: string
  readonly hello?: ClientOffer
  readonly range?: string
  /** Its Connection header. */
  readonly connection?: string
  readonly follows?: readonly ('same-host' | 'plain-http')[]
  /** Of one that follows; absent: however many. */
  readonly redirectsInRow?: number
  /** Breaks off where a server answers its Range with the whole file. */
  readonly needsRanges?: boolean
  /** Versions before TLS 1.2 that it lets a server choose. */
  readonly oldVersions?: readonly OldVersion[]
  /** Takes TLS 1.2 from a server that says it was made to choose it. */
  readonly ignoresSentinel?: boolean
  readonly resumes?: boolean
  readonly renegotiates?: 'accepted' | 'refused' | 'ignored'
  readonly breaksOn?: readonly ('slow' | 'segments')[]
  /** In silence. */
  readonly waitsMs?: number
}

/** What the model says hello with: nothing rare, all of TLS 1.2. */
export const modelHello: ClientOffer = {
  version: 0x0303,
  cipherSuites: [0xc02b, 0xc02f, 0xc02c, 0xc030, 0x009c, 0x00ff],
  extensions: [
    { kind: 'server_name', host: 'device.example.net' },
    { kind: 'supported_groups', groups: [0x001d, 0x0017, 0x0018, 0x0019] },
    { kind: 'ec_point_formats', formats: [0] },
    {
      kind: 'signature_algorithms',
      schemes: [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0401, 0x0501, 0x0601, 0x0201],
    },
    { kind: 'session_ticket' },
  ],
}

/** The same with TLS 1.3. */
const bothHello: ClientOffer = {
  ...modelHello,
  cipherSuites: [0x1301, ...modelHello.cipherSuites],
  extensions: [...modelHello.extensions, { kind: 'supported_versions', versions: [0x0304, 0x0303] }],
}

/** The same, and TLS 1.3. */
export const hello13: ClientOffer = {
  ...modelHello,
  cipherSuites: [0x1301, ...modelHello.cipherSuites],
  extensions: [
    ...modelHello.extensions,
    { kind: 'supported_versions', versions: [0x0304, 0x0303] },
    // No share: HelloRetryRequest asks for one.
    { kind: 'raw', code: 51, data: Uint8Array.from([0, 0]) },
  ],
}

function withoutOther({ in13: _, ...device }: ModelDevice): ModelDevice {
  return device
}

/** The records of a ClientHello: one. */
export function helloRecordsOf(offer: ClientOffer, sessionId?: Uint8Array): Uint8Array {
  const message = encodeClientHello(offer, new Uint8Array(32), sessionId)
  return Uint8Array.from([22, 3, 1, message.length >> 8, message.length & 0xff, ...message])
}

const SMALL = 800
const SERVER_HELLO_BYTES = 90
const HELLO_DONE_BYTES = 4

/** What one connection of that device would show; `earlier` of its connections were before. */
export function outcomeOf(model: ModelDevice, serving: Serving, earlier: readonly Serving[] = []): Outcome {
  if (model.in13 !== undefined && serving.maxVersion === 'TLSv1.3')
    return outcomeOf(
      { ...withoutOther({ hello: hello13, ...model }), ...model.in13, only13: true },
      serving,
      earlier,
    )
  if (model.in13 !== undefined) return outcomeOf(withoutOther({ hello: hello13, ...model }), serving, earlier)
  const in13 = model.only13 === true || (model.both === true && serving.maxVersion === 'TLSv1.3')
  const { acceptsIn } = model
  const lax = acceptsIn?.version === (in13 ? 'TLSv1.3' : 'TLSv1.2') ? acceptsIn.checks : []
  const device = {
    ...(model.both === true ? { hello: bothHello } : {}),
    ...model,
    accepts: [...(model.accepts ?? []), ...lax],
  }
  const sizes = [serving.chain.leafBytes, ...serving.chain.intermediates.map(({ bytes }) => bytes)].map(
    (bytes) => bytes ?? SMALL,
  )
  const rootSent = serving.chain.signer === 'foreign-sent' ? [undefined] : []
  const unneeded = [...rootSent, ...serving.chain.unneeded].map((bytes) => bytes ?? SMALL)
  const all = [...sizes, ...unneeded]
  const messageBytes = 7 + sum(all) + 3 * all.length
  const cuts = serving.engine === 'own' || !in13
  const got = messageBytes + (in13 ? 1 + 2 * all.length : 0)
  const flightBytes = SERVER_HELLO_BYTES + got + keyExchangeBytes(serving) + HELLO_DONE_BYTES
  const resumesNow = device.resumes === true && serving.resumption && earlier.some((one) => one.resumption)
  const hello = helloRecordsOf(
    device.hello ?? modelHello,
    resumesNow ? new Uint8Array(32).fill(1) : undefined,
  )
  const deviceFlightBytes = hello.length - 5 + (serving.suites === 'kRSA' ? 262 : 37)
  const inRecord = serving.flight.merge && cuts ? flightBytes : got
  const flightRecordBytes = Math.min(inRecord, cuts ? serving.flight.recordBytes : 16_384)
  const over = (value: number, limit: number | undefined) => limit !== undefined && value > limit
  const refused =
    over(flightRecordBytes, device.record) ||
    over(got, device.message) ||
    over(sum(all), device.sent) ||
    over(sum(sizes), device.path) ||
    over(Math.max(...all), device.certificate) ||
    over(flightBytes + deviceFlightBytes + (in13 ? 36 : 32), device.handshake) ||
    over(sizes.length, device.pathCertificates) ||
    over(all.length, device.certificates) ||
    over(serving.chain.moreNames + 1, device.names) ||
    (device.joins === false && flightRecordBytes < got) ||
    (device.only13 === true && serving.maxVersion !== 'TLSv1.3') ||
    (device.refusesOwn === true && serving.engine === 'own') ||
    (device.merged === false && serving.flight.merge && cuts) ||
    refusesVersion(device, serving) ||
    cannot(device, serving) ||
    mistrusts(device, serving)
  const disturbed = breaks(device, serving)
  const { answer } = serving
  const asked = (device.hello ?? modelHello).extensions.find(({ kind }) => kind === 'max_fragment_length')
  const mostSent =
    serving.engine === 'openssl' && asked !== undefined && 'bytes' in asked ? asked.bytes : 16_384
  const dataRecordBytes = Math.min(mostSent, answer.kind === 'record' ? answer.bytes : 100)
  const headBytes = answer.kind === 'head' ? answer.bytes : 100
  const asks = device.asks !== false
  const stops = answer.kind === 'whole-file' && device.needsRanges === true
  const broken = over(dataRecordBytes, device.dataRecord) || over(headBytes, device.head)
  const silent = answer.kind === 'silence'
  const leavesMs = device.waitsMs ?? Infinity
  const requests = asks && !refused && !disturbed ? requestsOf(device, serving) : []
  return {
    at: new Date(earlier.length * 1000),
    address: '192.0.2.1',
    host: device.host ?? 'device.example.net',
    hello,
    reached: refused || disturbed ? 'hello' : asks ? 'answered' : 'established',
    version: refused || disturbed ? undefined : in13 ? 0x0304 : versions[olderOf(serving)].code,
    suite: undefined,
    resumed: resumesNow,
    renegotiation:
      serving.disturbance?.kind === 'renegotiation' ? (device.renegotiates ?? 'ignored') : undefined,
    alerts: refused ? [serving.disturbance?.kind === 'downgrade-sentinel' ? 47 : 42] : [],
    requests,
    cameInPlain:
      answer.kind === 'redirect' &&
      answer.where === 'plain-http' &&
      device.follows?.includes('plain-http') === true,
    end: refused || disturbed || broken || stops || (silent && leavesMs < answer.mostMs) ? 'closed' : 'kept',
    closeNotify: true,
    waitedMs: silent ? Math.min(leavesMs, answer.mostMs) : 0,
    sent: {
      certificateBytes: all,
      pathCertificates: sizes.length,
      messageBytes,
      flightRecordBytes: cuts ? flightRecordBytes : SERVER_HELLO_BYTES,
      flightBytes: cuts ? flightBytes : SERVER_HELLO_BYTES,
      deviceFlightBytes,
      dataRecordBytes,
      headBytes,
    },
  }
}

function sum(list: readonly number[]): number {
  return list.reduce((total, bytes) => total + bytes, 0)
}

/** ServerKeyExchange: a point, and a signature by the leaf's key. */
function keyExchangeBytes({ chain: { key }, suites }: Serving): number {
  if (suites === 'kRSA') return 0
  return 44 + (key.startsWith('rsa-') ? Number(key.slice(4)) / 8 : 71)
}

const olderOf = ({ maxVersion }: Serving) => (maxVersion === 'TLSv1.3' ? 'TLSv1.2' : maxVersion)

function refusesVersion(device: ModelDevice, { maxVersion, disturbance }: Serving): boolean {
  if (disturbance?.kind === 'downgrade-sentinel') return device.ignoresSentinel !== true
  const isOld = maxVersion === 'TLSv1' || maxVersion === 'TLSv1.1'
  return isOld && device.oldVersions?.includes(maxVersion) !== true
}

function cannot({ lacks }: ModelDevice, { chain, group, rsaSignature }: Serving): boolean {
  return [chain.key, chain.hash, group, rsaSignature].some((one) => one !== undefined && lacks?.includes(one))
}

function mistrusts({ accepts = [], refusesNames = [] }: ModelDevice, { chain }: Serving): boolean {
  const wrong: readonly (CheckId | 'stranger' | 'another')[] = [
    ...(chain.signer === 'foreign' ? (['stranger', 'unknown-ca'] as const) : []),
    ...(chain.signer === 'foreign-sent' ? (['stranger', 'unknown-ca-root-sent'] as const) : []),
    ...(chain.signer === 'stranger' ? (['stranger', 'unknown-ca-same-name'] as const) : []),
    ...(chain.signer === 'self' ? (['self-signed'] as const) : []),
    ...(chain.names === 'another' ? (['another', 'wrong-name'] as const) : []),
    ...(chain.names === 'neighbours' ? (['another', 'neighbour-name'] as const) : []),
    ...(chain.validity === 'expired' ? (['expired'] as const) : []),
    ...(chain.validity === 'future' ? (['not-yet-valid'] as const) : []),
    ...(chain.intermediates.some(({ isCa }) => !isCa) ? (['issuer-no-ca'] as const) : []),
    ...(chain.intermediates.some(({ pathLength }) => pathLength !== undefined)
      ? (['path-length'] as const)
      : []),
    ...(chain.intermediates.some(({ excludesName }) => excludesName) ? (['name-constraints'] as const) : []),
    ...(chain.names === 'server-address' ? (['address-only'] as const) : []),
    ...(chain.purpose === 'client' ? (['client-certificate'] as const) : []),
    ...(chain.intermediates.some(({ expired }) => expired) ? (['expired-intermediate'] as const) : []),
    ...(chain.hash === 'sha1' ? (['sha1-signature'] as const) : []),
    ...(chain.hash === 'md5' ? (['md5-signature'] as const) : []),
    ...(chain.key === 'rsa-1024' ? (['rsa-1024'] as const) : []),
  ]
  const form = chain.names
  const misnamed = refusesNames.some((one) => one === form)
  return misnamed || (wrong.length > 0 && !wrong.some((one) => accepts.includes(one)))
}

function breaks({ breaksOn = [] }: ModelDevice, { disturbance }: Serving): boolean {
  if (disturbance === undefined || disturbance.kind === 'renegotiation') return false
  if (disturbance.kind === 'downgrade-sentinel') return false
  if (disturbance.kind !== 'slow') return true
  return breaksOn.includes(disturbance.pauseMs > 0 ? 'slow' : 'segments')
}

function requestsOf(device: ModelDevice, { answer }: Serving): RequestSeen[] {
  const { range, connection, follows = [] } = device
  const request = (path: string, asked?: string): RequestSeen => ({
    kind: 'http',
    method: 'GET',
    path,
    headBytes: 100,
    headerNames: ['host'],
    range: asked,
    connection,
  })
  const followed = answer.kind === 'redirect' && answer.where === 'same-host' && follows.includes('same-host')
  const inRow = answer.kind === 'redirects' && follows.includes('same-host') ? answer.most : 0
  const row = Array.from({ length: Math.min(inRow, device.redirectsInRow ?? inRow) }, (_, index) =>
    request(redirectPath(index + 1)),
  )
  return [request('/', range), ...(followed ? [request(REDIRECTED_PATH)] : []), ...row]
}
