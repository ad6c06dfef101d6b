import { unlessBroken } from '../codec/decode-error.ts'
import { type HelloNames, helloNames } from '../observe/hello-match.ts'
import { helloSentOf } from '../observe/hello-sent.ts'
import type { HelloSent } from '../observe/observation.ts'
import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts'
import { contentTypes } from '../tls/content-types.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { decodeRecordSizeLimit, readExtension } from '../tls/extensions.ts'
import { HANDSHAKE_HEADER_BYTES } from '../tls/handshake-message.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import { ja3 } from '../tls/ja3.ts'
import { ja4 } from '../tls/ja4.ts'
import { RecordReader } from '../tls/record-reader.ts'
import { remembered } from './remembered.ts'

/** What the device's ClientHello says, and whether it always says the same. */
export interface HelloFound {
  /** That of the first good connection, or of the first at all. */
  readonly sent: HelloSent
  readonly names: HelloNames
  /** RFC 8449; undefined: not sent. */
  readonly recordSizeLimit: number | undefined
  /** Whether it knows tickets, RFC 5077. */
  readonly tickets: boolean
  readonly ja3: string | undefined
  readonly ja4: string | undefined
  /** Hellos that were read. */
  readonly connections: number
  /** What is not the same in all of them. */
  readonly changes: readonly HelloPart[]
}

export type HelloPart =
  | 'versions'
  | 'cipherSuites'
  | 'groups'
  | 'signatureSchemes'
  | 'alpn'
  | 'sni'
  | 'extensions'

export const helloFound = remembered((exam): HelloFound | undefined => {
  const known = exam.baseline && exam.answers.find(({ probe }) => probe.serving === exam.baseline?.serving)
  const hellos = exam.answers.flatMap(({ outcome }) => readHello(outcome.hello) ?? [])
  const hello = readHello(known?.outcome.hello) ?? hellos[0]
  if (hello === undefined) return undefined
  const sent = hello.sent
  const broken = (read: (hello: ClientHello) => string) => unlessBroken(() => read(hello.hello))
  return {
    sent,
    names: helloNames(sent),
    recordSizeLimit: readExtension(hello.hello.extensions, 'record_size_limit', decodeRecordSizeLimit),
    tickets: sent.extensions.includes(extensionTypes.session_ticket.code),
    ja3: broken(ja3),
    ja4: broken(ja4),
    connections: hellos.length,
    changes: parts.filter((part) => hellos.some((one) => one.parts[part] !== hello.parts[part])),
  }
})

export interface HelloRead {
  readonly hello: ClientHello
  readonly sent: HelloSent
  /** What is compared with other hellos. */
  readonly parts: Readonly<Record<HelloPart, string>>
}

/** The ClientHello of records as they were received; undefined where they hold none that can be read. */
export function readHello(records: Uint8Array | undefined): HelloRead | undefined {
  if (records === undefined) return undefined
  const known = read.get(records)
  if (known !== undefined) return known
  const hello = decodeRecords(records)
  if (hello !== undefined) read.set(records, hello)
  return hello
}

/** All that an exam asks is computed anew from its answers: their hellos are decoded once. */
const read = new WeakMap<Uint8Array, HelloRead>()

function decodeRecords(records: Uint8Array): HelloRead | undefined {
  return unlessBroken(() => {
    const reader = new RecordReader()
    reader.push(records)
    const parts: Uint8Array[] = []
    for (let record = reader.next(); record !== undefined; record = reader.next())
      if (record.contentType === contentTypes.handshake.code) parts.push(record.fragment)
    const all = joined(parts)
    const [type, high = 0, middle = 0, low = 0] = all
    const messageBytes = HANDSHAKE_HEADER_BYTES + high * 65_536 + middle * 256 + low
    if (type !== handshakeTypes.client_hello.code || all.length < messageBytes) return undefined
    const hello = decodeClientHello(all.subarray(HANDSHAKE_HEADER_BYTES, messageBytes))
    const sent = helloSentOf(hello, messageBytes)
    return { hello, sent, parts: partsOf(sent) }
  })
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const parts: readonly HelloPart[] = [
  'versions',
  'cipherSuites',
  'groups',
  'signatureSchemes',
  'alpn',
  'sni',
  'extensions',
]

function partsOf(sent: HelloSent): Record<HelloPart, string> {
  const { versions, cipherSuites, groups, signatureSchemes, extensions } = helloNames(sent)
  return {
    versions: versions.join(),
    cipherSuites: cipherSuites.join(),
    groups: groups.join(),
    signatureSchemes: signatureSchemes.join(),
    alpn: JSON.stringify(sent.alpn ?? null),
    sni: JSON.stringify(sent.sni ?? null),
    extensions: extensions.filter((name) => !comesWithSession.has(name)).join(),
  }
}

/** Extensions that come and go with a session, and the padding for it. */
const comesWithSession: ReadonlySet<string> = new Set([
  'session_ticket',
  'pre_shared_key',
  'early_data',
  'psk_key_exchange_modes',
  'cookie',
  'padding',
])
