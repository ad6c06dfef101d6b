import { describe, expect, test } from 'vitest'
import { foreignFlightNames, messagesOf, readForeignFlight } from '../../test/support/flights.ts'
import { verifySignature } from '../crypto/signature.ts'
import { decodeCertificateMessage } from './certificate-message.ts'
import { findCipherSuite } from './cipher-suites.ts'
import { decodeClientHello } from './client-hello.ts'
import { decodeServerHello } from './server-hello.ts'
import { decodeServerKeyExchange } from './server-key-exchange.ts'
import { findSignatureScheme } from './signature-schemes.ts'

describe.each(foreignFlightNames)('the ServerKeyExchange of %s', (name) => {
  const { clientHelloRecord, serverFlight } = readForeignFlight(name)
  const client = messagesOf(clientHelloRecord)
  const server = messagesOf(serverFlight)
  const clientRandom = decodeClientHello(client.get(1)!.body).random
  const serverRandom = decodeServerHello(server.get(2)!.body).random
  const [leaf, issuer] = decodeCertificateMessage(server.get(11)!.body)
  const { cipherSuite, version } = decodeServerHello(server.get(2)!.body)
  const suite = findCipherSuite(cipherSuite)!
  const exchange = decodeServerKeyExchange(server.get(12)!.body, suite, version)
  const { params, signature, scheme } = exchange.signed!
  const algorithm = findSignatureScheme(scheme!)!.algorithm!
  const data = Buffer.concat([clientRandom, serverRandom, params])

  test("is signed with the leaf's key", () => {
    expect(verifySignature(leaf!, algorithm, data, signature)).toBe(true)
  })

  test('is not signed with another key, for other data, or by another algorithm', () => {
    expect(verifySignature(issuer!, algorithm, data, signature)).toBe(false)
    expect(verifySignature(leaf!, algorithm, data.subarray(1), signature)).toBe(false)
    expect(verifySignature(leaf!, algorithm, data, signature.subarray(1))).toBe(false)
    expect(verifySignature(leaf!, { kind: 'ecdsa', hash: 'sha256' }, data, signature)).toBe(false)
    expect(verifySignature(leaf!, { kind: 'ed25519' }, data, signature)).toBe(false)
  })

  test('cannot be checked against bytes that are no certificate', () => {
    expect(verifySignature(leaf!.subarray(0, 100), algorithm, data, signature)).toBeUndefined()
    expect(verifySignature(new Uint8Array(0), algorithm, data, signature)).toBeUndefined()
  })
})
