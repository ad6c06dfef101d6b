import { expect, test } from 'vitest'
import { messagesOf, readForeignFlight } from '../../test/support/flights.ts'
import { decodeCertificateRequest } from './certificate-request.ts'
import { handshakeTypes } from './handshake-types.ts'

test('a recorded CertificateRequest is read whole', () => {
  const { serverFlight } = readForeignFlight('client-cert-asked')
  const { body } = messagesOf(serverFlight).get(handshakeTypes.certificate_request.code)!
  const request = decodeCertificateRequest(body)
  expect(request.certificateTypes).toEqual([1, 2, 64]) // rsa_sign, dss_sign, ecdsa_sign
  expect(request.signatureSchemes).toContain(0x0401)
  expect(request.authorities).toEqual([]) // any will do
  expect(1 + 3 + 2 + 2 * request.signatureSchemes.length + 2).toBe(body.length)
})

test('authorities keep their order and their bytes', () => {
  const body = Uint8Array.of(0, 0, 0, 0, 10, 0, 3, 0x30, 1, 2, 0, 3, 0x30, 3, 4)
  const { authorities } = decodeCertificateRequest(body)
  expect(authorities.map((der) => [...der])).toEqual([
    [0x30, 1, 2],
    [0x30, 3, 4],
  ])
})
