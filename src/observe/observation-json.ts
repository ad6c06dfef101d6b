import * as v from 'valibot'
import type { Observation } from './observation.ts'

/** Name and version of the JSON form. */
export const OBSERVATION_SCHEMA = 'tlsfit/observation@1'

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Input that is no `tlsfit/observation@1`; `at` is the dotted path of the first thing wrong. */
export class ObservationFormatError extends Error {
  readonly at: string

  constructor(at: string, detail: string) {
    super(`${at === '' ? 'observation' : at}: ${detail}`)
    this.name = 'ObservationFormatError'
    this.at = at
  }
}

/** Byte arrays become base64, dates ISO 8601, `undefined` becomes null, so that every key is always there. */
export function observationToJson(observation: Observation): { readonly [key: string]: Json } {
  return { schema: OBSERVATION_SCHEMA, ...(toJson(observation) as { readonly [key: string]: Json }) }
}

/** The way back. Keys it does not know are dropped. Throws `ObservationFormatError`. */
export function observationFromJson(json: unknown): Observation {
  const result = v.safeParse(observationSchema, json, { abortEarly: true })
  if (result.success) {
    const { schema: _, ...observation } = result.output
    return observation
  }
  const issue = result.issues[0]
  throw new ObservationFormatError(v.getDotPath(issue) ?? '', issue.message)
}

function toJson(value: unknown): Json {
  if (value === undefined || value === null) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
  }
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value
  throw new TypeError(`no JSON for a ${typeof value}`)
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const ms = v.pipe(v.number(), v.finite())
const numbers = v.array(count)
const direction = v.picklist(['sent', 'received'])
const family = v.picklist([4, 6])
const outcome = v.picklist(['connected', 'refused', 'timeout', 'unreachable', 'reset', 'failed'])

const date = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
)

const base64 = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text) => new Uint8Array(Buffer.from(text, 'base64'))),
)

const target = v.object({
  text: v.string(),
  protocol: v.picklist(['https', 'mqtts', 'tls', 'file']),
  host: maybe(v.string()),
  finalDot: v.optional(v.literal(true)),
  port: maybe(count),
  path: maybe(v.string()),
  pathBytes: maybe(count),
})

const lookup = v.object({
  host: v.string(),
  addresses: v.array(v.object({ address: v.string(), family })),
  cnames: v.array(v.string()),
  errorCode: maybe(v.string()),
  durationMs: ms,
})

const tcpAttempt = v.object({
  address: v.string(),
  family,
  port: count,
  purpose: v.picklist(['target', 'contrast']),
  outcome,
  errorCode: maybe(v.string()),
  durationMs: ms,
})

const helloSent = v.object({
  messageBytes: count,
  sni: maybe(v.string()),
  versions: numbers,
  cipherSuites: numbers,
  groups: numbers,
  signatureSchemes: numbers,
  alpn: v.array(v.string()),
  maxFragmentLength: maybe(count),
  extensions: numbers,
})

const message = v.object({
  direction,
  name: v.string(),
  messageBytes: maybe(count),
  records: count,
  largestRecordBytes: maybe(count),
  headerCut: v.optional(v.boolean()),
  atMs: ms,
})

const hashes = v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)))

const negotiated = v.object({
  version: count,
  cipherSuite: count,
  extensions: numbers,
  maxFragmentLength: maybe(count),
  recordSizeLimit: maybe(count),
  alpn: maybe(v.string()),
  sessionIdBytes: count,
  extendedMasterSecret: v.boolean(),
  encryptThenMac: v.boolean(),
})

const fragmentLength = v.object({
  asked: count,
  answered: maybe(count),
  largestRecordBytes: maybe(count),
})

const serverName = v.object({
  sni: maybe(v.string()),
  outcome: v.picklist(['chain', 'refused', 'failed']),
  alert: maybe(count),
  leaf: maybe(base64),
  chainBytes: maybe(count),
  certificates: maybe(count),
})

const sas = v.object({
  place: v.picklist(['query', 'authorization-header']),
  parameters: v.array(v.string()),
  startsAt: maybe(date),
  expiresAt: maybe(date),
  doublyEncoded: v.boolean(),
})

const presigned = v.object({
  version: v.picklist(['v4', 'v2']),
  parameters: v.array(v.string()),
  signedAt: maybe(date),
  expiresAt: maybe(date),
  signedHeaders: v.array(v.string()),
  missing: v.array(v.string()),
  htmlEscaped: v.boolean(),
  doublyEncoded: v.boolean(),
})

const exchange = v.object({
  request: v.object({
    method: v.string(),
    path: v.string(),
    headBytes: count,
    range: maybe(v.object({ first: count, last: count })),
    authorizationScheme: maybe(v.string()),
    sas: maybe(sas),
    presigned: maybe(presigned),
    headerNames: maybe(v.array(v.string())),
    acceptEncoding: maybe(v.string()),
  }),
  response: maybe(
    v.object({
      status: count,
      reason: v.string(),
      headBytes: count,
      httpVersion: v.string(),
      contentLength: maybe(count),
      contentRange: maybe(v.string()),
      transferEncoding: maybe(v.string()),
      contentEncoding: maybe(v.string()),
      contentType: maybe(v.string()),
      etag: maybe(v.string()),
      acceptRanges: maybe(v.string()),
      server: maybe(v.string()),
      location: maybe(v.object({ url: v.string(), bytes: count })),
      bodyBytes: count,
      bodyComplete: v.boolean(),
      errorCode: maybe(v.string()),
      errorText: maybe(v.string()),
      headOffset: count,
      bodyOffset: count,
      largestRecordBytes: count,
    }),
  ),
  error: maybe(v.string()),
})

const connection = v.object({
  role: v.picklist(['first', 'range', 'redirect', 'probe']),
  host: maybe(v.string()),
  address: maybe(v.string()),
  port: maybe(count),
  hello: maybe(helloSent),
  messages: v.array(message),
  negotiated: maybe(negotiated),
  chain: maybe(
    v.object({
      certificates: v.array(base64),
      signatureClaims: maybe(v.array(maybe(v.object({ signedBy: hashes, notBy: hashes })))),
      messageBytes: count,
      records: maybe(count),
      largestRecordBytes: maybe(count),
    }),
  ),
  clientCertificateRequest: maybe(
    v.object({ certificateTypes: numbers, signatureSchemes: numbers, authorities: count }),
  ),
  clientCertificateSent: v.boolean(),
  alerts: v.array(
    v.object({
      direction,
      level: count,
      description: count,
      encrypted: v.boolean(),
      atMs: ms,
      afterEstablished: v.boolean(),
    }),
  ),
  establishedAtMs: maybe(ms),
  resumed: maybe(v.boolean()),
  keyExchange: maybe(
    v.object({
      group: maybe(count),
      dhBits: maybe(count),
      signatureScheme: maybe(count),
      signatureValid: maybe(v.boolean()),
    }),
  ),
  handshakeBytesReceived: count,
  records: v.array(v.object({ plaintextBytes: count, count, offset: count })),
  exchanges: v.array(exchange),
  mqtt: maybe(
    v.object({
      connectBytes: count,
      protocolLevel: count,
      clientId: v.string(),
      connack: maybe(v.object({ returnCode: count, sessionPresent: v.boolean() })),
      error: maybe(v.string()),
    }),
  ),
  close: maybe(
    v.object({
      by: v.picklist(['peer', 'us']),
      how: v.picklist(['close_notify', 'fin', 'reset', 'timeout', 'byte-limit', 'done']),
      atMs: ms,
      applicationRecordsReceived: count,
      applicationBytesReceived: count,
      applicationRecordsSent: count,
    }),
  ),
  violation: maybe(
    v.object({
      reason: v.string(),
      field: maybe(v.string()),
      offset: maybe(count),
      detail: v.string(),
    }),
  ),
  standardVerification: maybe(v.object({ ok: v.boolean(), reason: maybe(v.string()) })),
})

const observationSchema = v.object({
  schema: v.literal(OBSERVATION_SCHEMA),
  source: v.picklist(['dial', 'pem', 'capture']),
  target,
  startedAt: maybe(date),
  lookup: maybe(lookup),
  tcp: v.array(tcpAttempt),
  connections: v.array(connection),
  otherAddresses: v.array(
    v.object({
      address: v.string(),
      outcome,
      chainSha256: maybe(v.array(v.string())),
      chainBytes: maybe(count),
    }),
  ),
  withheld: maybe(
    v.object({
      what: v.array(v.picklist(['query', 'header', 'client-certificate', 'mqtt-password'])),
      host: v.string(),
      reason: v.string(),
    }),
  ),
  fromCapsule: maybe(v.boolean()),
  fragmentLengths: maybe(v.array(fragmentLength)),
  serverNames: maybe(v.array(serverName)),
})

/** null and a missing key both mean: not seen. */
function maybe<S extends v.GenericSchema>(schema: S) {
  return v.pipe(
    v.optional(v.nullable(schema), null),
    v.transform((value) => (value === null ? undefined : value)),
  )
}
