import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { clientCertificate, ecdsaIdentity, FrontRange, frontRoot } from '../../test/support/front-range.ts'
import { offer13Of, offerOf } from '../../test/support/offers.ts'
import { type ClientCredential, type Step, TlsClient } from '../tls/client.ts'
import type { OfferedExtension } from '../tls/client-offer.ts'
import { contentTypes } from '../tls/content-types.ts'
import { handshakeTypes } from '../tls/handshake-types.ts'
import type { MessageEvent } from '../tls/tls-event.ts'

/* What a front puts on the wire, read by the engine's own record reader. */

type Version = 'TLSv1.2' | 'TLSv1.3'
/** Makes a Certificate message of over 7,000 bytes. */
const manyNames = Array.from(
  { length: 120 },
  (_, at) => `name-${at}.a-rather-long-subdomain-for-weight.example.test`,
)

let range: FrontRange | undefined
afterEach(() => range?.close())

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('on the wire, %s', (version) => {
  test.each([
    [512, 60_000],
    [2303, 10_000],
  ])(
    'no data record is larger than %d in %d records, however the data is written',
    async (cap, count) => {
      range = await FrontRange.open({ maxRecordBytes: cap }, (socket) => void writeMuch(socket, count * cap))
      const { dataRecords, largestDataRecord } = await take(version, {})
      expect(largestDataRecord).toBe(cap)
      // Most writes are small, so there are more records than full ones would be.
      expect(dataRecords).toBeGreaterThanOrEqual(count)
    },
    60_000,
  )

  test('no handshake message is cut, however small the cap', async () => {
    const identities = { ecdsa: ecdsaIdentity(['a.test', ...manyNames]) }
    range = await FrontRange.open({ maxRecordBytes: 512, identities }, (socket) => socket.end('bye'))
    const { messages } = await take(version, {})
    expect(messages.every(({ records }) => records === 1)).toBe(true)
    expect(sizesOf(messages, handshakeTypes.certificate.code)[0]).toBeGreaterThan(7_000)
  })

  test('nor is a ticket with a client certificate in it', async () => {
    const clientCertificates = { ask: 'required', caPem: frontRoot.pem } as const
    range = await FrontRange.open({ maxRecordBytes: 512, clientCertificates }, (socket) => socket.end('bye'))
    const credential = clientCertificate(`device-${'7'.repeat(50)}`)
    const { messages } = await take(version, { credential })
    expect(messages.every(({ records }) => records === 1)).toBe(true)
    const tickets = sizesOf(messages, handshakeTypes.new_session_ticket.code)
    expect(tickets.length).toBeGreaterThan(0)
    expect(Math.min(...tickets)).toBeGreaterThan(512)
  })

  test.each([
    [512, 1024, 512],
    [1024, 512, 512],
    [4096, 2048, 2048],
  ] as const)('of max_fragment_length %d and a cap of %d the smaller one holds: %d', async (bytes, cap, largest) => {
    range = await FrontRange.open({ maxRecordBytes: cap }, (socket) => void writeMuch(socket, 100_000))
    const { largestDataRecord } = await take(version, {
      extensions: [{ kind: 'max_fragment_length', bytes }],
    })
    expect(largestDataRecord).toBe(largest)
    expect(range.secured[0]?.maxFragmentLength).toBe(bytes)
  })
})

/** Pieces of any size, from one byte to many records, one after the other and several at once, then one large. */
async function writeMuch(socket: TLSSocket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; ) {
    const size = Math.ceil(Math.random() ** 4 * 60_000)
    left -= size
    const mayGoOn = socket.write(Buffer.alloc(size))
    if (!mayGoOn) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.end(Buffer.alloc(20_000))
}

interface Taken {
  readonly messages: readonly MessageEvent[]
  readonly dataRecords: number
  readonly largestDataRecord: number
}

/** Takes all that the front sends. */
function take(
  version: Version,
  given: { credential?: { certPem: string; keyPem: string }; extensions?: OfferedExtension[] },
): Promise<Taken> {
  const extensions = given.extensions ?? []
  const offer =
    version === 'TLSv1.3'
      ? offer13Of({ extensions })
      : offerOf(['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], {
          extensions: [{ kind: 'session_ticket' }, ...extensions],
        })
  const client = new TlsClient({ offer, seed: new Uint8Array(32).fill(9) })
  const socket = connect(range!.port, '127.0.0.1')
  const messages: MessageEvent[] = []
  let dataRecords = 0
  let largestDataRecord = 0
  const apply = (step: Step): void => {
    if (step.send.length > 0) socket.write(step.send)
    for (const event of step.events) {
      if (event.kind === 'malformed') throw new Error(JSON.stringify(event))
      if (event.kind === 'server-flight') apply(client.proceed(credentialOf(given.credential), 0))
      if (event.kind === 'message' && event.direction === 'received') messages.push(event)
      if (event.kind !== 'record' || event.direction !== 'received') continue
      if (event.contentType !== contentTypes.application_data.code) continue
      dataRecords++
      largestDataRecord = Math.max(largestDataRecord, event.plaintextBytes ?? Number.NaN)
    }
    if (client.finished) socket.end()
  }
  return new Promise((resolve, reject) => {
    socket.on('connect', () => apply(client.start(0)))
    socket.on('data', (bytes) => apply(client.receive(bytes, 0)))
    socket.on('error', reject)
    socket.on('close', () => resolve({ messages, dataRecords, largestDataRecord }))
  })
}

function credentialOf(given: { certPem: string; keyPem: string } | undefined): {
  credential?: ClientCredential
} {
  if (given === undefined) return {}
  const der = Buffer.from(given.certPem.replace(/-----.*-----|\s/g, ''), 'base64')
  return { credential: { certificates: [der], privateKeyPem: given.keyPem } }
}

function sizesOf(messages: readonly MessageEvent[], type: number): number[] {
  return messages.filter((message) => message.type === type).map(({ messageBytes }) => messageBytes)
}
