import { Reader } from '../codec/reader.ts'
import { encodeHandshake } from './handshake-message.ts'
import { handshakeTypes } from './handshake-types.ts'

/**
 * certificate_list of a Certificate message, RFC 5246 §7.4.2: DER of each as sent, leaf first, perhaps none. `body`
 * is one whole handshake body, header removed. Throws `DecodeError`.
 */
export function decodeCertificateMessage(body: Uint8Array): Uint8Array[] {
  const r = new Reader(body, 'Certificate')
  const list = r.inside(r.vector24('certificate_list'), 'certificate_list')
  r.end()
  const certificates: Uint8Array[] = []
  while (!list.atEnd) {
    const field = String(certificates.length)
    const certificate = list.vector24(field)
    if (certificate.length === 0) throw list.error('length', field, 'an empty ASN.1Cert') // <1..2^24-1>
    certificates.push(certificate)
  }
  return certificates
}

/** The whole handshake message; without certificates, the empty list that RFC 5246 §7.4.6 asks for. */
export function encodeCertificateMessage(certificates: readonly Uint8Array[]): Uint8Array {
  return encodeHandshake(handshakeTypes.certificate.code, (w) => {
    w.vector24(() => {
      for (const certificate of certificates) w.vector24(() => w.bytes(certificate))
    })
  })
}
