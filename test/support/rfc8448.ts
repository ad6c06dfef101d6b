import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MAX_MESSAGE_BYTES, MessageReader } from '../../src/tls/message-reader.ts'
import type { InnerOpener } from '../../src/tls/record-protection-13.ts'
import { RecordReader, type TlsRecord } from '../../src/tls/record-reader.ts'

/** One trace of RFC 8448: complete records as they go on the wire, and the client's private values. */
export interface Trace {
  readonly section: string
  readonly title: string
  readonly clientRandom: Uint8Array
  readonly sessionId: Uint8Array
  readonly clientKeys: { readonly x25519: Uint8Array; readonly secp256r1?: Uint8Array }
  readonly clientHello: readonly Uint8Array[]
  readonly serverHello: readonly Uint8Array[]
  readonly serverFlight: Uint8Array
  readonly clientFlight: Uint8Array
  readonly clientClose: Uint8Array
  readonly serverClose: Uint8Array
}

export interface TraceWithData extends Trace {
  readonly clientData: Uint8Array
  readonly serverData: Uint8Array
}

export interface SimpleTrace extends TraceWithData {
  readonly ticket: Uint8Array
}

export interface ResumedTrace extends TraceWithData {
  readonly sessionTicket: Uint8Array
  readonly psk: Uint8Array
  readonly ageAdd: number
  readonly ageMs: number
  readonly earlyData: Uint8Array
  readonly endOfEarlyData: Uint8Array
}

export interface Rfc8448 {
  readonly simple: SimpleTrace
  readonly resumed: ResumedTrace
  readonly retry: Trace
  readonly clientAuth: Trace
  readonly compatibility: Trace
}

export function readRfc8448(): Rfc8448 {
  const file = join(import.meta.dirname, '../fixtures/rfc8448.json')
  return JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    typeof value === 'string' && !named.has(key) ? new Uint8Array(Buffer.from(value, 'hex')) : value,
  )
}

const named = new Set(['source', 'section', 'title'])

/** Application data of the traces: 50 bytes that count up. */
export const countingBytes: Uint8Array = Uint8Array.from({ length: 50 }, (_, index) => index)

export function recordsOf(bytes: Uint8Array): TlsRecord[] {
  const reader = new RecordReader()
  reader.push(bytes)
  const records: TlsRecord[] = []
  for (let one = reader.next(); one !== undefined; one = reader.next()) records.push(one)
  return records
}

/** The one handshake message, header included, that a record in clear holds. */
export function clearMessage(record: Uint8Array): Uint8Array {
  return record.subarray(5)
}

/** What a protected record holds; a ChangeCipherSpec before it is passed over. */
export function opened(bytes: Uint8Array, opener: InnerOpener) {
  const [record] = recordsOf(bytes).filter(({ contentType }) => contentType === 23)
  const inner = record && opener.open(record.version, record.fragment)
  if (inner === undefined) throw new Error('the record does not open')
  return inner
}

/** The handshake messages in `content`, header included. */
export function messagesOf(content: Uint8Array): Uint8Array[] {
  const reader = new MessageReader(MAX_MESSAGE_BYTES)
  reader.push(content)
  const messages: Uint8Array[] = []
  for (let one = reader.next(); one !== undefined; one = reader.next()) messages.push(one.bytes)
  return messages
}
