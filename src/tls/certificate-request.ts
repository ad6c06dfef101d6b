import { Reader } from '../codec/reader.ts'
import { versions } from './versions.ts'

/** CertificateRequest, RFC 5246 §7.4.4 (RFC 2246 §7.4.4). Codes stay numbers, in wire order. */
export interface CertificateRequest {
  readonly certificateTypes: readonly number[]
  /** Empty before TLS 1.2, which added them. */
  readonly signatureSchemes: readonly number[]
  /** DER of each DistinguishedName; empty when any authority will do. */
  readonly authorities: readonly Uint8Array[]
}

/** `body` is one whole handshake body, header removed. Throws `DecodeError`. */
export function decodeCertificateRequest(
  body: Uint8Array,
  version: number = versions['TLSv1.2'].code,
): CertificateRequest {
  const r = new Reader(body, 'CertificateRequest')
  const certificateTypes = r.u8List8('certificate_types')
  const signatureSchemes =
    version >= versions['TLSv1.2'].code ? r.u16List16('supported_signature_algorithms') : []
  const list = r.inside(r.vector16('certificate_authorities'), 'certificate_authorities')
  r.end()
  const authorities: Uint8Array[] = []
  while (!list.atEnd) authorities.push(list.vector16(String(authorities.length)))
  return { certificateTypes, signatureSchemes, authorities }
}
