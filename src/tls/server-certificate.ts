import { DecodeError } from '../codec/decode-error.ts'
import type { ClientOffer } from './client-offer.ts'
import { formatExtensionType } from './extension-types.ts'
import { codeOf } from './extensions.ts'
import type { Certificate13 } from './messages-13.ts'
import { type Refusal, unoffered } from './refusal.ts'

/** RFC 8446 §4.4.2.4: an empty Certificate of a server is a decode_error; a suite of RFC 5246 §7.4.2 needs a leaf, too. */
export function refuseNoCertificates(certificates: readonly Uint8Array[]): void {
  if (certificates.length > 0) return
  throw new DecodeError('length', 'Certificate.certificate_list', 0, 'a server without a certificate')
}

/** What no server of TLS 1.3 may say beside its certificates, RFC 8446 §4.4.2. Throws `DecodeError`. */
export function refuseCertificate13(
  offer: ClientOffer,
  { context, certificates, extensions }: Certificate13,
): Refusal | undefined {
  refuseContext(context, 'Certificate')
  refuseNoCertificates(certificates)
  const other = extensions.find((code) => !offer.extensions.some((own) => codeOf(own) === code))
  if (other === undefined) return undefined
  const detail = `the server sent extension ${formatExtensionType(other)} with its certificate`
  return unoffered(detail, 'unsupported_extension')
}

/** RFC 8446 §4.3.2, for a request within the handshake. Throws `DecodeError`. */
export function refuseCertificateRequest(context: Uint8Array, namesSchemes: boolean): Refusal | undefined {
  refuseContext(context, 'CertificateRequest')
  if (namesSchemes) return undefined
  return unoffered('the server asked for a certificate without signature_algorithms', 'missing_extension')
}

/** It belongs to requests after the handshake: within it the field is empty. */
function refuseContext(context: Uint8Array, message: string): void {
  if (context.length === 0) return
  const field = `${message}.certificate_request_context`
  throw new DecodeError('length', field, 0, 'a context in the handshake')
}
