import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TlsClient } from '../../src/tls/client.ts'
import type { ClientOffer } from '../../src/tls/client-offer.ts'
import { type HandshakeMessage, MAX_MESSAGE_BYTES, MessageReader } from '../../src/tls/message-reader.ts'
import { RecordReader } from '../../src/tls/record-reader.ts'
import type { TlsEvent } from '../../src/tls/tls-event.ts'
import { offerOf } from './offers.ts'

const folder = resolve(import.meta.dirname, '../fixtures/flights')

/** A connection of ours with `openssl s_server`. The same seed gives the same keys, so it can be lived again. */
export interface OwnFlight {
  readonly offer: ClientOffer
  readonly seed: Uint8Array
  /** All that the server sent: its flight, its Finished, one line, close_notify. */
  readonly received: Uint8Array
  readonly line: string
}

export const ownFlightNames = [
  'openssl-rsa-gcm-ticket',
  'openssl-ecdsa-cbc-encrypt-then-mac',
  'openssl-ecdsa-cbc-mac-then-encrypt',
] as const

export function readOwnFlight(name: (typeof ownFlightNames)[number]): OwnFlight {
  const { suite, groups, extensions, seed, received, line } = readJson(name)
  const offered = extensions.map((kind: string) => ({ kind }))
  const offer = offerOf([suite], { groups, extensions: offered })
  return { offer, seed: Buffer.from(seed), received: fromHex(received), line }
}

/** The clear part of someone else's connection. */
export interface ForeignFlight {
  readonly clientHelloRecord: Uint8Array
  readonly serverFlight: Uint8Array
  readonly cipherSuite: string
  readonly certificateBytes: readonly number[]
  /** Without the 4-byte header. */
  readonly certificateMessageBodyBytes: number
}

export const foreignFlightNames = ['azure-g2-chain', 'unrecognized-name', 'client-cert-asked'] as const

export function readForeignFlight(name: (typeof foreignFlightNames)[number]): ForeignFlight {
  const json = readJson(name)
  return {
    ...json,
    clientHelloRecord: fromHex(json.clientHelloRecord),
    serverFlight: fromHex(json.serverFlight),
  }
}

/** Lives the parts of a server's bytes; goes on at `server-flight`. Events in order, all at time 0. */
export function replay(
  { offer, seed }: { offer: ClientOffer; seed: Uint8Array },
  parts: Iterable<Uint8Array>,
): { client: TlsClient; events: TlsEvent[] } {
  const client = new TlsClient({ offer, seed })
  const events = [...client.start(0).events]
  for (const part of parts) {
    const step = client.receive(part, 0)
    events.push(...step.events)
    if (step.events.some(({ kind }) => kind === 'server-flight')) events.push(...client.proceed({}, 0).events)
  }
  return { client, events }
}

/** The handshake messages of records in clear, by type. */
export function messagesOf(bytes: Uint8Array): Map<number, HandshakeMessage> {
  const records = new RecordReader()
  const messages = new MessageReader(MAX_MESSAGE_BYTES)
  const found = new Map<number, HandshakeMessage>()
  records.push(bytes)
  for (let record = records.next(); record !== undefined; record = records.next()) {
    if (record.contentType !== 22) continue
    messages.push(record.fragment)
    for (let message = messages.next(); message !== undefined; message = messages.next()) {
      found.set(message.type, message)
    }
  }
  return found
}

/** One byte after the other. */
export function* byteByByte(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}

function readJson(name: string) {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
