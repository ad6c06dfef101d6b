import { describe, expect, test } from 'vitest'
import { offer13Of } from '../../test/support/offers.ts'
import { record, ScriptedServer13 } from '../../test/support/scripted-server-13.ts'
import { TlsClient } from '../tls/client.ts'
import type { OfferedExtension } from '../tls/client-offer.ts'
import { helloRetryRandom } from '../tls/messages-13.ts'
import { ConnectionObserver } from './connection-observer.ts'

const extensions: OfferedExtension[] = [
  { kind: 'max_fragment_length', bytes: 1024 },
  { kind: 'application_layer_protocol_negotiation', protocols: ['mqtt'] },
]

/** What is seen of a TLS 1.3 connection with a server that does as the test says. */
function meet(offered: OfferedExtension[] = []) {
  const client = new TlsClient({
    offer: offer13Of({ extensions: offered }),
    seed: new Uint8Array(32).fill(5),
  })
  const observer = new ConnectionObserver({
    role: 'first',
    host: 'server.test',
    address: '127.0.0.1',
    port: 443,
  })
  const started = client.start(1)
  observer.take(started.events)
  const hello = started.events.find((event) => event.kind === 'client-hello')
  const server = new ScriptedServer13(hello!.message)
  const receive = (...parts: Uint8Array[]) => {
    for (const part of parts) observer.take(client.receive(part, 2).events)
  }
  const proceed = () => observer.take(client.proceed({}, 3).events)
  return { client, observer, server, receive, proceed }
}

describe('a TLS 1.3 connection', () => {
  test('the chain and its message are seen though they were encrypted', () => {
    const { observer, server, receive, proceed } = meet()
    receive(record(22, server.serverHello()), server.flight())
    proceed()
    const { chain, negotiated, keyExchange, establishedAtMs } = observer.toConnection()
    const der = Uint8Array.from(server.leaf.der)
    expect(chain?.certificates).toEqual([der])
    // Header, context, list length, certificate length, DER, its extensions: RFC 8446 §4.4.2.
    expect(chain).toMatchObject({
      messageBytes: 4 + 1 + 3 + 3 + der.length + 2,
      records: 1,
      largestRecordBytes: 4 + 1 + 3 + 3 + der.length + 2,
    })
    expect(negotiated).toMatchObject({ version: 0x0304, cipherSuite: 0x1301, sessionIdBytes: 32 })
    expect(keyExchange).toEqual({
      group: 0x1d,
      dhBits: undefined,
      signatureScheme: 0x0403,
      signatureValid: true,
    })
    expect(establishedAtMs).toBe(3)
  })

  test('answers of EncryptedExtensions are what was negotiated', () => {
    const { observer, server, receive } = meet(extensions)
    const answers = [
      { code: 1, data: Uint8Array.of(2) },
      { code: 16, data: Uint8Array.from(Buffer.from('\0\x05\x04mqtt')) },
    ]
    receive(record(22, server.serverHello()), server.sealed(22, server.encryptedExtensions(answers)))
    expect(observer.toConnection().negotiated).toMatchObject({
      extensions: [43, 51, 1, 16],
      maxFragmentLength: 1024,
      recordSizeLimit: undefined,
      alpn: 'mqtt',
    })
  })

  test('record_size_limit answered in EncryptedExtensions is seen', () => {
    const { observer, server, receive } = meet([{ kind: 'record_size_limit', bytes: 4096 }])
    const answers = [{ code: 28, data: Uint8Array.of(8, 0) }]
    receive(record(22, server.serverHello()), server.sealed(22, server.encryptedExtensions(answers)))
    expect(observer.toConnection().negotiated).toMatchObject({ recordSizeLimit: 2048 })
  })

  test('a HelloRetryRequest has its own name, and the first hello is that of the device', () => {
    const { observer, server, receive } = meet()
    const first = observer.toConnection().hello
    const asked = [
      { code: 43, data: Uint8Array.of(3, 4) },
      { code: 51, data: Uint8Array.of(0, 0x17) },
    ]
    receive(record(22, server.serverHello({ random: helloRetryRandom, extensions: asked })))
    const { messages, hello } = observer.toConnection()
    expect(messages.map(({ direction, name }) => `${direction} ${name}`)).toEqual([
      'sent ClientHello',
      'received HelloRetryRequest',
      'sent ChangeCipherSpec',
      'sent ClientHello',
    ])
    expect(hello).toEqual(first)
    // The share of P-256 is 33 bytes longer than that of X25519.
    expect(messages[3]!.messageBytes! - messages[0]!.messageBytes!).toBe(33)
  })

  test('an alert under encryption is seen, and so is that it came late', () => {
    const { observer, server, receive, proceed } = meet()
    receive(record(22, server.serverHello()), server.flight())
    proceed()
    server.enterApplication()
    receive(server.sealed(23, new Uint8Array(100)), server.sealed(21, Uint8Array.of(2, 116)))
    const { alerts, records } = observer.toConnection()
    expect(alerts).toMatchObject([
      { direction: 'received', level: 2, description: 116, encrypted: true, afterEstablished: true },
    ])
    expect(records).toEqual([{ plaintextBytes: 100, count: 1, offset: 0 }])
  })
})
