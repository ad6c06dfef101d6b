import * as v from 'valibot'
import type { Outcome, RequestSeen, SentSizes } from './outcome.ts'
import type { ChainToServe, Serving } from './serving.ts'
import { type Answer, type Probe, topicIds } from './topic.ts'

export const SESSION_SCHEMA = 'tlsfit/measurement@1'

/** The first line of a session's file: what must be the same for the session to go on. */
export interface SessionHeader {
  readonly schema: typeof SESSION_SCHEMA
  /** Names and addresses by which devices were told to ask, the first first. */
  readonly hosts: readonly string[]
  readonly port: number
  readonly mqttPort: number
  /** SHA-256 of the test CA's DER, in hex. */
  readonly caSha256: string
  readonly startedAt: Date
  readonly version: string
}

/** One answer of one device. */
export interface Recorded {
  /** Address and print of the hello. */
  readonly device: string
  readonly answer: Answer
}

/** What a session's file says. */
export interface Session {
  readonly header: SessionHeader
  readonly recorded: readonly Recorded[]
  /** Bytes of the file up to the end of the last whole line; what follows was torn off while it was written. */
  readonly wholeBytes: number
}

/** A session's file that cannot be used. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly code: 'session-other' | 'session-broken' | 'session-too-large'
  /** 1-based. */
  readonly line: number

  constructor(code: SessionError['code'], line: number, message: string) {
    super(message)
    this.code = code
    this.line = line
  }
}

/** A session of 8 devices with all that the topics may ask is a few megabytes. */
export const MAX_SESSION_BYTES = 64 * 1024 * 1024
const MAX_LINE_CHARS = 256 * 1024
const MAX_ANSWERS = 20_000

export function formatHeader(header: SessionHeader): string {
  return `${JSON.stringify(header)}\n`
}

/** Undefined becomes null, bytes Base64, times ISO 8601. */
export function formatRecorded({ device, answer: { probe, outcome } }: Recorded): string {
  const { hello } = outcome
  const line = { device, probe, outcome: { ...outcome, hello: hello && toBase64(hello) } }
  return `${JSON.stringify(line, (_key, value) => (value === undefined ? null : value))}\n`
}

/**
 * Reads a session's file. A last line without its line feed was being written when the run was ended: it is left out.
 * Throws `SessionError` for everything else that is not as it was written.
 */
export function parseSession(bytes: Uint8Array): Session {
  if (bytes.length > MAX_SESSION_BYTES)
    throw new SessionError('session-too-large', 1, `it has more than ${MAX_SESSION_BYTES} bytes`)
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1
  const lines = new TextDecoder().decode(bytes.subarray(0, wholeBytes)).split('\n').slice(0, -1)
  const [first, ...others] = lines
  if (first === undefined) throw new SessionError('session-broken', 1, 'it has no first line')
  if (others.length > MAX_ANSWERS)
    throw new SessionError('session-too-large', MAX_ANSWERS, `it has more than ${MAX_ANSWERS} answers`)
  const header = v.safeParse(headerSchema, jsonOf(first, 1))
  if (!header.success)
    throw new SessionError('session-other', 1, `its first line is none of ${SESSION_SCHEMA}`)
  const recorded = others.map((text, index) => {
    const line = index + 2
    const read = v.safeParse(recordedSchema, jsonOf(text, line))
    if (!read.success)
      throw new SessionError(
        'session-broken',
        line,
        `line ${line}: ${whereOf(read.issues[0])} is not as it was written`,
      )
    const { device, probe, outcome } = read.output
    return { device, answer: { probe, outcome } }
  })
  return { header: header.output, recorded, wholeBytes }
}

/** The answers of each device, in order. */
export function answersByDevice(recorded: readonly Recorded[]): Map<string, Answer[]> {
  const devices = new Map<string, Answer[]>()
  for (const { device, answer } of recorded) {
    const answers = devices.get(device) ?? []
    answers.push(answer)
    devices.set(device, answers)
  }
  return devices
}

function jsonOf(text: string, line: number): unknown {
  try {
    if (text.length <= MAX_LINE_CHARS) return JSON.parse(text)
  } catch {
    // Told below.
  }
  throw new SessionError(line === 1 ? 'session-other' : 'session-broken', line, `line ${line} is no JSON`)
}

function whereOf(issue: v.BaseIssue<unknown>): string {
  return v.getDotPath(issue)?.replace(/[^\w.]/g, '?') ?? 'the line'
}

const maybe = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.nullable(schema),
    v.transform((value): v.InferOutput<Schema> | undefined => value ?? undefined),
  )
const text = v.pipe(v.string(), v.maxLength(20_000))
const amount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((iso) => new Date(iso)),
)
const port = v.pipe(amount, v.maxValue(65_535))
const base64 = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9+/]*={0,2}$/),
  v.check((it) => it.length % 4 === 0),
  v.transform(fromBase64),
)

const headerSchema = v.object({
  schema: v.literal(SESSION_SCHEMA),
  hosts: v.pipe(v.array(text), v.minLength(1)),
  port,
  mqttPort: port,
  caSha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  startedAt: time,
  version: text,
})

const chainSchema: v.GenericSchema<unknown, ChainToServe> = v.object({
  key: v.picklist([
    'p256',
    'p384',
    'p521',
    'ed25519',
    'rsa-1024',
    'rsa-2048',
    'rsa-3072',
    'rsa-4096',
    'rsa-8192',
  ]),
  signer: v.picklist(['test-ca', 'stranger', 'foreign', 'foreign-sent', 'self']),
  hash: v.picklist(['md5', 'sha1', 'sha256', 'sha384', 'sha512']),
  names: v.picklist([
    'asked',
    'another',
    'neighbours',
    'server-address',
    'common-name-only',
    'address-as-dns-name',
    'wildcard',
  ]),
  validity: v.picklist(['now', 'expired', 'future']),
  // Sessions of before it was asked have none.
  purpose: v.optional(v.picklist(['server', 'client']), 'server'),
  leafBytes: maybe(amount),
  moreNames: amount,
  intermediates: v.array(
    v.object({
      bytes: maybe(amount),
      isCa: v.boolean(),
      pathLength: maybe(amount),
      excludesName: v.boolean(),
      expired: v.optional(v.boolean(), false),
    }),
  ),
  unneeded: v.array(maybe(amount)),
})

const answerSchema: v.GenericSchema<unknown, Serving['answer']> = v.variant('kind', [
  v.object({ kind: v.literal('small') }),
  v.object({ kind: v.literal('record'), bytes: amount }),
  v.object({ kind: v.literal('head'), bytes: amount }),
  v.object({
    kind: v.literal('redirect'),
    status: v.picklist([301, 302, 307, 308]),
    where: v.picklist(['same-host', 'plain-http']),
  }),
  v.object({ kind: v.literal('redirects'), most: amount }),
  v.object({ kind: v.literal('file'), bytes: amount }),
  v.object({ kind: v.literal('whole-file'), bytes: amount }),
  v.object({ kind: v.literal('silence'), mostMs: amount }),
])

const disturbanceSchema: v.GenericSchema<unknown, NonNullable<Serving['disturbance']>> = v.variant('kind', [
  v.object({ kind: v.literal('alert'), description: amount, after: v.picklist(['hello', 'handshake']) }),
  v.object({ kind: v.literal('close'), after: v.picklist(['hello', 'flight', 'handshake']) }),
  v.object({ kind: v.literal('slow'), bytesPerWrite: amount, pauseMs: amount }),
  v.object({ kind: v.literal('renegotiation') }),
  v.object({ kind: v.literal('downgrade-sentinel') }),
])

const probeSchema: v.GenericSchema<unknown, Probe> = v.object({
  topic: v.picklist(topicIds),
  key: text,
  serving: v.object({
    chain: chainSchema,
    // Sessions of before there was a choice have none.
    engine: v.optional(v.picklist(['openssl', 'own']), 'openssl'),
    flight: v.object({ recordBytes: amount, merge: v.boolean() }),
    maxVersion: v.picklist(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']),
    group: maybe(text),
    suites: maybe(text),
    // Sessions of before it was asked have none.
    rsaSignature: v.optional(v.picklist(['pkcs1', 'pss']), 'pkcs1'),
    resumption: v.boolean(),
    answer: answerSchema,
    disturbance: maybe(disturbanceSchema),
  }),
})

const requestSchema: v.GenericSchema<unknown, RequestSeen> = v.object({
  kind: v.picklist(['http', 'mqtt', 'other']),
  method: maybe(text),
  path: maybe(text),
  headBytes: amount,
  headerNames: v.array(text),
  range: maybe(text),
  connection: maybe(text),
})

const sentSchema: v.GenericSchema<unknown, SentSizes> = v.object({
  certificateBytes: v.array(amount),
  pathCertificates: amount,
  messageBytes: amount,
  flightRecordBytes: amount,
  flightBytes: amount,
  deviceFlightBytes: amount,
  dataRecordBytes: amount,
  headBytes: amount,
})

const outcomeSchema: v.GenericSchema<unknown, Outcome> = v.object({
  at: time,
  address: text,
  host: text,
  hello: maybe(base64),
  reached: v.picklist(['connected', 'hello', 'established', 'request', 'answered']),
  version: maybe(amount),
  suite: maybe(amount),
  resumed: v.boolean(),
  renegotiation: maybe(v.picklist(['accepted', 'refused', 'ignored'])),
  alerts: v.array(amount),
  requests: v.array(requestSchema),
  cameInPlain: v.boolean(),
  end: v.picklist(['closed', 'reset', 'kept']),
  closeNotify: maybe(v.boolean()),
  waitedMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
  sent: sentSchema,
})

const recordedSchema = v.object({ device: text, probe: probeSchema, outcome: outcomeSchema })

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

function fromBase64(encoded: string): Uint8Array {
  return new Uint8Array(Buffer.from(encoded, 'base64'))
}
