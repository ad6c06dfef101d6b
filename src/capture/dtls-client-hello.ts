import { Reader } from '../codec/reader.ts'
import { type ClientHello, decodeClientHello } from '../tls/client-hello.ts'

/**
 * The ClientHello of DTLS has a cookie between session_id and cipher_suites, RFC 6347 §4.2.1; without it, it is that
 * of TLS. `body`: header removed. Throws `DecodeError`.
 */
export function decodeDtlsClientHello(body: Uint8Array): ClientHello {
  const r = new Reader(body, 'ClientHello')
  r.bytes(34, 'random')
  r.vector8('session_id')
  const before = body.subarray(0, r.offset)
  r.vector8('cookie')
  return decodeClientHello(Buffer.concat([before, r.rest()]))
}
